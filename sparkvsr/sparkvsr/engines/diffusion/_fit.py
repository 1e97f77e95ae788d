"""Fits windows to the memory there is: how much is free, and which tiles go into it."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import psutil  # type: ignore[import-untyped]
import torch

from ...tile_planner import SMALLEST_TILE, TILE_STEP, plan_tiles
from ._memory import MemoryModel

KEPT_FREE: Final = 0.1
"""Share of the free memory that a plan leaves alone, for gaps between what is allocated."""
_CGROUP: Final = Path("/sys/fs/cgroup")
_GPU_FAILURES: Final = ("CUDA error", "cuDNN error", "CUBLAS_STATUS", "HIP error")
_CPU_REFUSAL: Final = "DefaultCPUAllocator: can't allocate memory"


def free_bytes(device: torch.device, cgroup: Path = _CGROUP) -> int:
    """Memory that new tensors on a device can take.

    On a GPU what is free there and what our own allocator holds without using it, within
    `torch.cuda.set_per_process_memory_fraction`. Else main memory, within the limit of a version 2
    control group (a container).
    """
    if device.type == "cuda":
        free, total = torch.cuda.mem_get_info(device)
        used = torch.cuda.memory_allocated(device)
        idle = torch.cuda.memory_reserved(device) - used
        ours = int(torch.cuda.get_per_process_memory_fraction(device) * total)
        return max(min(free + idle, ours - used), 0)
    available = int(psutil.virtual_memory().available)
    room = _cgroup_room(cgroup)
    return available if room is None else max(min(available, room), 0)


def fitting_tile(
    model: MemoryModel, width: int, height: int, frames: int, free: int, *, upscale: int = 1
) -> int | None:
    """Largest side of tiles whose every stage fits, or None: the whole picture does.

    Args:
        width, height: of the output, in pixels.
        frames: of a window, 8k+1.
        free: bytes, from `free_bytes` with the weights in their place.
        upscale: output size over source size.

    Returns:
        A multiple of 64; where not even `SMALLEST_TILE` fits, that.
    """
    usable = int(free * (1 - KEPT_FREE))

    def fits(tile: int | None) -> bool:
        planned = plan_tiles(width, height, tile, upscale=upscale)[0]
        return model.stages(planned.width, planned.height, frames).most <= usable

    if fits(None):
        return None
    largest = (max(width, height) - 1) // TILE_STEP * TILE_STEP
    sides = range(largest, SMALLEST_TILE, -TILE_STEP)
    return next((side for side in sides if fits(side)), SMALLEST_TILE)


def is_out_of_memory(error: BaseException) -> bool:
    """Whether memory ran out: of a GPU, or main memory for PyTorch or NumPy.

    (PyTorch has a class of its own for GPUs only; on the CPU it can be told by the text.)
    """
    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    return isinstance(error, RuntimeError) and _CPU_REFUSAL in str(error)


def is_device_failure(error: BaseException) -> bool:
    """Whether a GPU's driver has given up: what this process computes after that may be wrong."""
    if isinstance(error, torch.AcceleratorError):
        return True
    return isinstance(error, RuntimeError) and any(sign in str(error) for sign in _GPU_FAILURES)


def _cgroup_room(folder: Path) -> int | None:
    """Bytes below the limit of a control group, its cached files not counted; None: no limit."""
    try:
        limit = (folder / "memory.max").read_text().strip()
        used = int((folder / "memory.current").read_text())
        lines = (folder / "memory.stat").read_text().splitlines()
    except OSError:
        return None
    if limit == "max":
        return None
    statistics = dict(line.split() for line in lines)
    return int(limit) - used + int(statistics["inactive_file"])
