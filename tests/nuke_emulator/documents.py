"""The open script as a document: new, open, save, close, copy and paste."""

# ruff: noqa: N802
from __future__ import annotations

from pathlib import Path
from typing import Any

from . import callbacks, graph, script
from .host import api, host
from .tcl import TclError


def _extension() -> str:
    profile = host().profile
    return ".nknc" if profile.nc else ".nkind" if profile.indie else ".nk"


def whole_script() -> str:
    root = host().root
    head = "Root {\n inputs 0\n" + script.knob_lines(root, named=False) + "}\n"
    return (
        "version {}.{} v{}\n".format(*host().profile.version)
        + head
        + script.text_of(root._children)
    )


def _write(path: str) -> None:
    if not path.endswith(_extension()):
        raise RuntimeError(f"{path}: this edition saves {_extension()} only")
    callbacks.registry().run("onScriptSave", host().root)
    try:
        Path(path).write_text(whole_script(), encoding="utf-8")
    except OSError as error:  # assumed, as for opening
        raise RuntimeError(f"Can't write {path}: {error}") from error
    _name_script(path)
    host().root._modified = False


def _name_script(path: str) -> None:
    host().script_path = path.replace("\\", "/")
    host().root._knobs["name"]._value = host().script_path


@api
def scriptSaveAs(filename: str | None = None, overwrite: int = -1) -> None:
    if not filename:
        raise RuntimeError("no file name")
    if Path(filename).exists() and not overwrite > 0:
        raise RuntimeError(f"{filename}: the file exists")
    _write(filename)


@api
def scriptSave(filename: str | None = None) -> bool:
    path = filename or host().script_path
    if not path:
        raise RuntimeError("the script has no name yet")
    _write(path)
    return True


@api
def scriptOpen(filename: str) -> None:
    """Assumed, to be checked by hand: a file that cannot be read or parsed is a RuntimeError."""
    try:
        text = Path(filename).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise RuntimeError(f"Can't read {filename}: {error}") from error
    _clear()
    _name_script(filename)
    try:
        script.load(text)
    except TclError as error:
        raise RuntimeError(f"{filename}: {error}") from error
    callbacks.registry().run("onScriptLoad", host().root)
    host().root._modified = False


@api
def scriptReadText(s: str) -> None:
    script.load(s)


@api
def scriptClear(*_: Any) -> None:
    _clear()


@api
def scriptClose(*_: Any) -> None:
    callbacks.registry().run("onScriptClose", host().root)
    _clear()


def _clear() -> None:
    """Every node goes; callbacks that the session added stay."""
    registry = host().root._registry
    for node in list(host().root._children):
        graph.remove(node)
    host().root._dead = True
    graph.make_root()._registry = registry
    host().script_path = None


@api
def scriptName() -> str:
    if not host().script_path:
        raise RuntimeError("no script is loaded")
    return str(host().script_path)


@api
def script_directory() -> str:
    path = host().script_path
    return str(Path(path).parent) if path else ""


@api
def nodeCopy(s: str) -> None:
    chosen = [node for node in host().group._children if node._knobs["selected"]._get()]
    Path(s).write_text(script.text_of(chosen), encoding="utf-8")


@api
def nodePaste(s: str) -> Any:
    """Paste nodes as the user does: onCreate runs, onUserCreate does not, they are selected."""
    stack = [node for node in host().group._children if node._knobs["selected"]._get()]
    made = script.load(Path(s).read_text(encoding="utf-8"), stack)
    for node in host().group._children:
        node._select(node in made)
    return made[-1] if made else None


@api
def loadToolset(filename: str) -> Any:
    return nodePaste(filename)
