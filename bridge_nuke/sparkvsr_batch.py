"""Restores one SparkVSR node on a farm: `nuke -t sparkvsr_batch.py script.nk --node SparkVSR1`."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path

if __name__ == "__main__":
    here = Path(__file__).resolve().parent
    try:
        import sparkvsr_nuke  # noqa: F401  # on NUKE_PATH already
    except ImportError:
        sys.path.insert(0, str(here))
        runpy.run_path(str(here / "init.py"))
    from sparkvsr_nuke.host import batch

    sys.exit(batch.main(sys.argv[1:]))
