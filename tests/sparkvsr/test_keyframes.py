"""Picking keyframes: what holds for every pick, and where each way puts them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations, pairwise
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from footage import make_movie, noise, packets, real_clip
from sparkvsr.errors import SettingsError, SourceError
from sparkvsr.keyframes import How, Picked, find_cuts, pick_keyframes
from sparkvsr.media import MediaInfo, open_source, write_picture
from sparkvsr.planner import plan_shot

GREYS = (10, 240, 90, 170)


@dataclass
class Scenes:
    """A source of flat scenes of the given lengths, which counts how often it is read."""

    lengths: list[int]
    first_frame: int = 0
    passes: int = 0

    @property
    def info(self) -> MediaInfo:
        return MediaInfo(
            name="scenes.####.png",
            kind="sequence",
            width=8,
            height=8,
            frames=sum(self.lengths),
            first_frame=self.first_frame,
            rate=Fraction(24),
            pixel_aspect=Fraction(1),
            dtype=np.dtype(np.uint8),
            bits=8,
            is_float=False,
        )

    def frames(self) -> Iterator[NDArray[Any]]:
        self.passes += 1
        for scene, length in enumerate(self.lengths):
            for _ in range(length):
                yield np.full((8, 8, 3), GREYS[scene % len(GREYS)], np.uint8)


def pick(lengths: list[int], how: How, count: int, **options: int) -> Picked:
    return pick_keyframes(Scenes(lengths), how, count, **options)


@settings(max_examples=150, deadline=None)
@given(
    how=st.sampled_from(["random", "scenes", "uniform"]),
    lengths=st.lists(st.integers(1, 40), min_size=1, max_size=6),
    count=st.integers(1, 60),
    gap=st.integers(4, 17),
    seed=st.integers(0, 2**32),
)
def test_every_pick_is_sorted_apart_in_range_and_repeatable(
    how: How, lengths: list[int], count: int, gap: int, seed: int
) -> None:
    picked = pick(lengths, how, count, gap=gap, seed=seed)
    assert 1 <= len(picked.indices) <= count
    assert all(0 <= index < sum(lengths) for index in picked.indices)
    assert all(b - a >= gap for a, b in pairwise(picked.indices))
    assert len(picked.reasons) == len(picked.indices)
    assert (len(picked.indices) < count) == any("Only" in note for note in picked.notes)
    assert pick(lengths, how, count, gap=gap, seed=seed) == picked
    plan = plan_shot(sum(lengths), picked.indices, cuts=picked.cuts)
    assert [k.index for k in plan.keyframes] == list(picked.indices), "the planner uses them all"


@settings(max_examples=100, deadline=None)
@given(
    lengths=st.lists(st.integers(1, 60), min_size=1, max_size=6),
    count=st.integers(1, 30),
    how=st.sampled_from(["scenes", "uniform"]),
)
def test_where_there_is_freedom_keyframes_need_no_other_slot(
    lengths: list[int], count: int, how: How
) -> None:
    picked = pick(lengths, how, count)
    plan = plan_shot(sum(lengths), picked.indices, cuts=picked.cuts)
    assert plan.slot_notes == ()


# Evenly


@pytest.mark.parametrize(
    ("frames", "count", "expected"),
    [
        (97, 1, (0,)),
        (97, 2, (0, 96)),
        (97, 3, (0, 48, 96)),
        (97, 4, (0, 32, 64, 96)),
        (100, 3, (0, 48, 96)),
        (192, 4, (0, 60, 124, 188)),
        (3, 2, (0,)),
        (9, 5, (0, 4, 8)),
    ],
)
def test_uniform_runs_from_the_first_frame_to_the_last_multiple_of_four(
    frames: int, count: int, expected: tuple[int, ...]
) -> None:
    picked = pick([frames], "uniform", count)
    assert picked.indices == expected
    assert set(picked.reasons) == {"even"}


def test_a_larger_gap_is_kept_with_fewer_keyframes_and_a_note() -> None:
    picked = pick_keyframes(Scenes([33], first_frame=1001), "uniform", 9, gap=10)
    assert picked.indices == (0, 16, 32)
    (note,) = picked.notes
    assert "Only 3 of 9" in note
    assert "1001 to 1033" in note


# By chance


def test_random_differs_by_seed_and_reaches_every_choice_equally_often() -> None:
    valid = {pair for pair in combinations(range(10), 2) if pair[1] - pair[0] >= 4}
    drawn = Counter(pick([10], "random", 2, seed=seed).indices for seed in range(4200))
    assert drawn.keys() == valid
    assert len(valid) == 21
    assert all(abs(times - 200) < 75 for times in drawn.values())  # 5 standard deviations
    assert set(pick([10], "random", 2).reasons) == {"random"}


# By scenes


def test_scenes_get_their_first_frame_and_then_the_farthest_get_more() -> None:
    source = Scenes([40, 100, 24])
    picked = pick_keyframes(source, "scenes", 6)
    assert picked.cuts == (40, 140)
    assert picked.indices == (0, 36, 40, 88, 136, 140)
    first, even = "first of a scene", "even"
    assert picked.reasons == (first, even, first, even, even, first)
    assert picked.notes == ()
    assert source.passes == 1


def test_a_scene_with_one_keyframe_is_served_before_one_with_a_near_keyframe_on_either_side() -> (
    None
):
    assert pick([100, 30], "scenes", 5).indices == (0, 48, 96, 100, 128)


def test_with_fewer_keyframes_than_scenes_the_longest_come_first_and_it_is_said() -> None:
    picked = pick([20, 60, 30, 40], "scenes", 2)
    assert picked.indices == (20, 110)
    assert any("2 of 4 scenes get no keyframe" in note for note in picked.notes)


def test_a_scene_shorter_than_the_gap_gets_no_keyframe_and_it_is_said() -> None:
    picked = pick([20, 5, 20], "scenes", 3, gap=8)
    assert picked.cuts == (20, 25)
    assert 20 not in picked.indices
    assert {0, 25} < set(picked.indices)
    assert any("1 of 3 scenes get no keyframe" in note for note in picked.notes)


def test_a_shot_without_a_cut_is_one_scene_and_it_is_said() -> None:
    picked = pick([50], "scenes", 2)
    assert picked.indices == (0, 48)
    assert picked.reasons == ("first of a scene", "even")
    assert picked.cuts == ()
    assert picked.notes == ("No cut was found: the frames 0 to 49 are one scene.",)


def test_scenes_of_a_range_of_a_real_film() -> None:
    with open_source(real_clip("bikes.mp4"), first=20, last=200) as source:
        picked = pick_keyframes(source, "scenes", 3)
    assert picked.cuts == (10, 56, 117, 167)
    assert picked.indices == (10, 56, 117)
    assert picked.reasons == ("first of a scene",) * 3


# I-frames


def movie(path: Path, frames: int, encoder: str, **options: str) -> str:
    pictures = [noise((48, 32), 255, seed=i).astype(np.uint8) for i in range(frames)]
    make_movie(path, pictures, encoder=encoder, array_format="yuv420p", options=options)
    return str(path)


def iframes(name: str, count: int, **options: Any) -> Picked:
    with open_source(name, first=options.pop("first", None), last=options.pop("last", None)) as s:
        return pick_keyframes(s, "iframes", count, **options)


@pytest.mark.parametrize(
    ("encoder", "suffix", "options"),
    [
        ("libx264", ".mp4", {"g": "12", "bf": "3", "sc_threshold": "0"}),
        ("libx264", ".mkv", {"g": "12", "x264-params": "open-gop=1:bframes=3:scenecut=0"}),
        ("mpeg2video", ".mov", {"g": "12", "bf": "2", "sc_threshold": "1000000000"}),
        ("mpeg4", ".mp4", {"g": "12", "sc_threshold": "1000000000"}),
    ],
)
def test_iframes_are_counted_as_the_frames_that_are_read(
    tmp_path: Path, encoder: str, suffix: str, options: dict[str, str]
) -> None:
    name = movie(tmp_path / f"in{suffix}", 50, encoder, **options)
    starts = sorted(start for start, _, _ in packets(name, "video"))
    keys = keyed_packets(name)
    expected = tuple(i for i, start in enumerate(starts) if start in keys)
    assert len(expected) >= 4
    picked = iframes(name, 50)
    assert picked.indices == expected
    assert set(picked.reasons) == {"codec I-frame"}
    later = iframes(name, 50, first=5, last=40)
    assert later.indices == tuple(i - 5 for i in expected if 5 <= i <= 40)


def keyed_packets(name: str) -> set[Fraction]:
    """Presentation times of the packets that the container marks as keys."""
    with av.open(name) as container:
        demuxed = container.demux(container.streams.video[0])
        return {p.pts * p.time_base for p in demuxed if p.is_keyframe and p.pts is not None}


def test_iframes_of_a_real_film_lie_on_its_cuts() -> None:
    name = real_clip("bikes.mp4")
    with open_source(name) as source:
        cuts = find_cuts(source.frames())
    assert iframes(name, 6).indices == (0, *cuts)
    assert iframes(name, 3).indices == (0, 137, 242)
    assert iframes(name, 1).indices == (0,)


def test_fewer_iframes_than_asked_for_are_not_filled_up() -> None:
    picked = iframes(real_clip("bikes.mp4"), 8, gap=50)
    assert picked.indices == (0, 76, 137, 187, 242)
    (note,) = picked.notes
    assert "Only 5 of 8" in note


def test_where_every_frame_is_an_iframe_the_pick_is_even_and_it_is_said(tmp_path: Path) -> None:
    name = str(tmp_path / "in.mkv")
    make_movie(Path(name), noise((33, 16, 16, 3), 1023))  # FFV1
    picked = iframes(name, 3)
    assert picked.indices == (0, 16, 32)
    (note,) = picked.notes
    assert "Every frame" in note
    assert all(b - a >= 6 for a, b in pairwise(iframes(name, 33, gap=6).indices))


def test_a_range_without_an_iframe_is_an_error() -> None:
    with pytest.raises(SettingsError, match="None of the frames 1 to 20") as caught:
        iframes(real_clip("bikes.mp4"), 2, first=1, last=20)
    assert "--pick scenes" in caught.value.hint


def test_a_sequence_has_no_iframes(tmp_path: Path) -> None:
    for number in range(3):
        write_picture(tmp_path / f"in.{number}.png", np.zeros((8, 8, 3), np.uint8))
    with pytest.raises(SettingsError, match="has none") as caught:
        iframes(str(tmp_path / "in.#.png"), 1)
    assert "--pick scenes" in caught.value.hint


def test_a_movie_damaged_within_the_range_is_an_error(tmp_path: Path) -> None:
    name = movie(tmp_path / "in.mkv", 40, "libx264", g="10", sc_threshold="0")
    broken = packets(name, "video")[25][2]
    data = Path(name).read_bytes()
    Path(name).write_bytes(data.replace(broken, broken[:8] + b"\xff" * (len(broken) - 8)))
    assert iframes(name, 2, last=24).indices == (0, 20)
    for last in (30, None):
        with pytest.raises(SourceError, match=r"is damaged: frame 2[0-9] does not decode"):
            iframes(name, 2, last=last)


def test_a_frame_that_the_decoder_leaves_out_in_silence_does_not_shift_the_count(
    tmp_path: Path,
) -> None:
    name = movie(tmp_path / "in.mkv", 40, "mpeg4", g="10", sc_threshold="1000000000")
    coded = packets(name, "video")[25][2]
    not_coded = bytes.fromhex("000001b650c0").ljust(len(coded), b"\0")  # a VOP without a picture
    Path(name).write_bytes(Path(name).read_bytes().replace(coded, not_coded))
    assert iframes(name, 9, last=24).indices == (0, 10, 20)
    with pytest.raises(SourceError, match="frame 25 does not decode"):
        iframes(name, 9, last=35)


def test_of_a_damaged_movie_only_what_decodes_is_picked_from(tmp_path: Path) -> None:
    name = movie(tmp_path / "in.mkv", 40, "libx264", g="10", sc_threshold="0", bf="0")
    data = Path(name).read_bytes()
    Path(name).write_bytes(data[: len(data) * 6 // 10])
    with open_source(name, allow_truncated=True) as source:
        assert 20 < source.info.frames < 30
        assert pick_keyframes(source, "iframes", 9).indices == (0, 10, 20)


# What cannot be asked for


@pytest.mark.parametrize(("count", "gap"), [(0, 4), (-1, 4), (1, 3), (1, 0)])
def test_an_impossible_count_or_gap_is_refused(count: int, gap: int) -> None:
    with pytest.raises(SettingsError):
        pick([10], "uniform", count, gap=gap)
