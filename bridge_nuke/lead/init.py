"""Leads Nuke to the version of SparkVSR in use. A copy of this lies beside `install.json`.

It never stops Nuke from starting: what goes wrong is one line. Nuke 13 must be able to read it.
"""

import json
import sys

import nuke


def _lead(file):
    from pathlib import Path

    folder = Path(file).resolve().parent.parent
    if "sparkvsr_nuke" in sys.modules:  # a studio's NUKE_PATH came first
        nuke.tprint("SparkVSR was started already; the one in {} is not.".format(folder))
        return
    record = folder / "install.json"
    bridge = Path(json.loads(record.read_text(encoding="utf-8"))["root"]) / "bridge_nuke"
    if not (bridge / "init.py").is_file():
        raise FileNotFoundError(bridge)
    nuke.pluginAddPath(bridge.as_posix())


try:
    _lead(__file__)
except Exception as _error:
    _line = "SparkVSR was not started, run its installer again: {}: {}".format(
        type(_error).__name__, _error
    )
    nuke.tprint(" ".join(_line.split()))
