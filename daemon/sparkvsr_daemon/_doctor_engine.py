"""Looks for engine and GPUs in a process of its own: `python -m sparkvsr_daemon._doctor_engine`.

PyTorch takes seconds to import, and one that does not fit its driver may crash. Prints an
`EngineReport` as JSON.
"""

from __future__ import annotations

import sys

import msgspec
from msgspec import Struct

from sparkvsr.errors import SparkVSRError


class Gpu(Struct, frozen=True):
    """A GPU that PyTorch can use; `free` and `total` in bytes."""

    name: str
    free: int
    total: int


class EngineReport(Struct, frozen=True):
    """What was found.

    Attributes:
        engine: what `auto` would take; empty if it fails, and `why` and `hint` say why.
        cuda: the version of CUDA that PyTorch is built for; empty for none.
    """

    engine: str = ""
    why: str = ""
    hint: str = ""
    cuda: str = ""
    gpus: tuple[Gpu, ...] = ()


def main() -> None:
    """Print the report."""
    import torch

    from sparkvsr.engines import resolve_engine

    try:
        found = resolve_engine("auto")
        engine, why, hint = found.name, found.why, ""
    except SparkVSRError as error:
        engine, why, hint = "", error.message, error.hint
    count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    gpus = tuple(
        Gpu(torch.cuda.get_device_name(number), *torch.cuda.mem_get_info(number))
        for number in range(count)
    )
    report = EngineReport(engine, why, hint, torch.version.cuda or "", gpus)
    sys.stdout.buffer.write(msgspec.json.encode(report))


if __name__ == "__main__":
    main()
