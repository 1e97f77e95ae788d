"""Keyframes out of markers: exactly the frames that a person marked."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from resolve_emulator import Profile, Session, decode, harsh
from resolve_emulator.model import Item
from resolve_emulator.rates import timecode_of
from sparkvsr_resolve.core import BridgeError, Capabilities, MarkerFilter, Plan, Reason
from sparkvsr_resolve.host.abilities import Abilities
from sparkvsr_resolve.host.desk import Desk
from sparkvsr_resolve.host.locate import find_clips
from sparkvsr_resolve.host.marks import read_plan

CYAN = MarkerFilter()
VERSIONS = [Profile(version=version) for version in ((18, 6, 0), (19, 0, 2), (20, 3, 0))] + [
    harsh((21, 1, 1), marker_keys=int)
]
every_version = pytest.mark.parametrize("resolve_profile", VERSIONS)


def plan_of(desk: Desk, chosen: MarkerFilter = CYAN, painted_only: bool = False) -> Plan:
    capabilities = Abilities().look(desk)
    (clip,) = find_clips(desk, capabilities)
    return read_plan(desk, capabilities, clip, chosen, painted_only)


def left_out(plan: Plan) -> dict[str, Reason]:
    """Name of a marker to the reason."""
    return {left.marker.name: left.reason for left in plan.left_out}


@every_version
@pytest.mark.parametrize(
    ("rate", "start"),
    [
        ("23.976", "01:00:00:00"),
        ("23.976", "10:00:00:00"),
        ("29.97 DF", "01:00:00;00"),
        ("29.97 DF", "10:00:00;00"),
        ("25", "00:00:00:00"),
    ],
)
def test_timeline_markers_are_the_frames_that_the_viewer_shows(
    session: Session, desk: Desk, rate: str, start: str
) -> None:
    """Of a clip that is trimmed on both sides, across a minute at which drop frame skips labels."""
    media = session.import_clip(session.sequence(frames=8, rate=rate.split()[0]))
    timeline = session.timeline(rate=rate, start=start)
    first = 60 * round(timeline.rate) - 2
    item = session.place(media, at=first, first=2, frames=5)
    session.park(first)
    for at in (first - 1, first, first + 3, first + 4, first + 5):
        session.mark(timeline, at, name=f"at {at - first}")
    before = session.state()
    plan = plan_of(desk)
    assert [key.index for key in plan.keyframes] == [0, 3, 4]
    for key in plan.keyframes:
        assert key.absolute == item.start + key.index
        assert key.source_frame == item.source_frame(key.absolute, timeline.rate)
        assert key.timecode == timecode_of(key.absolute, timeline.rate, timeline.drop)
    assert left_out(plan) == {"at -1": Reason.OUTSIDE, "at 5": Reason.OUTSIDE}
    assert session.state() == before


@pytest.mark.parametrize("resolve_profile", VERSIONS[1:])
def test_clip_markers_count_from_the_start_of_the_media(
    session: Session, desk: Desk, plate: Item
) -> None:
    for frame in (3, 4, 9, 15, 16):
        session.mark(plate, frame, name=f"source {frame}")
    plan = plan_of(desk)
    assert [(key.index, key.source_frame) for key in plan.keyframes] == [(0, 4), (5, 9), (11, 15)]
    pattern = str(session.media / "plate" / "plate.%04d.exr")
    for key in plan.keyframes:
        shown = plate.source_frame(key.absolute, session.current.rate)
        assert decode(pattern % (1001 + shown)).source_frame == key.source_frame
    assert left_out(plan) == {"source 3": Reason.OUTSIDE, "source 16": Reason.OUTSIDE}


@pytest.mark.parametrize("resolve_profile", VERSIONS[1:])
def test_clip_markers_of_a_subclip_count_from_its_own_start(
    session: Session, desk: Desk, plate: Item
) -> None:
    assert plate.clip is not None
    part = session.subclip(plate.clip, 5, 10)
    item = session.place(part, at=40, first=2, frames=6)
    session.mark(item, 4)
    session.park(40)
    (key,) = plan_of(desk).keyframes
    assert key.index == 2
    assert item.source_frame(key.absolute, session.current.rate) == 5 + 4


@every_version
@pytest.mark.parametrize("why", ["retimed", "other rate"])
def test_clip_markers_of_a_retimed_clip_are_left_out_and_timeline_markers_are_not(
    session: Session, desk: Desk, plate: Item, why: str
) -> None:
    if why == "retimed":
        plate.speed = Fraction(2)
    else:
        media = session.import_clip(session.sequence("fast", rate="59.94"))
        session.remove(plate)
        plate = session.place(media, at=10, frames=8)
    session.mark(plate, 5, name="on the clip")
    session.mark(session.current, 13, name="on the timeline")
    plan = plan_of(desk)
    assert [(key.index, key.marker.name) for key in plan.keyframes] == [(3, "on the timeline")]
    assert left_out(plan) == {"on the clip": Reason.SPEED}


def test_markers_are_chosen_by_color_or_by_the_start_of_their_name(
    session: Session, desk: Desk, plate: Item
) -> None:
    session.mark(session.current, 11, "Cyan", "one")
    session.mark(session.current, 12, "Red", "Key two")
    session.mark(plate, 8, "Blue", "key three")
    assert [key.index for key in plan_of(desk).keyframes] == [1]
    assert left_out(plan_of(desk)) == {"Key two": Reason.OTHER, "key three": Reason.OTHER}
    assert [key.index for key in plan_of(desk, MarkerFilter("Red")).keyframes] == [2]
    named = plan_of(desk, MarkerFilter("Cyan", "key"))
    assert [(key.index, key.marker.owner) for key in named.keyframes] == [
        (2, "timeline"),
        (4, "clip"),
    ]


def test_one_frame_is_one_keyframe(session: Session, desk: Desk, plate: Item) -> None:
    session.mark(session.current, 13, name="timeline")
    session.mark(plate, 7, name="clip")
    plan = plan_of(desk)
    assert [(key.index, key.marker.name) for key in plan.keyframes] == [(3, "timeline")]
    assert left_out(plan) == {"clip": Reason.SAME_FRAME}


def test_a_painted_picture_in_a_note_is_taken_and_alone_where_only_painted_ones_count(
    session: Session, desk: Desk, plate: Item, tmp_path: Path
) -> None:
    picture = tmp_path / "painted.exr"
    picture.touch()
    session.mark(session.current, 13, name="painted", note=f"keyframe: {picture}")
    session.mark(session.current, 15, name="captured")
    assert [key.picture for key in plan_of(desk).keyframes] == [str(picture), ""]
    plan = plan_of(desk, painted_only=True)
    assert [key.index for key in plan.keyframes] == [3]
    assert left_out(plan) == {"captured": Reason.NO_PICTURE}


def test_markers_of_the_media_pool_are_not_the_clips(
    session: Session, desk: Desk, plate: Item
) -> None:
    assert plate.clip is not None
    session.mark(plate.clip, 8)
    assert not plan_of(desk).keyframes


@pytest.mark.parametrize("resolve_profile", [Profile(version=(21, 1, 1))])
def test_frames_inside_of_a_transition_are_left_out_where_resolve_lists_it(
    session: Session, desk: Desk, plate: Item
) -> None:
    for at, frames in ((8, 4), (20, 4), (40, 4)):
        session.title(at, frames, 1).kind = "transition"
    for at in (10, 11, 12, 19, 20, 21):
        session.mark(session.current, at, name=str(at))
    plan = plan_of(desk)
    assert [key.marker.name for key in plan.keyframes] == ["12", "19"]
    assert left_out(plan) == dict.fromkeys(("10", "11", "20", "21"), Reason.TRANSITION)


def test_a_clip_that_was_moved_meanwhile_gets_no_plan(
    session: Session, desk: Desk, plate: Item
) -> None:
    capabilities: Capabilities = Abilities().look(desk)
    (clip,) = find_clips(desk, capabilities)
    plate.start += 1
    with pytest.raises(BridgeError, match="was moved from 01:00:00:10 to 01:00:00:11"):
        read_plan(desk, capabilities, clip, CYAN)
