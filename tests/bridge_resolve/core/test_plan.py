"""Markers become keyframes on exactly their frames; what is left out is said."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparkvsr_resolve.core import (
    CLIP,
    TIMELINE,
    BridgeError,
    ClipSpan,
    Marker,
    MarkerFilter,
    Plan,
    Rate,
    Reason,
    build_plan,
    print_plan,
)

# 23.976, from 01:00:00:00; 48 frames that begin 100 frames in, from source frame 12 on.
SPAN = ClipSpan(86500, 86548, 12, 86400, Rate.parse("23.976"))
CYAN = MarkerFilter()


def on_timeline(frame: int, color: str = "Cyan", name: str = "", note: str = "") -> Marker:
    return Marker(TIMELINE, frame, color, name, note)


def on_clip(frame: int, color: str = "Cyan", name: str = "", note: str = "") -> Marker:
    return Marker(CLIP, frame, color, name, note)


def left(plan: Plan) -> list[tuple[Marker, Reason]]:
    return [(entry.marker, entry.reason) for entry in plan.left_out]


def test_timeline_and_clip_markers_come_to_frames_of_the_shot() -> None:
    plan = build_plan(SPAN, [on_clip(13), on_timeline(100), on_timeline(147), on_clip(30)], CYAN)
    assert [
        (key.index, key.absolute, key.source_frame, key.timecode) for key in plan.keyframes
    ] == [
        (0, 86500, 12, "01:00:04:04"),
        (1, 86501, 13, "01:00:04:05"),
        (18, 86518, 30, "01:00:04:22"),
        (47, 86547, 59, "01:00:06:03"),
    ]
    assert plan.left_out == ()
    plan.check("sh010")


def test_the_edges_are_exact() -> None:
    outside = [on_timeline(99), on_timeline(148), on_clip(11), on_clip(60)]
    plan = build_plan(SPAN, [*outside, on_timeline(100), on_clip(59)], CYAN)
    assert [key.index for key in plan.keyframes] == [0, 47]
    assert Counter(left(plan)) == Counter((marker, Reason.OUTSIDE) for marker in outside)
    assert [entry.timecode for entry in plan.left_out] == [
        "01:00:04:03", "01:00:04:03", "01:00:06:04", "01:00:06:04"
    ]  # fmt: skip


def test_a_clip_marker_long_before_the_timeline_has_no_timecode() -> None:
    span = ClipSpan(10, 20, 500, 0, Rate.parse("24"))
    (entry,) = build_plan(span, [on_clip(3)], CYAN).left_out
    assert entry.timecode == "" and entry.reason is Reason.OUTSIDE


def test_other_markers_are_reported_only_where_they_lie_on_the_clip() -> None:
    red, far = on_timeline(110, "Red"), on_timeline(5, "Red")
    assert left(build_plan(SPAN, [red, far, on_clip(3, "Red")], CYAN)) == [(red, Reason.OTHER)]


def test_a_name_prefix_chooses_whatever_the_color() -> None:
    fix, cyan = on_timeline(110, "Red", "Fix face"), on_timeline(111)
    plan = build_plan(SPAN, [fix, cyan], MarkerFilter("Cyan", "FIX"))
    assert [key.marker for key in plan.keyframes] == [fix]
    assert left(plan) == [(cyan, Reason.OTHER)]


def test_of_two_on_one_frame_a_picture_goes_first_then_the_timeline(tmp_path: Path) -> None:
    (picture := tmp_path / "face.exr").touch()
    timeline, clip = on_timeline(101), on_clip(13)
    painted = on_clip(13, note=str(picture))
    plan = build_plan(SPAN, [clip, timeline], CYAN)
    assert plan.keyframes[0].marker == timeline and left(plan) == [(clip, Reason.SAME_FRAME)]
    plan = build_plan(SPAN, [timeline, painted], CYAN)
    assert plan.keyframes[0].picture == str(picture)
    assert left(plan) == [(timeline, Reason.SAME_FRAME)]


def test_clip_markers_of_a_retimed_clip_do_not_count_and_timeline_markers_do() -> None:
    clip, red = on_clip(13), on_clip(14, "Red")
    plan = build_plan(SPAN, [clip, red, on_timeline(101)], CYAN, clip_markers=False)
    assert [key.index for key in plan.keyframes] == [1]
    assert left(plan) == [(clip, Reason.SPEED)] and plan.left_out[0].timecode == ""


def test_nothing_inside_of_a_transition_is_a_keyframe() -> None:
    markers = [on_timeline(frame) for frame in (103, 104, 140, 141)]
    plan = build_plan(SPAN, markers, CYAN, transitions=[(86494, 86504), (86541, 86560)])
    assert [key.marker for key in plan.keyframes] == [markers[1], markers[2]]
    assert left(plan) == [(markers[0], Reason.TRANSITION), (markers[3], Reason.TRANSITION)]


def test_an_ungraded_result_takes_painted_pictures_only(tmp_path: Path) -> None:
    (picture := tmp_path / "face.png").touch()
    bare = on_timeline(101)
    plan = build_plan(SPAN, [bare, on_timeline(105, note=str(picture))], CYAN, painted_only=True)
    assert [key.picture for key in plan.keyframes] == [str(picture)]
    assert left(plan) == [(bare, Reason.NO_PICTURE)]


@pytest.mark.parametrize(
    ("note", "problem"),
    [
        ("keyframe:", "no file after it"),
        ("keyframe: face.exr", "face.exr is not absolute"),
        ("keyframe: /nowhere/face.mov", "is none of .exr, .dpx"),
        ("/nowhere/face.exr", "there is no file /nowhere/face.exr"),
    ],
)
def test_a_picture_that_cannot_be_used_stops_the_run(note: str, problem: str) -> None:
    plan = build_plan(SPAN, [on_timeline(101, note=note), on_timeline(102)], CYAN)
    assert problem in plan.keyframes[0].status and plan.keyframes[1].status == "to be captured"
    with pytest.raises(BridgeError, match="01:00:04:05: .*" + problem):
        plan.check("sh010")


def test_a_folder_is_no_picture(tmp_path: Path) -> None:
    (folder := tmp_path / "face.exr").mkdir()
    plan = build_plan(SPAN, [on_timeline(101, note=str(folder))], CYAN)
    assert "there is no file" in plan.keyframes[0].problem


def test_no_keyframe_is_an_error_that_says_what_was_seen() -> None:
    with pytest.raises(BridgeError) as caught:
        build_plan(SPAN, [], CYAN).check("sh010")
    assert caught.value.message == "`sh010` has no keyframe: no Cyan marker can be used."
    assert caught.value.hint.startswith("Put a Cyan marker on each frame")
    with pytest.raises(BridgeError, match=r"seen are not one of .*; or outside of the clip\."):
        build_plan(SPAN, [on_timeline(110, "Red"), on_timeline(1)], CYAN).check("sh010")


colors = st.sampled_from(["Cyan", "Red"])
markers = st.lists(
    st.builds(on_timeline, st.integers(80, 170), colors)
    | st.builds(on_clip, st.integers(0, 80), colors),
    max_size=30,
)


@given(markers, st.booleans(), st.lists(st.tuples(st.integers(86490, 86550), st.just(86550))))
def test_every_chosen_marker_is_a_keyframe_or_left_out_never_both(
    found: list[Marker], clip_markers: bool, transitions: list[tuple[int, int]]
) -> None:
    plan = build_plan(SPAN, found, CYAN, clip_markers, transitions=transitions)
    chosen = Counter(marker for marker in found if marker.color == "Cyan")
    named = Counter(entry.marker for entry in plan.left_out if entry.reason is not Reason.OTHER)
    assert Counter(key.marker for key in plan.keyframes) + named == chosen
    indices = [key.index for key in plan.keyframes]
    assert indices == sorted(set(indices))
    for key in plan.keyframes:
        assert 0 <= key.index < SPAN.frames and key.absolute == SPAN.record_in + key.index
        own = key.absolute - 86400 if key.marker.owner == TIMELINE else key.source_frame
        assert key.marker.frame == own
        assert clip_markers or key.marker.owner == TIMELINE
        assert not any(first <= key.absolute < end for first, end in transitions)


def test_the_table_is_one_that_a_person_reads(tmp_path: Path) -> None:
    (picture := tmp_path / "face.exr").touch()
    found = [
        on_timeline(100, name="first"),
        on_clip(30, name="a name\nwith " + "many letters " * 5, note=str(picture)),
        on_timeline(110, "Red"),
        *(on_timeline(frame) for frame in range(6)),
    ]
    lines = print_plan(build_plan(SPAN, found, CYAN)).splitlines()
    assert lines == [
        "timecode     frame  source  marker                                    keyframe",
        "-----------  -----  ------  ----------------------------------------  ---------------",
        "01:00:04:04      0      12  timeline marker `first`                   to be captured",
        "01:00:04:22     18      30  clip marker `a name with many letters m…  painted picture",
        "Left out, outside of the clip: 01:00:00:00, 01:00:00:01, 01:00:00:02, 01:00:00:03 and 2 "
        "more.",
        "Left out, not one of the chosen markers: 01:00:04:14.",
    ]
    assert print_plan(build_plan(SPAN, [], CYAN)) == "No keyframes."
