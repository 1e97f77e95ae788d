"""What scripts outside of Resolve import: here it is an emulated one, in the same process.

`SPARKVSR_EMULATED` names the file that `resolve_processes.py` writes; it reads what is written here
when the process ends.
"""

from __future__ import annotations

import atexit
import json
import os
import sys
from pathlib import Path
from typing import Any

import sparkvsr_resolve.host.connect as connecting
from resolve_emulator import Profile, Session
from resolve_emulator.scene import grade_and_mark, place_plate

_PLAN = json.loads(Path(os.environ["SPARKVSR_EMULATED"]).read_text(encoding="utf-8"))
_FOLDER = Path(_PLAN["folder"])


def _open() -> Session:
    """The plate, graded and marked; the same ids in every process."""
    session = Session(Profile(external=True, **_PLAN["profile"]), _FOLDER)
    grade_and_mark(session, place_plate(session))
    session.play(_PLAN["playing"])
    return session


_SESSION = _open()
_BEFORE = _SESSION.state()


def _report() -> None:
    after = _SESSION.state()
    found: dict[str, Any] = {
        "as_before": after == _BEFORE,
        "violations": _SESSION.violations,
        "timelines": [timeline.name for timeline in _SESSION.project.timelines],
        "tracks": [len(track.items) for track in _SESSION.current.tracks["video"]],
        "calls": len(_SESSION.log),
    }
    name = f"{sys.argv[2]}.report.json"
    (_FOLDER / name).write_text(json.dumps(found), encoding="utf-8")


atexit.register(_report)
vars(connecting)["SystemClock"] = lambda: _SESSION  # virtual time
scriptapp = _SESSION.scriptapp
