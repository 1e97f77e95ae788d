"""How much memory is free, and which tiles fit."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import psutil  # type: ignore[import-untyped]
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from published import on_meta
from sparkvsr import Settings
from sparkvsr.engines.diffusion._fit import (
    KEPT_FREE,
    fitting_tile,
    free_bytes,
    is_device_failure,
    is_out_of_memory,
)
from sparkvsr.engines.diffusion._memory import MemoryModel
from sparkvsr.tile_planner import SMALLEST_TILE, TILE_STEP, plan_tiles

PIPE = on_meta("published", 1, torch.bfloat16)
MODEL = MemoryModel(PIPE.vae.config, PIPE.transformer.config, 2)
GB = 10**9
sides = st.integers(16, 8192)
windows = st.integers(1, 12).map(lambda k: 8 * k + 1)


@given(sides, sides, windows, st.integers(10 * GB, 200 * GB), st.sampled_from([1, 2, 3, 4]))
def test_what_is_planned_fits_and_the_next_larger_does_not(
    width: int, height: int, frames: int, free: int, upscale: int
) -> None:
    def most(tile: int | None) -> int:
        planned = plan_tiles(width, height, tile, upscale=upscale)[0]
        return MODEL.stages(planned.width, planned.height, frames).most

    tile = fitting_tile(MODEL, width, height, frames, free, upscale=upscale)
    Settings(tile=tile)
    assert most(tile) <= free * (1 - KEPT_FREE)
    if tile is not None:
        assert tile < max(width, height)
        larger = tile + TILE_STEP
        assert most(larger if larger < max(width, height) else None) > free * (1 - KEPT_FREE)


def test_a_little_more_memory_is_the_same_plan() -> None:
    plans = {fitting_tile(MODEL, 1920, 1088, 33, 12 * GB + n * 10**7) for n in range(10)}
    assert len(plans) == 1


def test_without_room_for_anything_the_smallest_tile_is_tried() -> None:
    assert fitting_tile(MODEL, 1920, 1088, 33, 0) == SMALLEST_TILE


def test_memory_that_ran_out_is_recognised_and_nothing_else_is() -> None:
    with pytest.raises(RuntimeError) as refused:
        torch.empty(2**60, dtype=torch.uint8)
    assert is_out_of_memory(refused.value)
    with pytest.raises(MemoryError) as refused_by_numpy:
        np.empty(2**60, np.uint8)
    assert is_out_of_memory(refused_by_numpy.value)
    assert is_out_of_memory(torch.OutOfMemoryError("CUDA out of memory."))
    with pytest.raises(RuntimeError) as other:
        torch.zeros(2) @ torch.zeros(3)
    assert not is_out_of_memory(other.value)
    assert not is_out_of_memory(OSError("out of memory"))


def test_free_memory_of_the_cpu_is_within_what_the_machine_has(tmp_path: Path) -> None:
    free = free_bytes(torch.device("cpu"), tmp_path)  # no control group there
    assert 0 < free <= psutil.virtual_memory().total


@pytest.mark.parametrize(("limit", "room"), [("3000000", 2_300_000), ("100", 0), ("max", None)])
def test_a_containers_limit_counts(tmp_path: Path, limit: str, room: int | None) -> None:
    (tmp_path / "memory.max").write_text(limit + "\n")
    (tmp_path / "memory.current").write_text("1000000\n")
    (tmp_path / "memory.stat").write_text("anon 600000\ninactive_file 300000\n")
    free = free_bytes(torch.device("cpu"), tmp_path)
    assert free == room if room is not None else free > 3_000_000


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_free_memory_of_a_gpu_counts_what_we_hold_idle_and_our_share() -> None:
    device = torch.device("cuda")
    before = free_bytes(device)
    held = torch.empty(GB, dtype=torch.uint8, device=device)
    assert free_bytes(device) == pytest.approx(before - GB, abs=GB // 10)
    del held
    assert free_bytes(device) == pytest.approx(before, abs=GB // 10)
    total = torch.cuda.mem_get_info(device)[1]
    torch.cuda.set_per_process_memory_fraction(0.1, device)
    try:
        assert free_bytes(device) <= 0.1 * total
    finally:
        torch.cuda.set_per_process_memory_fraction(1.0, device)


def test_a_failed_gpu_is_told_from_other_errors() -> None:
    assert is_device_failure(torch.AcceleratorError("device-side assert triggered"))
    assert is_device_failure(RuntimeError("cuDNN error: CUDNN_STATUS_EXECUTION_FAILED"))
    assert is_device_failure(RuntimeError("CUDA error: an illegal memory access"))
    assert not is_device_failure(RuntimeError("shapes do not match"))
    assert not is_device_failure(torch.OutOfMemoryError("CUDA out of memory."))
