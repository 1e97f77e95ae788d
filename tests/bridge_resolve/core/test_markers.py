"""Markers are read in whatever form they come, and notes name pictures in two ways only."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparkvsr_resolve.core import CLIP, TIMELINE, BridgeError, Marker, MarkerFilter, read_markers
from sparkvsr_resolve.core.markers import is_absolute

FIELDS = {
    "color": "Cyan", "duration": 1.0, "name": "Face", "note": "warm", "customData": "x"
}  # fmt: skip


@given(st.sets(st.integers(-(10**6), 10**7), max_size=20), st.randoms(use_true_random=False))
def test_keys_may_be_integers_floats_or_text_in_any_order(
    frames: set[int], chance: random.Random
) -> None:
    shuffled = chance.sample(sorted(frames), len(frames))
    found = {chance.choice([int, float, str])(frame): FIELDS for frame in shuffled}
    markers = read_markers(found, CLIP)
    assert [marker.frame for marker in markers] == sorted(frames)
    assert set(markers) <= {Marker(CLIP, frame, "Cyan", "Face", "warm", "x") for frame in frames}


def test_a_marker_between_two_frames_belongs_to_the_first() -> None:
    assert [marker.frame for marker in read_markers({2.75: FIELDS, -0.5: FIELDS}, TIMELINE)] == [
        -1,
        2,
    ]


def test_missing_fields_are_empty() -> None:
    assert read_markers({3: {"color": "Red", "name": None}}, TIMELINE) == (
        Marker(TIMELINE, 3, "Red"),
    )
    assert read_markers({}, TIMELINE) == ()


@pytest.mark.parametrize(
    "found", [{"x": FIELDS}, {1: None}, {float("inf"): FIELDS}, None, {1: "Cyan"}]
)
def test_another_form_is_an_error_that_names_the_owner(found: object) -> None:
    with pytest.raises(BridgeError, match="The clip markers cannot be read"):
        read_markers(found, CLIP)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("note", "picture"),
    [
        ("", None),
        ("make it warmer", None),
        ("keyframe: /art/face.exr", "/art/face.exr"),
        ("  KeyFrame :  /art/face.exr  ", "/art/face.exr"),
        ("for Anna\nkeyframe: /art/face one.tif\nthanks", "/art/face one.tif"),
        ("a\r\nkeyframe: /art/face.exr\r\nb", "/art/face.exr"),
        ('keyframe: "/art/face.exr"', "/art/face.exr"),
        ("keyframe: C:\\art\\face.png", "C:\\art\\face.png"),
        ("keyframe: face.png", "face.png"),  # the plan says that it is not absolute
        ("keyframe:", ""),
        ("keyframe:\n/art/face.exr", ""),
        ("/art/face.exr", "/art/face.exr"),
        (" '/art/FACE.EXR'\n", "/art/FACE.EXR"),
        ("C:/art/face.dpx", "C:/art/face.dpx"),
        ("\\\\server\\art\\face.jpg", "\\\\server\\art\\face.jpg"),
        ("art/face.exr", None),
        ("see /art/face.exr", None),
        ("/art/face.exr\n/art/other.exr", None),
        ("/art/face.mov", None),
        ("my keyframe: /art/face.exr", None),
    ],
)
def test_what_a_note_names(note: str, picture: str | None) -> None:
    assert Marker(TIMELINE, 0, "Cyan", note=note).picture == picture


def test_absolute_means_absolute_on_any_system() -> None:
    for path in ("/a", "C:\\a", "C:/a", "\\\\server\\share\\a"):
        assert is_absolute(path)
    for path in ("", "a", "C:a", "./a", "~/a"):
        assert not is_absolute(path)


def test_a_prefix_takes_the_place_of_the_color() -> None:
    cyan, fix = Marker(CLIP, 0, "Cyan", "Other"), Marker(CLIP, 0, "Red", "Fix 1")
    by_color, by_name = MarkerFilter(), MarkerFilter("Cyan", "fix")
    assert by_color.takes(cyan) and not by_color.takes(fix)
    assert by_name.takes(fix) and not by_name.takes(cyan)
    assert str(by_color) == "Cyan marker"
    assert str(by_name) == "marker whose name begins with `fix`"
