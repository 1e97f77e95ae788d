"""What a script finds around itself: names that are there or not, and what it may import."""

from __future__ import annotations

import builtins
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any, Literal

from .application_api import Fusion
from .session import Session

Menu = Literal["Utility", "Edit", "Color", "Deliver"]
OURS = ("sparkvsr_resolve", "sparkvsr_link")
GIVEN = {"DaVinciResolveScript", "fusionscript"}


def script_globals(session: Session, menu: Menu = "Utility") -> dict[str, Any]:
    """The globals of a menu script: no `__file__`, and `project` in Deliver scripts only.

    Raises:
        RuntimeError: this edition runs no Python scripts.
    """
    if not session.profile.studio and session.profile.version >= (21, 1):
        raise RuntimeError("this edition of Resolve runs no Python scripts")
    fusion = Fusion(session)
    bmd = SimpleNamespace(UIDispatcher=session.windows.dispatcher, scriptapp=session.scriptapp)
    found = {"__name__": "__main__", "resolve": session.resolve, "bmd": bmd}
    found |= {"fusion": fusion, "fu": fusion, "app": fusion}
    if menu == "Deliver":
        found["project"] = session.resolve.GetProjectManager().GetCurrentProject()
    return found


def run_script(session: Session, path: Path, menu: Menu = "Utility") -> dict[str, Any]:
    """Run a file as the menu does; its globals afterwards."""
    found = script_globals(session, menu)
    code = compile(path.read_text(encoding="utf-8"), "<script>", "exec")
    with stdlib_only(session):
        exec(code, found)  # noqa: S102
    return found


@contextmanager
def script_module(session: Session) -> Iterator[ModuleType]:
    """`import DaVinciResolveScript` works, as in a Python outside of Resolve."""
    module = ModuleType("DaVinciResolveScript")
    module.scriptapp = session.scriptapp  # type: ignore[attr-defined]
    before = sys.modules.get(module.__name__)
    sys.modules[module.__name__] = module
    try:
        yield module
    finally:
        if before is None:
            del sys.modules[module.__name__]
        else:
            sys.modules[module.__name__] = before


@contextmanager
def stdlib_only(session: Session) -> Iterator[None]:
    """An import of anything else, by a script or our package, breaks a rule of the session."""
    real = builtins.__import__

    def guarded(
        name: str,
        globals: Mapping[str, Any] | None = None,
        locals: Mapping[str, Any] | None = None,
        fromlist: Any = (),
        level: int = 0,
    ) -> ModuleType:
        importer, top = str((globals or {}).get("__name__")), name.partition(".")[0]
        inside = importer == "__main__" or importer.partition(".")[0] in OURS
        if inside and not level and top not in {*sys.stdlib_module_names, *OURS, *GIVEN}:
            session.violate(f"{importer} imports {name}, which is not there inside of Resolve")
        return real(name, globals, locals, fromlist, level)

    builtins.__import__ = guarded
    try:
        yield
    finally:
        builtins.__import__ = real
