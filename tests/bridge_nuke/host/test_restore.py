"""A restoration from the button to the node's output, with the real agent and daemon."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from artist import FIRST, LAST, Artist, read_exr
from moving_plate import CORNER, DAB, SIZE, moving_plate, subject
from nuke_emulator import decode

KEYFRAMES = (1001, 1005)  # the engines leave out one that is closer than four frames to another
COLOURS = ("rgba.red", "rgba.green", "rgba.blue")
SKY = slice(24, 32)  # rows that the subject never reaches


@pytest.fixture
def moving(artist: Artist) -> Artist:
    """An artist with the moving subject and keyframes of it."""
    artist.plate = artist.session.plate(moving_plate(), "Moving")
    artist.keys = artist.session.plate(moving_plate(dab=True), "Painted")
    artist.node.setInput(0, artist.plate)
    artist.node.setInput(1, artist.keys)
    artist.set(keyframe_list=" ".join(map(str, KEYFRAMES)))
    artist.nuke.root().setModified(False)
    return artist


def smaller(image: Any, scale: int) -> dict[str, Any]:
    """Planes of a picture at the plate's size: means of blocks."""
    height, width = SIZE[1], SIZE[0]
    return {
        name: plane.reshape(height, scale, width, scale).mean((1, 3))
        for name, plane in image.planes.items()
    }


@pytest.mark.parametrize(
    ("engine", "scale", "depth"),
    [("identity", 1, "float"), ("flow", 1, "half"), ("flow", 2, "half")],
)
def test_the_repaired_shot_comes_back_through_the_node(
    moving: Artist, engine: str, scale: int, depth: str
) -> None:
    moving.set(engine=engine, upscale=str(scale), plate_depth=depth)
    before = moving.state()
    moving.restore()
    assert moving.said == []
    assert moving.status.startswith("Done: v001, 6 frames in ")
    assert moving.state() == {**before, "modified": True}
    for frame in range(FIRST, LAST + 1):
        given, plate = moving.picture(frame), moving.picture(frame, moving.plate)
        assert (given.format.width(), given.format.height()) == (SIZE[0] * scale, SIZE[1] * scale)
        assert given.planes.keys() == plate.planes.keys()
        planes = smaller(given, scale)
        for name in ("rgba.alpha", "depth.Z"):
            np.testing.assert_array_equal(planes[name], plate.planes[name])
        if frame in KEYFRAMES and scale == 1:
            key = moving.picture(frame, moving.keys)
            for name in COLOURS:
                np.testing.assert_array_equal(given.planes[name], key.planes[name])
        if (engine, scale) != ("flow", 1):  # that one sharpens the code with its keyframes'
            middle = CORNER // 2
            assert decode(*(planes[name][middle, middle] for name in COLOURS[:2])) == (frame, 1)
        for name, dab in zip(COLOURS, DAB, strict=True):
            added = (planes[name] - plate.planes[name])[subject(frame)].mean()
            assert 0.5 < added / dab < 1.5, "the dab went along with the subject"
            np.testing.assert_allclose(planes[name][SKY], plate.planes[name][SKY], atol=0.05)
        assert planes["rgba.green"][SKY].max() > 1.5
        assert planes["rgba.blue"][SKY].min() < -0.5


def test_files_hold_the_frame_that_their_names_say(moving: Artist) -> None:
    moving.set(engine="identity", keyframe_list="1003", range="custom")
    moving.set(custom_first=1002, custom_last=1004)
    moving.restore()
    version = moving.version("v001")
    plates = sorted((version / "plate").iterdir())
    assert [path.name for path in plates] == [f"plate.{n}.exr" for n in (1002, 1003, 1004)]
    assert [path.name for path in (version / "keys").iterdir()] == ["key.1003.exr"]
    for number, path in zip((1002, 1003, 1004), plates, strict=True):
        result = version / "result" / f"result.{number}.exr"
        for picture in (read_exr(path), read_exr(result)):
            bottom = -CORNER // 2  # rows of files count from above
            assert decode(picture[bottom, 3, 0], picture[bottom, 3, 1]) == (number, 1)
    outside = moving.picture(1001)
    plate = moving.picture(1001, moving.plate)
    np.testing.assert_array_equal(outside.planes["rgba.red"], plate.planes["rgba.red"])


def test_what_the_artist_works_with_stays_as_it_was(moving: Artist) -> None:
    nuke, node = moving.nuke, moving.node
    with nuke.Undo("grade it"):
        nuke.nodes.Grade(name="Mine")
    nuke.root().setProxy(True)
    nuke.frame(1004)
    for other in nuke.allNodes():
        other.setSelected(other.name() in ("Mine", "Moving"))
    node.hideControlPanel()
    nuke.toNode("Mine").showControlPanel()
    nuke.root().setModified(False)
    before = moving.state()
    assert before["proxy"]
    assert before["undo"] > 0
    assert before["panels"] == ["Mine"]
    moving.restore()
    assert moving.said == []
    assert moving.state() == {**before, "modified": True}
    picture = read_exr(moving.version("v001") / "plate" / "plate.1001.exr")
    assert picture.shape[:2] == SIZE[::-1], "proxies are not exported"


def test_two_nodes_restore_at_once(moving: Artist, load: Any, tmp_path: Path) -> None:
    other = load("create").create_node()
    other.setInput(0, moving.keys)
    other.setInput(1, moving.plate)
    knobs = {"keyframe_list": "1003", "upscale": "1", "engine": "identity"}
    for name, value in {**knobs, "output": (tmp_path / "out").as_posix()}.items():
        other[name].setValue(value)
    moving.press("restore")
    other["restore"].execute()
    moving.session.queue.pump_until(lambda: not load("run").all_runs(), 90)
    assert moving.said == []
    assert moving.status.startswith("Done: v001")
    assert other["status"].value().startswith("Done: v001")
    assert len(moving.versions()) == 2
    for node, frame, source in ((moving.node, 1001, moving.keys), (other, 1003, moving.plate)):
        given, key = moving.picture(frame, node), moving.picture(frame, source)
        np.testing.assert_array_equal(given.planes["rgba.blue"], key.planes["rgba.blue"])
