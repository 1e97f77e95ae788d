"""The emulator has no method that the published stubs of the real application do not have."""

from __future__ import annotations

import ast
from importlib.metadata import files

import pytest

from resolve_emulator import Profile, Session, application_api
from resolve_emulator.proxy import Method, Proxy, methods

# Methods that the stubs of 21.0.0 lack, with the version that has them and who says so.
README_21_0_4 = ((21, 0, 4), "the scripting README shipped with 21.0.4")
TYPES_21_1 = ((21, 1), "the type stubs and CHANGELOG shipped with 21.1")
OTHER_VERSIONS = {
    "Timeline.GetSelectedClips": README_21_0_4,
    "MediaPoolItem.GetTimeline": README_21_0_4,
    "Resolve.IsStudio": TYPES_21_1,
    "Resolve.GetCurrentProject": TYPES_21_1,
    "Resolve.GetCurrentTimeline": TYPES_21_1,
    "Resolve.GetMediaPool": TYPES_21_1,
    "Project.GetSettings": TYPES_21_1,
    "Timeline.GetSettings": TYPES_21_1,
    "TimelineItem.GetType": TYPES_21_1,
    "TimelineItem.GetSpeed": TYPES_21_1,
    "TimelineItem.GetProperties": TYPES_21_1,
    "TimelineItem.SetProperties": TYPES_21_1,
}
CLASSES = (
    "Resolve ProjectManager Project MediaStorage MediaPool Folder MediaPoolItem Timeline "
    "TimelineItem Gallery GalleryStillAlbum GalleryStill Graph ColorGroup"
)


def stubs() -> dict[str, dict[str, list[ast.FunctionDef]]]:
    """Methods of each class, with all of their overloads."""
    file = next(f for f in files("fusionscript-stubs") or () if f.name == "fusionscript.pyi")
    found: dict[str, dict[str, list[ast.FunctionDef]]] = {}
    for item in ast.parse(file.read_text(encoding="utf-8")).body:
        if isinstance(item, ast.ClassDef):
            own = found.setdefault(item.name, {})
            for method in item.body:
                if isinstance(method, ast.FunctionDef):
                    own.setdefault(method.name, []).append(method)
    return found


STUBS = stubs()
EVERY = [
    pytest.param(kind, method, id=f"{kind}.{method.name}")
    for kind in CLASSES.split()
    for method in methods(Proxy._kinds[kind]).values()
]


def test_every_class_of_the_api_is_looked_at() -> None:
    own = {kind for kind, found in Proxy._kinds.items() if methods(found)}
    mixins = {base.__name__ for k in CLASSES.split() for base in Proxy._kinds[k].__mro__}
    assert own <= mixins
    assert set(CLASSES.split()) <= STUBS.keys()
    assert application_api.Resolve is Proxy._kinds["Resolve"]


@pytest.mark.parametrize(("kind", "method"), EVERY)
def test_every_method_is_in_the_stubs_or_of_another_version(kind: str, method: Method) -> None:
    other = OTHER_VERSIONS.get(f"{kind}.{method.name}")
    assert (method.name in STUBS[kind]) != bool(other)
    if other:
        assert method.since >= other[0]


@pytest.mark.parametrize(("kind", "method"), EVERY)
def test_every_method_takes_as_many_arguments_as_the_stubs_say(kind: str, method: Method) -> None:
    code = method.function.__code__
    many = bool(code.co_flags & 0x04)
    most = code.co_argcount - 1
    for overload in STUBS[kind].get(method.name, ()):
        wanted = len(overload.args.args) - 1
        assert many or most >= wanted or overload.args.vararg, ast.unparse(overload.args)


def test_the_table_of_other_versions_names_nothing_that_is_gone() -> None:
    names = {f"{param.values[0]}.{param.values[1].name}" for param in EVERY}  # type: ignore[union-attr]
    assert OTHER_VERSIONS.keys() <= names


def test_what_a_version_lists_is_what_it_has(session: Session) -> None:
    """E9."""
    names = dir(session.resolve)
    assert "OpenPage" in names and "IsStudio" not in names and "_host" not in names
    assert session.resolve.IsStudio is None
    with Session(Profile(version=(21, 1, 0)), session.folder / "new") as newer:
        assert set(names) < set(dir(newer.resolve))
        assert newer.resolve.IsStudio() is True
