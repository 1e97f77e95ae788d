"""Leads Nuke to the version of SparkVSR in use. A copy of this lies beside `install.json`.

It never stops Nuke from starting: what goes wrong is one line. Nuke 13 must be able to read it.
"""

import json
import os
import sys

import nuke


def _lead(file):
    folder = os.path.dirname(os.path.dirname(os.path.abspath(file)))
    if "sparkvsr_nuke" in sys.modules:  # a studio's NUKE_PATH came first
        nuke.tprint("SparkVSR was started already; the one in {} is not.".format(folder))
        return
    with open(os.path.join(folder, "install.json")) as record:
        bridge = os.path.join(json.load(record)["root"], "bridge_nuke")
    if not os.path.isfile(os.path.join(bridge, "init.py")):
        raise RuntimeError("{} is not there any more; run its installer again".format(bridge))
    nuke.pluginAddPath(bridge.replace(os.sep, "/"))


try:
    _lead(__file__)
except Exception as _error:
    nuke.tprint("SparkVSR was not started: {}.".format(" ".join(str(_error).split())))
