"""Results lie exactly over their source, above it and below what was above it."""

from __future__ import annotations

import ast
from importlib.metadata import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparkvsr_resolve.core import (
    EndFrame,
    Place,
    Track,
    TrackChoice,
    choose_track,
    compare_places,
    end_frame,
    inspector_of_result,
    learn_convention,
)
from sparkvsr_resolve.core.placement import COPIED, NOT_COPIED, SCALE_TO_FIT

conventions = st.sampled_from(EndFrame)


def appended(frames: int, end: int, convention: EndFrame, clamps: bool) -> int:
    """The length that Resolve makes of media with so many frames, from frame 0 to `end`."""
    length = end if convention is EndFrame.EXCLUSIVE else end + 1
    return min(length, frames) if clamps else length


@given(st.integers(2, 10**6), conventions, conventions, st.booleans())
def test_the_second_try_is_right_at_the_latest_and_then_every_first_one(
    frames: int, real: EndFrame, guess: EndFrame, clamps: bool
) -> None:
    for _ in range(2):
        duration = appended(frames, end_frame(frames, guess), real, clamps)
        learned = learn_convention(guess, frames, duration)
        assert learned is not None
        guess = learned
    assert appended(frames, end_frame(frames, guess), real, clamps) == frames


@pytest.mark.parametrize("tried", EndFrame)
def test_a_length_that_no_convention_explains_is_not_explained_away(tried: EndFrame) -> None:
    unexplained = 47 if tried is EndFrame.EXCLUSIVE else 49
    for duration in (0, 24, 46, unexplained, 50):
        assert learn_convention(tried, 48, duration) is None


CLIP = (100, 148)
SOURCE = Track(1, items=(CLIP, (148, 200)))


def test_ours_above_the_source_is_used_again_where_it_is_free() -> None:
    ours = Track(2, ours=True, items=((0, 100), (148, 160)))
    assert choose_track([SOURCE, ours], 1, CLIP, True) == TrackChoice(2, make=False)


@pytest.mark.parametrize(
    "above",
    [
        Track(2),
        Track(2, ours=True, locked=True),
        Track(2, ours=True, items=((147, 148),)),
        Track(2, ours=True, items=((0, 101),)),
        Track(2, ours=True, items=((120, 121),)),
    ],
)
def test_else_a_new_one_is_made_directly_above(above: Track) -> None:
    assert choose_track([SOURCE, above], 1, CLIP, True) == TrackChoice(2, make=True)


def test_a_title_between_stays_on_top() -> None:
    title, ours = Track(2, items=((90, 110),)), Track(3, ours=True)
    assert choose_track([SOURCE, title, ours], 1, CLIP, True) == TrackChoice(2, make=True)
    empty = Track(2, items=((0, 90),))
    assert choose_track([SOURCE, empty, ours], 1, CLIP, True) == TrackChoice(3, make=False)


def test_where_no_track_can_be_inserted_it_is_on_top_and_says_what_it_hides() -> None:
    tracks = [SOURCE, Track(2, items=((90, 110),)), Track(3), Track(4, items=(CLIP,))]
    assert choose_track(tracks, 1, CLIP, False) == TrackChoice(5, make=True, covered=(2, 4))


def test_a_track_of_ours_below_the_source_does_not_count() -> None:
    tracks = [Track(1, ours=True), Track(2, items=(CLIP,))]
    assert choose_track(tracks, 2, CLIP, True) == TrackChoice(3, make=True)


stretches = st.tuples(st.integers(0, 60), st.integers(1, 30)).map(lambda s: (s[0], s[0] + s[1]))
track_facts = st.tuples(st.booleans(), st.booleans(), st.lists(stretches, max_size=3))


@given(st.lists(track_facts, min_size=1, max_size=6), st.data(), stretches, st.booleans())
def test_nothing_above_the_source_is_ever_hidden_without_being_named(
    facts: list[tuple[bool, bool, list[tuple[int, int]]]],
    data: st.DataObject,
    clip: tuple[int, int],
    can_insert: bool,
) -> None:
    tracks = [Track(n, *fact[:2], tuple(fact[2])) for n, fact in enumerate(facts, 1)]
    source = data.draw(st.integers(1, len(tracks)))
    choice = choose_track(tracks, source, clip, can_insert)
    assert choice.index > source
    hidden = [
        track.index
        for track in tracks[source : choice.index - 1]
        if any(set(range(*clip)) & set(range(*item)) for item in track.items)
    ]
    assert list(choice.covered) == hidden
    if can_insert:
        assert not hidden
    if not choice.make:
        used = tracks[choice.index - 1]
        assert used.ours and not used.locked and used.is_free(clip)


def test_what_is_wrong_with_a_place_is_said() -> None:
    wanted = Place(86500, 48, 2)
    assert compare_places(wanted, wanted) == ()
    assert compare_places(wanted, Place(86500, 47, 2)) == ("it has 47 frames and not 48",)
    assert len(compare_places(wanted, Place(0, 1, 1))) == 3


def test_the_inspector_of_the_source_is_copied_but_for_what_is_in_the_pictures() -> None:
    source = {"Pan": 3.5, "Opacity": 50.0, "RetimeProcess": 2, "Scaling": 1, "New in 22": 4}
    assert inspector_of_result(source) == {"Pan": 3.5, "Opacity": 50.0, "Scaling": SCALE_TO_FIT}


def test_every_property_of_the_inspector_is_either_copied_or_not() -> None:
    """The type stubs list them all, in a docstring."""
    for file in files("fusionscript-stubs") or ():
        if file.name == "fusionscript.pyi":
            text = file.read_text(encoding="utf-8")
    (resolve,) = (
        item
        for item in ast.parse(text).body
        if isinstance(item, ast.ClassDef) and item.name == "Resolve"
    )
    documented = (ast.get_docstring(resolve) or "").partition("The supported keys with their")[2]
    lines = [line.strip() for line in documented.splitlines()]
    found = [line.split('"')[1] for line in lines if line.startswith('"') and '" : ' in line]
    known = found[: found.index("ResizeFilter") + 1]
    assert sorted(known) == sorted({*COPIED, *NOT_COPIED})
