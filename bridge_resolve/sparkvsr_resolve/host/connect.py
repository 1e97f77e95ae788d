"""Finding Resolve: handed over by its own menu, or reached from outside."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Optional, cast

from sparkvsr_link import BridgeError
from sparkvsr_resolve.core import check_edition, says_studio

from .clock import Clock, SystemClock
from .desk import Desk
from .watched import Watch

if TYPE_CHECKING:
    from fusionscript import Resolve

# RESOLVE_SCRIPT_API and RESOLVE_SCRIPT_LIB, where they are not set.
_USUAL = {
    "darwin": (
        "/Library/Application Support/Blackmagic Design/DaVinci Resolve/Developer/Scripting",
        "/Applications/DaVinci Resolve/DaVinci Resolve.app/Contents/Libraries/Fusion/"
        "fusionscript.so",
    ),
    "win32": (
        r"%PROGRAMDATA%\Blackmagic Design\DaVinci Resolve\Support\Developer\Scripting",
        r"C:\Program Files\Blackmagic Design\DaVinci Resolve\fusionscript.dll",
    ),
    "linux": ("/opt/resolve/Developer/Scripting", "/opt/resolve/libs/Fusion/fusionscript.so"),
}


def connect(
    handed_over: Optional[Any] = None,
    clock: Optional[Clock] = None,
    say: Callable[[str], None] = print,
    cancelled: Callable[[], bool] = lambda: False,
) -> Desk:
    """The desk of this session; the thread that calls this is the one that calls the API.

    Args:
        handed_over: the `resolve` of a menu script; None reaches a running Resolve from outside.

    Raises:
        BridgeError: there is no Resolve, or not one that scripts can use.
    """
    watch = Watch(say)
    found = watch.wrap(handed_over) if handed_over is not None else _reach(watch)
    resolve = cast("Resolve", found)
    _check_edition(resolve)
    return Desk(resolve, clock or SystemClock(), say, cancelled)


def _check_edition(resolve: Resolve) -> None:
    name = resolve.GetProductName()
    if name is None:
        raise BridgeError(
            "Resolve does not answer any question.", "Restart Resolve: only that helps."
        )
    check_edition(name, says_studio(name))


def _reach(watch: Watch) -> Any:
    """Resolve from another process, watched: while it plays not even this is answered.

    Raises:
        BridgeError: it does not run, or does not let others in.
    """
    try:
        module = import_module("DaVinciResolveScript")
    except ImportError:
        module = _import_from_usual_place()
    found = watch.call("scriptapp", module.scriptapp, ("Resolve",))
    if found is None:
        raise BridgeError(
            "No Resolve was found that lets scripts in.",
            "Start Resolve Studio, and set Preferences > System > General > External scripting "
            "using to Local.",
        )
    return found


def _import_from_usual_place(environ: Mapping[str, str] = os.environ) -> Any:
    api, library = _USUAL.get(sys.platform, _USUAL["linux"])
    folder = Path(environ.get("RESOLVE_SCRIPT_API") or os.path.expandvars(api)) / "Modules"
    os.environ.setdefault("RESOLVE_SCRIPT_LIB", os.path.expandvars(library))
    sys.path.append(str(folder))
    try:
        return import_module("DaVinciResolveScript")
    except ImportError as error:
        raise BridgeError(
            f"Resolve's scripting is not installed at {folder}: {error}.",
            "Install Resolve Studio, or set RESOLVE_SCRIPT_API and RESOLVE_SCRIPT_LIB.",
        ) from error
    finally:
        sys.path.remove(str(folder))
