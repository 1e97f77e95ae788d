"""What a marker remembers of a clip's last result."""

from __future__ import annotations

import pytest

from resolve_emulator import Profile, Session, harsh
from resolve_emulator.model import Item, Marker
from sparkvsr_resolve.core import (
    STATE_MARKER_NAME,
    BridgeError,
    Capabilities,
    ClipState,
    MarkerFilter,
)
from sparkvsr_resolve.host.clip import Clip
from sparkvsr_resolve.host.desk import Desk
from sparkvsr_resolve.host.locate import find_clips
from sparkvsr_resolve.host.marks import read_plan, read_state, write_state

VERSIONS = [Profile(version=(18, 6, 0)), Profile(version=(20, 3, 0)), harsh((21, 1, 1))]
every_version = pytest.mark.parametrize("resolve_profile", VERSIONS)


class Hand:
    """Remembers and reads for the clip at the playhead."""

    def __init__(self, desk: Desk, capabilities: Capabilities) -> None:
        self._desk, self._capabilities = desk, capabilities
        self.clip = self._find()

    def _find(self) -> Clip:
        return find_clips(self._desk, self._capabilities)[0]

    def look_anew(self) -> None:
        self.clip = self._find()

    def state(self, version: int = 1, keyframes: int = 2) -> ClipState:
        digests = {frame: f"{frame:016x}" for frame in range(keyframes)}
        return ClipState(self.clip.item, "d" * 64, version, "/media/result_v001.mov", digests)

    def write(self, state: ClipState, chosen: MarkerFilter | None = None) -> None:
        plan = read_plan(self._desk, self._capabilities, self.clip, chosen or MarkerFilter())
        write_state(self._desk, self._capabilities, self.clip, plan, state)

    def read(self) -> ClipState | None:
        return read_state(self._desk, self._capabilities, self.clip)

    def keyframes(self, chosen: MarkerFilter) -> list[int]:
        plan = read_plan(self._desk, self._capabilities, self.clip, chosen)
        return [key.index for key in plan.keyframes]


@pytest.fixture
def hand(desk: Desk, capabilities: Capabilities) -> Hand:
    return Hand(desk, capabilities)


def others(markers: dict[int, Marker]) -> dict[int, str]:
    return {frame: marker.custom for frame, marker in markers.items()}


@every_version
def test_a_keyframes_marker_remembers_and_nothing_else_of_it_changes(
    session: Session, hand: Hand, plate: Item
) -> None:
    session.mark(session.current, 12, name="Marker 1", note="mine")
    session.mark(session.current, 18, name="Marker 2")
    before = session.state()
    assert hand.read() is None
    hand.write(hand.state())
    assert hand.read() == hand.state()
    assert session.current.markers[12].custom == hand.state().to_text()
    session.current.markers[12].custom = ""
    assert session.state() == before


@pytest.mark.parametrize("resolve_profile", VERSIONS[1:])
def test_a_clip_marker_goes_before_one_of_the_timeline(
    session: Session, hand: Hand, plate: Item
) -> None:
    session.mark(session.current, 12)
    session.mark(plate, 9)
    hand.write(hand.state())
    assert others(session.current.markers) == {12: ""}
    assert others(plate.markers) == {9: hand.state().to_text()}


@every_version
def test_the_next_result_is_remembered_where_the_last_one_was(
    session: Session, hand: Hand, plate: Item
) -> None:
    session.mark(session.current, 12)
    hand.write(hand.state(1))
    session.mark(session.current, 11)
    session.mark(plate, 9)
    hand.write(hand.state(2))
    assert hand.read() == hand.state(2)
    assert others(session.current.markers) == {12: hand.state(2).to_text(), 11: ""}
    assert others(plate.markers) == {9: ""}


def test_a_marker_that_remembers_goes_on_when_it_is_no_keyframe_any_more(
    session: Session, hand: Hand, plate: Item
) -> None:
    session.mark(session.current, 12)
    hand.write(hand.state(1))
    session.current.markers[12].color = "Red"
    session.mark(plate, 9)
    hand.write(hand.state(2))
    assert others(session.current.markers) == {12: hand.state(2).to_text()}
    assert others(plate.markers) == {9: ""}


def test_markers_of_timeline_and_clip_with_the_same_number_are_not_confused(
    session: Session, hand: Hand, plate: Item
) -> None:
    session.mark(session.current, 12)
    session.mark(plate, 12, "Red")
    hand.write(hand.state())
    assert others(session.current.markers) == {12: hand.state().to_text()}
    assert others(plate.markers) == {12: ""}
    session.current.markers.clear()
    session.mark(session.current, 4, "Red")
    hand.write(hand.state(2))
    assert others(plate.markers) == {12: "", 4: hand.state(2).to_text()}


@every_version
def test_where_others_keep_something_a_marker_of_its_own_is_made(
    session: Session, hand: Hand, plate: Item
) -> None:
    session.mark(session.current, 12, custom="somebody's")
    session.mark(plate, 4, custom='{"shot": 7}')
    session.mark(plate, 5, "Red", custom="")
    hand.write(hand.state())
    assert others(session.current.markers) == {12: "somebody's"}
    assert others(plate.markers) == {4: '{"shot": 7}', 5: "", 6: hand.state().to_text()}
    assert plate.markers[6].name == STATE_MARKER_NAME
    hand.write(hand.state(2))
    assert hand.read() == hand.state(2)
    assert sorted(plate.markers) == [4, 5, 6]


@every_version
@pytest.mark.parametrize("chosen", [MarkerFilter("Sand"), MarkerFilter("Cyan", "Spark")])
def test_the_marker_that_was_made_is_never_a_keyframe(
    hand: Hand, plate: Item, chosen: MarkerFilter
) -> None:
    hand.write(hand.state(), chosen)
    assert list(plate.markers) == [4]
    assert hand.keyframes(chosen) == []


def test_a_clip_whose_every_frame_has_a_marker_remembers_too(
    session: Session, hand: Hand, plate: Item
) -> None:
    for frame in range(4, 16):
        session.mark(plate, frame, "Red", custom="somebody's")
    hand.write(hand.state())
    assert hand.read() == hand.state()
    assert set(others(plate.markers).values()) == {"somebody's", hand.state().to_text()}


@every_version
def test_a_copy_of_a_clip_does_not_remember_what_the_original_does(
    session: Session, desk: Desk, hand: Hand, plate: Item, capabilities: Capabilities
) -> None:
    hand.write(hand.state())
    assert plate.clip is not None
    copy = session.place(plate.clip, at=50, first=4, frames=12)
    copy.markers = {frame: Marker(**vars(marker)) for frame, marker in plate.markers.items()}
    session.park(52)
    other = Hand(desk, capabilities)
    assert other.read() is None
    other.write(other.state(3))
    assert list(copy.markers) == [4]
    assert (hand.read(), other.read()) == (hand.state(), other.state(3))


def test_a_clip_that_moved_since_remembers_at_its_new_place(
    session: Session, hand: Hand, plate: Item
) -> None:
    session.mark(session.current, 12)
    hand.write(hand.state())
    plate.start += 30
    session.park(45)
    hand.look_anew()
    assert hand.read() == hand.state()


@pytest.mark.parametrize("made", [False, True])
def test_what_resolve_did_not_keep_is_said_and_changes_nothing(
    session: Session, hand: Hand, plate: Item, made: bool
) -> None:
    if not made:
        session.mark(session.current, 12)
    name = "TimelineItem.AddMarker" if made else "Timeline.UpdateMarkerCustomData"
    for nth in (1, 2, 3):
        session.fail(name, nth, True)
    before = session.state()
    with pytest.raises(BridgeError, match="Resolve did not keep what SparkVSR knows"):
        hand.write(hand.state())
    assert session.state() == before


def test_a_lie_is_found_out_and_the_write_repeated(
    session: Session, hand: Hand, plate: Item
) -> None:
    session.mark(session.current, 12)
    session.fail("Timeline.UpdateMarkerCustomData", 1, True)
    hand.write(hand.state())
    assert hand.read() == hand.state()


def test_a_dialog_is_waited_for(session: Session, hand: Hand, plate: Item) -> None:
    session.mark(session.current, 12)
    state = hand.state()
    session.fail("Timeline.UpdateMarkerCustomData", 1, lambda: session.modal(True))
    session.at(6.0, lambda: session.modal(False))
    hand.write(state)
    assert hand.read() == state
