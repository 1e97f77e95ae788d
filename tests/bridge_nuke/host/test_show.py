"""Versions: what the node gives follows the pulldown, and the pulldown what is on disk."""

from __future__ import annotations

import shutil
from typing import Any

import numpy as np

from artist import FIRST, LAST, Artist, Load
from nuke_emulator import Plate, Session
from sittings import Sittings, leave, publish, put_on_disk, save, settle


def green(artist: Artist, frame: int) -> Any:
    return artist.picture(frame).planes["rgba.green"]


def shows_plate(artist: Artist, frame: int) -> bool:
    given, plate = artist.picture(frame), artist.picture(frame, artist.plate)
    return given.format.width() == plate.format.width() and all(
        np.array_equal(given.planes[name], plane) for name, plane in plate.planes.items()
    )


def test_pixels_size_range_colour_and_badge_follow_the_chosen_version(artist: Artist) -> None:
    artist.restore()
    first = {frame: green(artist, frame) for frame in range(FIRST, LAST + 1)}
    artist.set(upscale="2", keyframe_list="1003", range="custom", custom_first=1002)
    artist.set(custom_last=1004, working_space="linear", exchange_space="sRGB")
    artist.restore()
    assert artist.said == []
    assert artist.node["version"].values() == ["none", "v001", "v002"]
    second = {frame: green(artist, frame) for frame in (1002, 1003, 1004)}
    key = artist.picture(1003, artist.keys).planes["rgba.green"].repeat(2, 0).repeat(2, 1)
    np.testing.assert_allclose(second[1003], key, atol=0.05, err_msg="converted there and back")
    assert artist.node.node("ResultColour")["disable"].value() is False
    for frame in (FIRST, 1005, LAST):
        assert shows_plate(artist, frame), "outside of the result's range"
    assert artist.node["badge"].value() == "v002"

    artist.set(version="v001")
    for frame, plane in first.items():
        np.testing.assert_array_equal(green(artist, frame), plane)
    assert artist.node["badge"].value() == "v001 is stale"
    assert "Upscale was 1 and is now 2." in artist.status
    assert artist.node.node("ResultColour")["disable"].value() is True

    artist.set(version="none")
    assert all(shows_plate(artist, frame) for frame in range(FIRST, LAST + 1))
    assert (artist.node["badge"].value(), artist.status) == ("", " ")

    artist.set(version="v002")
    for frame, plane in second.items():
        np.testing.assert_array_equal(green(artist, frame), plane)
    assert (artist.node["badge"].value(), artist.status) == ("v002", " ")
    assert artist.said == []

    artist.nuke.undo()  # of the last choice
    artist.session.update_ui()
    assert shows_plate(artist, 1003) and artist.node["badge"].value() == ""


def test_the_window_follows_the_chosen_version(artist: Artist) -> None:
    artist.plate._plate = Plate(branch=1, first=FIRST, last=LAST, overscan=2)
    artist.keys._plate = Plate(branch=2, first=FIRST, last=LAST, overscan=2)
    boxes = []
    for overscan in (True, False):
        artist.set(overscan=overscan)
        artist.restore()
        boxes.append(artist.picture(1003).bbox)
    assert boxes == [(-2, -2, 18, 14), (0, 0, 16, 12)]
    artist.set(version="v001")
    assert artist.picture(1003).bbox == boxes[0]


def test_a_version_that_cannot_be_shown_is_a_sentence_and_the_pulldown_is_set_back(
    artist: Artist, load: Load
) -> None:
    publish(artist)
    artist.set(guidance=2)
    publish(artist, 7)
    before = green(artist, 1004)
    gone = artist.version("v001")
    shutil.move(gone, artist.folder / "kept")
    artist.set(version="v001")
    assert artist.node["version"].value() == "v002"
    assert artist.status == (
        "v001 of SparkVSR1 has no result on disk. Choose another version, or press Restore."
    )
    np.testing.assert_array_equal(green(artist, 1004), before)

    shutil.move(artist.folder / "kept", gone)
    record = gone / "result.json"
    text = record.read_text().replace('"Exchange space": ""', '"Exchange space": "Mars"')
    record.write_text(text.replace('"Working space": ""', '"Working space": "linear"'))
    artist.set(version="v001")
    assert artist.node["version"].value() == "v002"
    assert "`Mars` is not in Nuke's OpenColorIO configuration" in artist.status
    np.testing.assert_array_equal(green(artist, 1004), before)
    assert artist.node["badge"].value() == "v002"

    artist.set(version="none")
    assert artist.status == " ", "the sentence was about another one"
    assert artist.session.printed == []


def test_the_pulldown_and_what_is_shown_survive_save_and_reopen(
    nuke_host: Session, artist: Artist, load: Load
) -> None:
    put_on_disk(artist)
    artist.set(engine="identity", keyframe_list="1002")
    publish(artist)
    artist.set(keyframe_list="1005")
    publish(artist, 7)
    artist.set(version="v001")
    pictures = [green(artist, frame) for frame in range(FIRST, LAST + 1)]
    script = save(artist)
    leave(nuke_host, load)
    sittings = Sittings(load, artist.folder)
    try:
        again = sittings.open(script)
        settle(again)
        assert again.node["version"].values() == ["none", "v001", "v002"]
        assert again.node["version"].value() == "v001"
        for frame, plane in zip(range(FIRST, LAST + 1), pictures, strict=True):
            np.testing.assert_array_equal(green(again, frame), plane)
        again.set(version="v002")
        assert again.node["badge"].value() == "v002"
        assert not np.array_equal(green(again, 1005), pictures[4])
    finally:
        sittings.end_all()
