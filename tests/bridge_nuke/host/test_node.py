"""What a node asks for; and the editions that let Python reach ten nodes only."""

from __future__ import annotations

import numpy as np
import pytest

from artist import Artist
from nuke_emulator import Profile
from sparkvsr_nuke.core import BridgeError

UNPAID = [Profile(nc=True)]  # Indie differs in file names only


def test_all_that_is_wrong_is_said_at_once(artist: Artist) -> None:
    artist.set(keyframe_list="1002 1009", output="relative", range="custom")
    artist.set(custom_first=1001, custom_last=1006)
    artist.node.setInput(1, None)
    with pytest.raises(BridgeError) as caught:
        artist.load("node").read_request(artist.node)
    for part in ("`keyframes`", "Keyframe 1009", "relative is not absolute"):
        assert part in caught.value.message
    assert "SparkVSR1" in caught.value.hint


def test_a_plate_that_is_not_connected_is_said_once(artist: Artist) -> None:
    artist.node.setInput(0, None)
    with pytest.raises(BridgeError) as caught:
        artist.load("node").read_request(artist.node)
    assert caught.value.message == "Nothing is connected to the input `plate`."


@pytest.mark.parametrize("nuke_profile", UNPAID, ids=["nc"])
def test_one_restoration_reaches_eight_nodes_however_many_there_are(artist: Artist) -> None:
    for index in (0, 1):
        above = artist.node.input(index)
        for _ in range(12):
            above = artist.nuke.nodes.Grade(inputs=[above])
        above.setSelected(True)
        artist.node.setInput(index, above)
        artist.session.touched.clear()  # the artist's own hand is no Python
    artist.restore()
    assert artist.said == []
    assert len(artist.session.touched) <= 8
    assert artist.status.startswith("Done: v001")
    key = artist.keys._image(1002).planes["rgba.green"]
    np.testing.assert_array_equal(artist.node._image(1002).planes["rgba.green"], key)


@pytest.mark.parametrize("nuke_profile", UNPAID, ids=["nc"])
def test_a_session_that_has_used_its_nodes_up_is_told_so(artist: Artist) -> None:
    artist.session.touched = set(range(10))
    button = artist.node._knobs["restore"]
    button._run()
    (text,) = artist.said
    assert text.startswith("This edition of Nuke lets Python reach ten nodes only")
    assert "start Nuke again" in text


@pytest.mark.parametrize("nuke_profile", UNPAID, ids=["nc"])
def test_nodes_that_are_used_up_in_the_middle_are_one_dialog(artist: Artist) -> None:
    artist.session.touched = set(range(5))
    artist.node._knobs["restore"]._run()
    runs = artist.load("run").all_runs
    artist.session.queue.pump_until(lambda: not runs())
    (text,) = artist.said
    assert text.startswith("This edition of Nuke lets Python reach ten nodes only")
    assert not [node for node in artist.node._children if node._class == "Write"]
