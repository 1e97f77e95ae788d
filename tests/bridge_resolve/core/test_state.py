"""Our state in customData comes back; other people's text is neither read nor overwritten."""

from __future__ import annotations

import dataclasses
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparkvsr_resolve.core import (
    CLIP,
    TIMELINE,
    ClipState,
    Marker,
    choose_carrier,
    find_state,
    read_state,
)

STATE = ClipState("c-1", "ab12", 3, "/m/sh010_v003.mov", {12: "0f", 30: ""})
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=8,
)


def marker(owner: str, frame: int, data: str = "") -> Marker:
    return Marker(owner, frame, "Cyan", custom_data=data)


@given(
    st.builds(
        ClipState,
        clip=st.text(),
        job=st.text(),
        version=st.integers(1, 10**6),
        result=st.text(),
        keyframes=st.dictionaries(st.integers(-(10**7), 10**7), st.text()),
    )
)
def test_every_state_comes_back(state: ClipState) -> None:
    assert read_state(state.to_text()) == state


def test_a_state_is_short_and_says_whose_it_is() -> None:
    digests = {frame: "0123456789abcdef" for frame in range(0, 800, 100)}
    text = dataclasses.replace(STATE, keyframes=digests).to_text()
    assert len(text) < 400 and "\n" not in text
    assert text.startswith('{"sparkvsr":1,')


@given(st.text() | anything.map(json.dumps))
def test_text_of_others_is_no_state_and_never_free(text: str) -> None:
    assert read_state(text) is None
    if text.strip():
        assert choose_carrier([marker(CLIP, 0, text), marker(TIMELINE, 0, text)], "c-1") is None


@given(st.sampled_from(["clip", "job", "version", "result", "keyframes", "sparkvsr"]), anything)
def test_a_damaged_state_is_none_and_breaks_nothing(name: str, value: object) -> None:
    content = json.loads(STATE.to_text())
    found = read_state(json.dumps({**content, name: value}))
    if found is not None:
        assert read_state(found.to_text()) == found
    del content[name]
    assert read_state(json.dumps(content)) is None


@pytest.mark.parametrize(
    "keyframes", [[], {"x": "0f"}, {"1": 2}, {"1.5": "0f"}, None]
)  # fmt: skip
def test_keyframes_of_another_form_are_no_state(keyframes: object) -> None:
    content = {**json.loads(STATE.to_text()), "keyframes": keyframes}
    assert read_state(json.dumps(content)) is None


def test_the_state_of_a_newer_version_is_neither_read_nor_overwritten() -> None:
    newer = json.dumps({**json.loads(STATE.to_text()), "sparkvsr": 2})
    assert read_state(newer) is None
    assert choose_carrier([marker(CLIP, 0, newer)], "c-1") is None


def test_a_clip_finds_its_own_state_and_a_copy_does_not_take_it_for_its_own() -> None:
    markers = [marker(TIMELINE, 1, "note"), marker(CLIP, 2, STATE.to_text())]
    assert find_state(markers, "c-1") == (markers[1], STATE)
    assert find_state(markers, "c-2") is None


def test_deep_nesting_is_no_state() -> None:
    assert read_state("[" * 100_000) is None


def test_the_carrier_is_the_one_that_has_it_then_a_free_clip_marker_then_any() -> None:
    own, free_clip, free = (
        marker(TIMELINE, 5, STATE.to_text()),
        marker(CLIP, 1),
        marker(TIMELINE, 0),
    )
    assert choose_carrier([free, free_clip, own], "c-1") == own
    assert choose_carrier([free, free_clip], "c-1") == free_clip
    assert choose_carrier([marker(CLIP, 0, "theirs"), free], "c-1") == free
    assert choose_carrier([], "c-1") is None


def test_what_came_with_a_copy_is_free_and_another_clips_timeline_marker_is_not() -> None:
    copied, others = marker(CLIP, 1, STATE.to_text()), marker(TIMELINE, 1, STATE.to_text())
    assert choose_carrier([others, copied], "c-2") == copied
    assert choose_carrier([others], "c-2") is None
