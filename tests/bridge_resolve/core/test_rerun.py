"""A keyframe counts as changed when its frame, grade or file did, and not otherwise."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparkvsr_resolve.core import (
    TIMELINE,
    BridgeError,
    Changes,
    Keyframe,
    Marker,
    find_changes,
    keyframe_digest,
)

KEY = Keyframe(3, 86503, 15, "01:00:00:03", Marker(TIMELINE, 3, "Cyan"))


def changed(**values: object) -> Keyframe:
    return dataclasses.replace(KEY, **values)  # type: ignore[arg-type]


def test_the_digest_of_a_captured_frame_follows_its_frame_and_its_grade() -> None:
    digest = keyframe_digest(KEY, "grade")
    assert len(digest) == 16 and int(digest, 16) >= 0
    assert keyframe_digest(changed(source_frame=16), "grade") != digest
    assert keyframe_digest(KEY, "other") != digest


def test_a_clip_that_moves_and_a_marker_that_is_renamed_change_nothing() -> None:
    marker = Marker(TIMELINE, 9, "Red", "hero", "note")
    moved = changed(index=0, absolute=90000, timecode="01:02:30:00", marker=marker)
    assert keyframe_digest(moved, "grade") == keyframe_digest(KEY, "grade")


def test_the_digest_of_a_painted_frame_follows_its_file_and_not_the_grade(tmp_path: Path) -> None:
    (picture := tmp_path / "face.exr").write_bytes(b"one")
    os.utime(picture, ns=(10**18, 10**18))
    key = changed(picture=str(picture))
    digest = keyframe_digest(key, "grade")
    assert keyframe_digest(key, "other") == digest and digest != keyframe_digest(KEY, "grade")
    os.utime(picture, ns=(10**18, 10**18 + 1))
    assert keyframe_digest(key, "grade") != digest
    picture.write_bytes(b"more")
    os.utime(picture, ns=(10**18, 10**18))
    assert keyframe_digest(key, "grade") != digest
    (other := tmp_path / "hand.exr").write_bytes(b"one")
    os.utime(other, ns=(10**18, 10**18))
    assert keyframe_digest(changed(picture=str(other)), "grade") != digest


def test_a_picture_that_is_gone_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(BridgeError, match=r"face\.exr of the keyframe at 01:00:00:03"):
        keyframe_digest(changed(picture=str(tmp_path / "face.exr")), "")


def test_a_grade_that_cannot_be_told_counts_as_changed() -> None:
    assert keyframe_digest(KEY, "") == ""
    assert find_changes({15: ""}, {15: ""}).changed == (15,)


def test_known_changes() -> None:
    found = find_changes({1: "a", 2: "b", 3: "c"}, {4: "d", 2: "x", 1: "a"})
    assert found == Changes(changed=(2, 4), unchanged=(1,), removed=(3,))
    assert found.any and find_changes({1: "a"}, {}).any
    assert not find_changes({1: "a"}, {1: "a"}).any


digests = st.dictionaries(st.integers(0, 9), st.sampled_from(["", "a", "b"]))


@given(digests, digests)
def test_every_frame_is_in_one_list_and_only_equal_digests_are_unchanged(
    before: dict[int, str], now: dict[int, str]
) -> None:
    found = find_changes(before, now)
    assert sorted((*found.changed, *found.unchanged)) == sorted(now)
    assert set(found.removed) == before.keys() - now.keys()
    for frame in found.unchanged:
        assert before[frame] == now[frame] != ""
    for frame in found.changed:
        assert before.get(frame) != now[frame] or now[frame] == ""
