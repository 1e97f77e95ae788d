"""Which clip is meant, and where it lies."""

from __future__ import annotations

import pytest

from resolve_emulator import Profile, Session, harsh
from resolve_emulator.model import Item, Track
from resolve_emulator.rates import timecode_of
from sparkvsr_resolve.core import BridgeError, Capabilities, Kind
from sparkvsr_resolve.host.abilities import Abilities
from sparkvsr_resolve.host.clip import Clip
from sparkvsr_resolve.host.desk import Desk
from sparkvsr_resolve.host.locate import find_clips

VERSIONS = [Profile(version=version) for version in ((18, 6, 0), (19, 0, 0), (20, 3, 0))] + [
    harsh((21, 1, 1))
]
RATES = (
    *("16", "18", "23.976", "24", "25", "29.97", "29.97 DF", "30", "47.952", "48", "50", "59.94"),
    *("59.94 DF", "60", "72", "95.904", "96", "100", "119.88", "119.88 DF", "120"),
)


def find_one(desk: Desk) -> Clip:
    (clip,) = find_clips(desk, Abilities().look(desk))
    return clip


def starts_of(rate: str) -> list[str]:
    mark = ";" if "DF" in rate else ":"
    return [f"{hour}:00:00{mark}00" for hour in ("00", "01", "10")]


@pytest.mark.parametrize("resolve_profile", VERSIONS)
@pytest.mark.parametrize("rate", ["23.976", "29.97 DF"])
def test_every_version_says_the_same_of_a_trimmed_clip(
    session: Session, desk: Desk, rate: str
) -> None:
    media = session.import_clip(session.sequence(frames=8, rate=rate.split()[0]))
    timeline = session.timeline(rate=rate, start=starts_of(rate)[2])
    item = session.place(media, at=7, first=2, frames=4)
    session.park(8)
    before = session.state()
    clip = find_one(desk)
    assert (clip.span.record_in, clip.span.record_out) == (timeline.start + 7, timeline.start + 11)
    assert (clip.span.left_offset, clip.span.timeline_start) == (2, timeline.start)
    assert clip.span.rate.fps == timeline.rate
    assert str(clip.span.rate) == rate
    assert (clip.project, clip.timeline) == (session.project.uid, timeline.uid)
    assert (clip.item, clip.pool_item, clip.track) == (item.uid, media.uid, 1)
    speed_is_told = session.profile.version >= (19, 0, 2)
    assert clip.verdict.kinds == ((Kind.PLAIN,) if speed_is_told else (Kind.RETIMED,))
    assert session.state() == before


def test_every_rate_is_exact_wherever_the_timeline_starts(session: Session, desk: Desk) -> None:
    for rate in RATES:
        media = session.import_clip(session.sequence(f"plate{rate[:6]}", 1, 3, rate.split()[0]))
        for start in starts_of(rate):
            timeline = session.timeline(f"{rate} {start[:2]}", rate=rate, start=start)
            session.place(media, at=2000, first=1, frames=2)
            session.park(2001)
            span = find_one(desk).span
            assert (span.record_in, span.frames) == (timeline.start + 2000, 2)
            assert (span.rate.fps, span.rate.drop) == (timeline.rate, timeline.drop), rate
            shown = timecode_of(timeline.start + 2000, timeline.rate, timeline.drop)
            assert span.timecode(span.record_in) == shown, rate


@pytest.mark.parametrize("resolve_profile", [harsh((21, 1, 1))])
def test_a_rate_that_is_a_number_leaves_drop_frame_to_the_timecode(
    session: Session, desk: Desk
) -> None:
    media = session.import_clip(session.sequence(frames=2, rate="59.94"))
    for rate in ("59.94", "59.94 DF"):
        session.timeline(rate, rate=rate)
        session.place(media)
        assert str(find_one(desk).span.rate) == rate


def test_the_setting_for_drop_frame_counts_where_the_rate_does_not_say_so(
    session: Session, desk: Desk
) -> None:
    media = session.import_clip(session.sequence(frames=2, rate="29.97"))
    session.timeline(rate="29.97", timelineDropFrameTimecode="1")
    session.place(media)
    assert str(find_one(desk).span.rate) == "29.97 DF"


def test_a_timeline_without_settings_of_its_own_has_the_rate_of_the_project(
    session: Session, desk: Desk, plate: Item
) -> None:
    session.current.settings["useCustomSettings"] = "0"
    session.fail("Timeline.GetSetting", 1, "")
    session.project.settings["timelineFrameRate"] = "25"
    assert str(find_one(desk).span.rate) == "25"


@pytest.mark.parametrize("resolve_profile", [Profile(version=(21, 1, 1), item_needs_seek=True)])
def test_a_clip_that_resolve_does_not_know_of_yet_is_found_after_a_seek_to_where_it_is(
    session: Session, desk: Desk, plate: Item
) -> None:
    before = session.state()
    assert find_one(desk).item == plate.uid
    seeks = [entry for entry in session.log if entry.name == "Timeline.SetCurrentTimecode"]
    assert [entry.arguments for entry in seeks] == [("01:00:00:12",)]
    assert session.state() == before


@pytest.mark.parametrize("resolve_profile", VERSIONS)
@pytest.mark.parametrize("page", ["media", "fusion"])
def test_a_page_without_playhead_is_named_and_not_left(
    session: Session, desk: Desk, plate: Item, page: str
) -> None:
    session.pages.go(page)
    with pytest.raises(BridgeError, match=f"{page} page has no playhead") as caught:
        find_one(desk)
    assert "Edit or the Color page" in caught.value.hint
    assert session.pages.current == page


def test_true_is_no_number(session: Session, desk: Desk, plate: Item) -> None:
    session.fail("TimelineItem.GetStart", 1, True)
    assert find_one(desk).span.record_in == plate.start


def test_a_gap_is_named_with_its_timecode(session: Session, desk: Desk, plate: Item) -> None:
    session.park(30)
    before = session.state()
    with pytest.raises(BridgeError, match=r"no clip at the playhead, 01:00:01:06"):
        find_one(desk)
    assert session.state() == before


def test_a_dialog_that_stays_open_is_named_instead_of_a_seek(
    session: Session, desk: Desk, plate: Item
) -> None:
    session.park(30)
    session.modal(True)
    with pytest.raises(BridgeError, match="shows a dialog"):
        find_one(desk)
    assert not session.calls("SetCurrentTimecode")


@pytest.mark.parametrize("resolve_profile", [Profile(version=(21, 0, 4))])
def test_selected_clips_go_before_the_playhead_in_order_of_time(
    session: Session, desk: Desk, plate: Item
) -> None:
    assert plate.clip is not None
    late = session.place(plate.clip, at=40, frames=3)
    early = session.place(plate.clip, at=2, frames=3)
    title = session.title(50, 5, 1)
    session.current.selected = [title, late, early]
    clips = find_clips(desk, Abilities().look(desk))
    assert [clip.item for clip in clips] == [early.uid, late.uid, title.uid]
    assert clips[2].verdict.kinds == (Kind.GENERATOR,)


@pytest.mark.parametrize("resolve_profile", [Profile(version=(21, 1, 1))])
def test_selected_sound_transitions_and_results_of_ours_are_not_meant(
    session: Session, desk: Desk, plate: Item
) -> None:
    assert plate.clip is not None
    timeline = session.current
    timeline.tracks["audio"].append(Track("Audio 1"))
    sound = Item("sound", 9, "sound", plate.clip, plate.start, 5, kind="audio")
    timeline.tracks["audio"][0].add(sound)
    timeline.tracks["video"].append(Track("SparkVSR"))
    result = session.place(plate.clip, at=10, frames=12, track=2)
    transition = session.title(8, 4, 1)
    transition.kind = "transition"
    timeline.selected = [sound, result, transition]
    assert find_one(desk).item == plate.uid


@pytest.mark.parametrize("resolve_profile", VERSIONS)
def test_below_a_title_and_a_result_of_ours_lies_the_clip_that_is_meant(
    session: Session, desk: Desk, plate: Item
) -> None:
    assert plate.clip is not None
    session.current.tracks["video"] += [Track("Off"), Track("SparkVSR"), Track("Titles")]
    session.current.tracks["video"][1].enabled = False
    session.place(plate.clip, at=10, frames=12, track=2)
    session.place(plate.clip, at=10, frames=12, track=3)
    session.title(0, 30, 4)
    for at in range(10, 22):
        session.park(at)
        assert (find_one(desk).item, find_one(desk).track) == (plate.uid, 1)


def test_a_disabled_clip_and_those_beside_the_playhead_do_not_count(
    session: Session, desk: Desk, plate: Item
) -> None:
    assert plate.clip is not None
    session.place(plate.clip, at=0, frames=10)
    session.place(plate.clip, at=22, frames=10)
    session.current.tracks["video"] += [Track("V2"), Track("V3"), Track("V4"), Track("Titles")]
    session.place(plate.clip, at=0, frames=40, track=2, enabled=False)
    session.place(plate.clip, at=0, frames=12, track=3)
    session.place(plate.clip, at=13, frames=12, track=3)
    session.place(plate.clip, at=30, frames=12, track=4)
    session.title(0, 40, 5)
    assert find_one(desk).item == plate.uid


def test_below_a_title_the_upper_one_of_two_clips_is_meant(
    session: Session, desk: Desk, plate: Item
) -> None:
    assert plate.clip is not None
    session.current.tracks["video"] += [Track("V2"), Track("Titles")]
    upper = session.place(plate.clip, at=10, frames=12, track=2)
    session.title(0, 40, 3)
    assert (find_one(desk).item, find_one(desk).track) == (upper.uid, 2)


def test_a_title_with_nothing_below_is_refused_as_what_it_is(
    session: Session, desk: Desk, plate: Item
) -> None:
    session.title(40, 5, 1)
    session.park(42)
    clip = find_one(desk)
    assert (clip.pool_item, clip.verdict.kinds) == ("", (Kind.GENERATOR,))
    with pytest.raises(BridgeError, match="`Text` is a title"):
        clip.verdict.check()


@pytest.mark.parametrize("resolve_profile", [Profile(version=(18, 5, 0))])
def test_an_early_version_that_cannot_tell_the_track_is_searched(
    session: Session, desk: Desk, plate: Item, capabilities: Capabilities
) -> None:
    assert not capabilities.can("item_track")
    session.current.tracks["video"].append(Track("V2"))
    assert plate.clip is not None
    upper = session.place(plate.clip, at=10, frames=12, track=2)
    assert (find_one(desk).item, find_one(desk).track) == (upper.uid, 2)


def test_without_a_timeline_or_a_project_that_is_said(session: Session, desk: Desk) -> None:
    with pytest.raises(BridgeError, match="No timeline is open"):
        find_one(desk)
    for nth in range(1, 10):
        session.fail("ProjectManager.GetCurrentProject", nth, None)
    with pytest.raises(BridgeError, match="No project is open"):
        find_one(desk)
