"""Stale or not, and why."""

from __future__ import annotations

import dataclasses
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparkvsr_nuke.core import FRESH, STALE, UNSURE, FrameRange, Stamp, compare

STAMP = Stamp(
    session="monday",
    plate={frame: (frame, 12) for frame in range(1001, 1021)},
    keyframes={1001: (21,), 1010: (22,), 1020: (23,)},
    range=FrameRange(1001, 1020),
    settings={"Guidance": 1.0, "Engine": "auto"},
)


def changed(**fields: object) -> Stamp:
    return dataclasses.replace(STAMP, **fields)  # type: ignore[arg-type]


def test_the_same_inputs_are_fresh_also_in_another_session() -> None:
    verdict = compare(STAMP, changed(session="tuesday"))
    assert (verdict.state, str(verdict)) == (FRESH, "")


@pytest.mark.parametrize(
    ("now", "line"),
    [
        (changed(plate={1003: (1003, 13)}), "Stale: The plate at 1003 changed."),
        (
            changed(keyframes={**STAMP.keyframes, 1001: (9,), 1010: (9,)}),
            "Stale: Keyframes 1001 1010 changed.",
        ),
        (
            changed(keyframes={1001: (21,), 1010: (22,), 1015: (24,)}),
            "Stale: Keyframe 1015 was added. Keyframe 1020 was removed.",
        ),
        (
            changed(range=FrameRange(1001, 1050)),
            "Stale: The range was 1001–1020 and is now 1001–1050.",
        ),
        (
            changed(settings={"Guidance": 1.2, "Engine": "auto", "Seed": 3}),
            "Stale: Guidance was 1 and is now 1.2. Seed was not set and is now 3.",
        ),
    ],
)
def test_a_change_is_said_in_words(now: Stamp, line: str) -> None:
    verdict = compare(STAMP, now)
    assert (verdict.state, str(verdict)) == (STALE, line)


def test_other_hashes_of_another_session_are_a_doubt_and_no_verdict() -> None:
    verdict = compare(STAMP, changed(session="tuesday", plate={1005: (9,), 1001: (9,)}))
    assert verdict.state == UNSURE
    assert str(verdict) == (
        "Perhaps stale: The plate at 1001 1005 may have changed "
        "(it was restored in another session)."
    )


def test_knobs_tell_in_another_session_what_hashes_cannot() -> None:
    known = changed(trees={"plate": "p", "keyframes": "k"})
    later = dataclasses.replace(known, session="tuesday", plate={1001: (9,)})
    assert compare(known, later).state == FRESH
    other = dataclasses.replace(later, trees={"plate": "p", "keyframes": "x"})
    assert str(compare(known, other)) == "Stale: What feeds the input `keyframes` changed."


def test_knobs_tell_of_frames_that_nobody_looked_at() -> None:
    known = changed(trees={"plate": "p", "keyframes": "k"})
    now = dataclasses.replace(known, plate={}, keyframes={}, trees={"plate": "q"})
    now = dataclasses.replace(now, keyframes={frame: () for frame in STAMP.keyframes})
    assert str(compare(known, now)) == "Stale: What feeds the input `plate` changed."


def test_a_change_that_is_certain_outweighs_a_doubt() -> None:
    now = changed(session="tuesday", plate={1001: (9,)}, range=FrameRange(1001, 1021))
    verdict = compare(STAMP, now)
    assert verdict.state == STALE
    assert len(verdict.reasons) == 2


def test_frames_that_nobody_looked_at_are_not_called_changed() -> None:
    looked_at = {1002: (1002, 12), 1003: (), 1021: (7,)}
    keyframes = {1001: (), 1010: (22,), 1020: ()}
    assert compare(STAMP, changed(plate=looked_at, keyframes=keyframes)).state == FRESH


hashes = st.lists(st.integers(0, 2**64 - 1), max_size=3).map(tuple)


@given(
    plate=st.dictionaries(st.integers(-10, 9999), hashes, max_size=4),
    keyframes=st.dictionaries(st.integers(-10, 9999), hashes, max_size=4),
    settings=st.dictionaries(
        st.text(), st.text() | st.floats(allow_nan=False, allow_infinity=False) | st.none()
    ),
    trees=st.dictionaries(st.sampled_from(["plate", "keyframes"]), st.text()),
)
def test_a_stamp_survives_json(
    plate: dict[int, tuple[int, ...]],
    keyframes: dict[int, tuple[int, ...]],
    settings: dict[str, str | float | None],
    trees: dict[str, str],
) -> None:
    stamp = Stamp("monday", plate, keyframes, FrameRange(-5, 7), settings, trees)
    assert Stamp.from_json(json.loads(json.dumps(stamp.to_json()))) == stamp
