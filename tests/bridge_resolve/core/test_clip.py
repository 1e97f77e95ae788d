"""Every kind of clip has its verdict and its sentence."""

from __future__ import annotations

import dataclasses
import re
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparkvsr_resolve.core import RATES, BridgeError, ClipFacts, Kind, Level, judge_clip

PLAIN = ClipFacts(
    "sh010",
    timeline_fps=Fraction(24),
    frames=48,
    item_type="video",
    media_type="Video",
    file_path="/media/sh010.mov",
    media_fps=Fraction(24),
    media_frames=240,
    source_seconds=2.0,
    fields="Auto",
)


def facts(**changes: object) -> ClipFacts:
    return dataclasses.replace(PLAIN, **changes)  # type: ignore[arg-type]


def test_a_plain_clip_is_supported_without_a_word() -> None:
    verdict = judge_clip(PLAIN)
    assert verdict.kinds == (Kind.PLAIN,) and verdict.level is Level.SUPPORTED
    assert verdict.findings == () and verdict.clip_markers and verdict.source_readable
    verdict.check()


@pytest.mark.parametrize(
    ("changes", "kind", "level", "words"),
    [
        ({"speed": 50.0}, Kind.RETIMED, Level.WARNING, "retimed to 50 %"),
        ({"speed": -100.0}, Kind.RETIMED, Level.WARNING, "retimed to -100 %"),
        ({"speed": 0.0}, Kind.RETIMED, Level.WARNING, "retimed to 0 %"),
        ({"source_seconds": 1.0}, Kind.RETIMED, Level.WARNING, "retimed to 50 %"),
        ({"source_seconds": -2.0}, Kind.RETIMED, Level.WARNING, "retimed to -100 %"),
        ({"source_seconds": 49 / 24}, Kind.RETIMED, Level.WARNING, "retimed to 102.1 %"),
        ({"source_seconds": None}, Kind.RETIMED, Level.WARNING, "speed of `sh010` cannot be told"),
        ({"source_seconds": 0.0}, Kind.RETIMED, Level.WARNING, "cannot be told"),
        ({"media_fps": Fraction(25)}, Kind.MIXED_RATE, Level.WARNING, "has 25 .* timeline 24"),
        ({"media_type": "Subclip"}, Kind.SUBCLIP, Level.SUPPORTED, "is a subclip"),
        ({"fusion_comps": 1}, Kind.FUSION, Level.SUPPORTED, "Fusion composition"),
        ({"media_type": "Compound", "file_path": ""}, Kind.COMPOUND, Level.SUPPORTED, "compound"),
        ({"media_type": "Timeline"}, Kind.COMPOUND, Level.SUPPORTED, "compound clip"),
        ({"media_type": "Verbundclip", "file_path": ""}, Kind.COMPOUND, Level.SUPPORTED, "outside"),
        ({"media_type": "Multicam", "file_path": ""}, Kind.MULTICAM, Level.SUPPORTED, "multicam"),
        ({"media_type": "Still", "source_seconds": 0.0}, Kind.STILL, Level.WARNING, "a still: all"),
        ({"media_frames": 1, "media_type": "Standbild"}, Kind.STILL, Level.WARNING, "a still"),
        ({"fields": "Upper Field"}, Kind.INTERLACED, Level.REFUSED, r"interlaced \(Upper Field\)"),
        ({"fields": "Bottom"}, Kind.INTERLACED, Level.REFUSED, "two moments"),
        ({"has_media": False}, Kind.GENERATOR, Level.REFUSED, "a title, a generator"),
        ({"item_type": "generator"}, Kind.GENERATOR, Level.REFUSED, "no pictures of its own"),
        ({"online": False}, Kind.OFFLINE, Level.REFUSED, "offline: /media/sh010.mov is not there"),
        ({"online": False, "file_path": ""}, Kind.OFFLINE, Level.REFUSED, "is offline\\."),
    ],
)
def test_each_kind_is_recognised(
    changes: dict[str, object], kind: Kind, level: Level, words: str
) -> None:
    verdict = judge_clip(facts(**changes))
    assert verdict.kinds == (kind,) and verdict.level is level
    (finding,) = verdict.findings
    assert re.search(words, finding.message) and "`sh010`" in finding.message
    assert finding.message.endswith(".") and "\n" not in finding.message
    assert not verdict.source_readable
    assert verdict.clip_markers is (kind not in (Kind.RETIMED, Kind.MIXED_RATE))
    if level is Level.REFUSED:
        assert finding.hint
        with pytest.raises(BridgeError, match=words):
            verdict.check()
    else:
        verdict.check()


def test_every_kind_is_tried_above() -> None:
    (parametrize,) = test_each_kind_is_recognised.pytestmark  # type: ignore[attr-defined]
    assert {case[1] for case in parametrize.args[1]} == set(Kind) - {Kind.PLAIN}


def test_a_clip_may_be_of_several_kinds_and_the_worst_counts() -> None:
    verdict = judge_clip(facts(speed=200.0, media_type="Subclip", fusion_comps=2))
    assert verdict.kinds == (Kind.RETIMED, Kind.SUBCLIP, Kind.FUSION)
    assert verdict.level is Level.WARNING and not verdict.clip_markers
    both = judge_clip(facts(fields="Lower", fusion_comps=1))
    assert both.level is Level.REFUSED
    with pytest.raises(BridgeError) as caught:
        both.check()
    assert "Fusion" not in caught.value.message


@given(
    timeline=st.sampled_from(RATES),
    media=st.sampled_from(RATES),
    frames=st.integers(2, 10_000),
)
def test_a_clip_at_full_speed_is_never_called_retimed(
    timeline: Fraction, media: Fraction, frames: int
) -> None:
    """Its span in whole frames of the media, and its length on the timeline rounded down."""
    media_frames = max(1, round(frames / timeline * media))
    seen = facts(
        timeline_fps=timeline,
        media_fps=media,
        frames=max(1, int(media_frames / media * timeline)),
        source_seconds=float(media_frames / media),
    )
    assert Kind.RETIMED not in judge_clip(seen).kinds


@given(frames=st.integers(20, 5000), percent=st.sampled_from([-100, 25, 50, 90, 110, 200, 800]))
def test_a_retime_is_seen_from_the_seconds_alone(frames: int, percent: int) -> None:
    seen = facts(frames=frames, source_seconds=frames / 24 * percent / 100)
    assert judge_clip(seen).kinds == (Kind.RETIMED,)


def test_what_resolve_says_of_the_speed_goes_before_what_is_measured() -> None:
    assert judge_clip(facts(speed=100.0, source_seconds=1.0)).kinds == (Kind.PLAIN,)
