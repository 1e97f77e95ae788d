"""The emulator has no name that the published stubs of the real application do not have."""

from __future__ import annotations

import ast
from importlib.metadata import files
from typing import Any

import pytest

from nuke_emulator import Session
from nuke_emulator.host import API

# A name that the stubs lack, with what says that it exists: none so far.
KNOWN_EXCEPTIONS: dict[str, str] = {}


def stubs() -> tuple[set[str], dict[str, tuple[list[str], set[str]]]]:
    """Names of the module, and of each class its bases and its own names."""
    names, kinds = set[str](), dict[str, tuple[list[str], set[str]]]()
    for file in files("types-nuke") or ():
        if file.suffix != ".pyi":
            continue
        for item in ast.parse(file.read_text(encoding="utf-8")).body:
            found = _names(item)
            names |= found
            if isinstance(item, ast.ClassDef):
                bases = [ast.unparse(base) for base in item.bases]
                kinds[item.name] = (bases, set().union(*map(_names, item.body)))
    return names, kinds


def _names(item: ast.stmt) -> set[str]:
    match item:
        case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
            return {name}
        case ast.AnnAssign(target=ast.Name(id=name)):
            return {name}
        case ast.Assign(targets=targets):
            return {ast.unparse(target) for target in targets}
    return set()


NAMES, KINDS = stubs()


def methods(kind: str) -> set[str]:
    bases, own = KINDS[kind]
    return own.union(*(methods(base) for base in bases if base in KINDS))


def test_every_name_of_the_module_is_in_the_stubs(nuke: Any) -> None:
    public = {name for name in vars(nuke) if not name.startswith("_")}
    assert {"execute", "toNode", "ProgressTask", "GUI", "executeInMainThreadWithResult"} <= public
    assert public - NAMES - KNOWN_EXCEPTIONS.keys() == set()


@pytest.mark.parametrize("kind", sorted(n for n, v in API.items() if isinstance(v, type)))
def test_every_method_of_a_class_is_in_the_stubs(kind: str) -> None:
    mine = {
        name
        for base in API[kind].__mro__
        if base is not object
        for name in vars(base)
        if not name.startswith("_") and base.__name__ not in {"Exception", "BaseException"}
    }
    assert {f"{kind}.{name}" for name in mine - methods(kind)} - KNOWN_EXCEPTIONS.keys() == set()


def test_a_name_that_nuke_does_not_have_fails(nuke: Any, nuke_host: Session) -> None:
    with pytest.raises(AttributeError):
        nuke.executeDeferred(print)
    with pytest.raises(AttributeError):
        nuke_host.plate().setKnob("a", 1)
    with pytest.raises(AttributeError):
        nuke.nodes.NoSuchClass()
