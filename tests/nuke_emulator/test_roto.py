"""Behaviours of Roto and RotoPaint: what is painted shows at its frames, and can be read."""

from __future__ import annotations

import ast
import threading
from importlib.metadata import files
from pathlib import Path
from typing import Any

import numpy as np
import OpenImageIO
import pytest

from nuke_emulator import Session, StrictError, roto
from nuke_emulator.roto import PAINTED, Lifetime

STUBS = ("_curveknob.pyi", "_curvelib.pyi", "_nuke.pyi")  # other files use the same names


@pytest.fixture(params=["Roto", "RotoPaint"])
def paint_node(request: pytest.FixtureRequest, nuke: Any, nuke_host: Session) -> Any:
    return getattr(nuke.nodes, request.param)(inputs=[nuke_host.plate()], name="Paint1")


def stub_names(kind: str) -> set[str]:
    """The names of a class of curves, and those of its bases."""
    names = set[str]()
    for file in files("types-nuke") or ():
        for item in ast.parse(file.read_text()).body if file.name in STUBS else ():
            if isinstance(item, ast.ClassDef) and item.name == kind:
                names |= {own.name for own in item.body if isinstance(own, ast.FunctionDef)}
                names |= {
                    ast.unparse(own.target) for own in item.body if isinstance(own, ast.AnnAssign)
                }
                names = names.union(*(stub_names(ast.unparse(base)) for base in item.bases))
    return names


def blue(nuke: Any, source: Any, frame: int, folder: Path) -> Any:
    """H W of a rendered frame."""
    path = folder / "f.exr"
    write = nuke.nodes.Write(inputs=[source], file=str(path), raw=True)
    nuke.execute(write, frame, frame)
    file = OpenImageIO.ImageInput.open(str(path))
    assert file, OpenImageIO.geterror()
    try:
        return np.asarray(file.read_image("float"))[..., 2]
    finally:
        file.close()


def test_every_name_of_a_curve_is_in_the_stubs(paint_node: Any) -> None:
    stroke, shape = roto.paint(paint_node, 1001), roto.shape(paint_node, [1001])
    knob = paint_node["curves"]
    things = knob, knob.rootLayer, stroke, stroke[0], stroke.getAttributes(), shape, shape[0]
    for thing in things:
        public = {name for name in dir(thing) if not name.startswith("_")}
        assert public and public <= stub_names(type(thing).__name__)


def test_paint_shows_at_the_frames_it_lives_at_and_only_in_blue(
    nuke: Any, paint_node: Any, tmp_path: Path
) -> None:
    before = {frame: blue(nuke, paint_node, frame, tmp_path) for frame in range(1001, 1006)}
    roto.paint(paint_node, 1002)
    roto.paint(paint_node, 1004, 1005)
    hidden = roto.paint(paint_node, 1003)
    hidden.setVisible(1003, False)
    for frame, plain in before.items():
        added = PAINTED * (frame in {1002, 1004, 1005})
        np.testing.assert_array_equal(blue(nuke, paint_node, frame, tmp_path), plain + added)


@pytest.mark.parametrize(
    ("lifetime", "alive"),
    [
        (Lifetime.ALL_FRAMES, {1001, 1002, 1003, 1004}),
        (Lifetime.START_TO_FRAME, {1001, 1002, 1003}),
        (Lifetime.SINGLE_FRAME, {1002}),
        (Lifetime.FRAME_TO_END, {1002, 1003, 1004}),
        (Lifetime.FRAME_RANGE, {1002, 1003}),
    ],
)
def test_a_shape_lives_as_its_lifetime_says(
    nuke: Any, paint_node: Any, tmp_path: Path, lifetime: Lifetime, alive: set[int]
) -> None:
    roto.shape(paint_node, [1001], lifetime, 1002, 1003, into=roto.layer(paint_node))
    assert alive == {
        frame
        for frame in range(1001, 1005)
        if blue(nuke, paint_node, frame, tmp_path).max() > PAINTED / 2
    }


def test_paint_changes_the_hash_of_its_own_frame(nuke: Any, paint_node: Any) -> None:
    def hashes() -> list[list[int]]:
        found = []
        for frame in (1001, 1002):
            nuke.frame(frame)
            found.append(paint_node.opHashes())
        return found

    before = hashes()
    roto.paint(paint_node, 1002)
    after = hashes()
    assert before[0] == after[0] and before[1] != after[1]


def test_curves_are_read_by_iterating_from_the_root_layer(nuke: Any, paint_node: Any) -> None:
    roto.paint(paint_node, 1002, 1004)
    roto.shape(paint_node, [1005, 1001], into=roto.layer(paint_node))
    stroke, inner = paint_node["curves"].rootLayer
    attributes = stroke.getAttributes()
    names = ("kLifeTimeTypeAttribute", "kLifeTimeNAttribute", "kLifeTimeMAttribute")
    values = [attributes.getValue(0, getattr(attributes, name)) for name in names]
    assert values == [4.0, 1002.0, 1004.0]
    assert all(point.getControlPointKeyTimes() == [] for point in stroke)
    assert [point.center.getControlPointKeyTimes() for point in inner[0]] == [[1001, 1005]] * 3
    with pytest.raises(ValueError, match="no attribute"):
        attributes.getValue(0, "lifetime")
    with pytest.raises(AttributeError):
        inner[0].lifetime()


def test_painting_is_an_edit_that_can_be_undone(nuke: Any, paint_node: Any) -> None:
    nuke.root().setModified(False)
    steps = nuke.Undo.undoSize()
    roto.paint(paint_node, 1002)
    assert nuke.modified() and nuke.Undo.undoSize() == steps + 1
    nuke.undo()
    assert len(paint_node["curves"].rootLayer) == 0


def test_curves_survive_a_script(nuke: Any, nuke_host: Session, paint_node: Any) -> None:
    inner = roto.layer(paint_node, "A { strange [name]")
    roto.shape(paint_node, [1001, 1003], Lifetime.FRAME_TO_END, 1001, into=inner)
    inner.setVisible(1, False)
    (pasted,) = nuke_host.paste(nuke_host.text(paint_node))
    (copied,) = pasted["curves"].rootLayer
    assert copied.name == "A { strange [name]" and not copied.getVisible(1)
    assert copied[0][0].center.getControlPointKeyTimes() == [1001, 1003]
    assert pasted["curves"].toScript() == paint_node["curves"].toScript()


def test_curves_die_with_their_node(nuke: Any, paint_node: Any) -> None:
    stroke = roto.paint(paint_node, 1002)
    root = paint_node["curves"].rootLayer
    nuke.delete(paint_node)
    for call in (stroke.getAttributes, lambda: list(root), lambda: stroke.getVisible(1)):
        with pytest.raises(ValueError, match="not attached"):
            call()


def test_curves_belong_to_the_main_thread() -> None:
    session = Session().open()
    node = session.module.nodes.RotoPaint()
    roto.paint(node, 1002)
    root, caught = node["curves"].rootLayer, list[Exception]()

    def read() -> None:
        try:
            list(root)
        except StrictError as error:
            caught.append(error)

    thread = threading.Thread(target=read)
    thread.start()
    thread.join()
    assert len(caught) == len(session.close()) == 1
