"""Rate and timecode that a person or a host tells of a source: over what its files say."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import OpenEXR  # type: ignore[import-not-found]
import pytest

from footage import copy_clip, make_movie, make_picture, noise
from sparkvsr.errors import SettingsError
from sparkvsr.media import MediaInfo, Timecode, open_source

NTSC = Fraction(1000, 1001)


def info_of(name: Path, **told: object) -> MediaInfo:
    with open_source(str(name), **told) as source:  # type: ignore[arg-type]
        return source.info


@pytest.fixture
def silent(tmp_path: Path) -> Path:
    """Three EXR files that say neither rate nor timecode."""
    for number in range(1001, 1004):
        make_picture(tmp_path / f"p.{number}.exr", np.zeros((4, 4, 3), np.float16))
    return tmp_path / "p.#.exr"


def labelled(folder: Path, frame: int, **said: object) -> Path:
    """One EXR file whose timecode has this frame of its second."""
    label = OpenEXR.TimeCode(1, 0, 0, frame, *[0] * 14)
    pixels = {"RGB": np.zeros((4, 4, 3), np.float16)}
    OpenEXR.File({"timeCode": label, **said}, pixels).write(str(folder / "p.1.exr"))
    return folder / "p.#.exr"


@pytest.mark.parametrize(
    ("text", "rate"),
    [
        ("24", Fraction(24)),
        (" 25 ", Fraction(25)),
        ("24.000", Fraction(24)),
        ("23.976", 24 * NTSC),
        ("23.98", 24 * NTSC),
        ("23.976023976023978", 24 * NTSC),
        ("29.97", 30 * NTSC),
        ("59.94", 60 * NTSC),
        ("119.88", 120 * NTSC),
        ("12.5", Fraction(25, 2)),
        ("24000/1001", 24 * NTSC),
        ("2997/125", Fraction(2997, 125)),  # a fraction is not taken for another one
        ("50/2", Fraction(25)),
    ],
)
def test_a_rate_is_a_fraction_or_the_usual_decimal(silent: Path, text: str, rate: Fraction) -> None:
    assert info_of(silent, rate=text).rate == rate


@pytest.mark.parametrize(
    "text",
    [
        *("", "fast", "24 fps", "29.97 DF", "nan", "inf", "٢٤", "²"),
        *("0", "0.0", "0.0004", "-24", "24.", ".5", "24,5", "1e2", "1000"),
        *("24/0", "0/24", "1000/1", "24000/1001/1", "23.976/1"),
    ],
)
def test_what_is_no_rate_is_named(silent: Path, text: str) -> None:
    with pytest.raises(SettingsError) as caught:
        info_of(silent, rate=text)
    assert f'rate "{text}"' in caught.value.message
    assert "24000/1001" in caught.value.hint


def test_a_sequence_that_says_another_rate_has_the_one_that_is_told(tmp_path: Path) -> None:
    name = labelled(tmp_path, 23, framesPerSecond=Fraction(24))
    assert info_of(name).rate == 24
    info = info_of(name, rate="25")
    assert (info.rate, str(info.timecode)) == (Fraction(25), "01:00:00:23")
    assert info.timecode
    assert str(info.timecode + 2) == "01:00:01:00"


@pytest.mark.parametrize(
    ("rate", "label"), [("30", "01:00:00:29"), ("60", "01:00:00:58"), ("59.94", "01:00:00:58")]
)
def test_the_timecode_of_files_is_read_at_the_rate_that_is_told(
    tmp_path: Path, rate: str, label: str
) -> None:
    name = labelled(tmp_path, 29)
    assert info_of(name).timecode is None  # 29 is no frame at 24, as nobody says more
    info = info_of(name, rate=rate)
    assert (str(info.timecode), info.notes) == (label, ())
    (note,) = info_of(name, rate="25").notes
    assert "not possible at 25 frames a second" in note


def test_a_timecode_that_is_told_outranks_that_of_the_files(tmp_path: Path) -> None:
    name = labelled(tmp_path, 29)
    info = info_of(name, timecode="02:00:00:03")
    assert (str(info.timecode), info.rate, info.notes) == ("02:00:00:03", Fraction(24), ())


@pytest.mark.parametrize(
    ("told", "at"),
    [
        ({"timecode": "01:00:00:24"}, "24"),  # of a sequence that says nothing
        ({"timecode": "01:00:00:25", "rate": "25"}, "25"),
        ({"timecode": "01:00:00;00", "rate": "30"}, "30"),
        ({"timecode": "00:01:00;00", "rate": "29.97"}, "29.97"),
        ({"timecode": "24:00:00:00", "rate": "23.976"}, "23.976"),
        ({"timecode": "01:00:00:00", "rate": "12.5"}, "12.5"),
        ({"timecode": "86400"}, "24"),
        ({"timecode": ""}, "24"),
    ],
)
def test_a_timecode_that_is_not_possible_is_named(
    silent: Path, told: dict[str, str], at: str
) -> None:
    with pytest.raises(SettingsError) as caught:
        info_of(silent, **told)
    expected = f'timecode "{told["timecode"]}" is not possible at {at} frames a second.'
    assert caught.value.message == expected
    assert "HH:MM:SS;FF" in caught.value.hint


def movie(folder: Path, rate: Fraction, label: Timecode | None = None) -> Path:
    """Five frames: QuickTime, whose clock holds every rate, or Matroska, which holds every text."""
    frames = noise((5, 8, 8, 3), 255).astype(np.uint8)
    make_movie(folder / "raw.mov", frames, array_format="rgb24", encoder="png", rate=rate)
    if label is None:
        return folder / "raw.mov"
    like = replace(info_of(folder / "raw.mov"), timecode=label)
    copy_clip(folder / "raw.mov", folder / "in.mkv", like=like)
    return folder / "in.mkv"


@pytest.mark.parametrize(
    ("own", "told"),
    [
        (24 * NTSC, "24"),
        (Fraction(24), "23.976"),
        (Fraction(30), "29.97"),
        (60 * NTSC, "60"),
        (Fraction(25), "50"),
        (24 * NTSC, "2398/100"),
    ],
)
def test_another_rate_than_that_of_a_movie_is_refused(
    tmp_path: Path, own: Fraction, told: str
) -> None:
    name = movie(tmp_path, own)
    with pytest.raises(SettingsError) as caught:
        info_of(name, rate=told)
    assert f"has {float(own):.6g} frames a second" in caught.value.message
    assert f"not the {float(Fraction(told)):.6g} that `rate` says" in caught.value.message
    assert "never resampled" in caught.value.hint


@pytest.mark.parametrize("own", [24 * NTSC, Fraction(23976, 1000)])
def test_a_movie_has_the_rate_that_is_told_where_its_clock_only_rounds(
    tmp_path: Path, own: Fraction
) -> None:
    name = movie(tmp_path, own)
    assert info_of(name).rate == own
    info = info_of(name, rate="23.976", timecode="01:00:04:04")
    assert (info.rate, str(info.timecode)) == (24 * NTSC, "01:00:04:04")


def test_a_timecode_is_that_of_the_first_frame_of_the_range(tmp_path: Path, silent: Path) -> None:
    name = movie(tmp_path, 30 * NTSC, Timecode(1799, 30, drop=True))
    assert str(info_of(name, first=1).timecode) == "00:01:00;02"
    for source, first in ((name, None), (name, 3), (silent, None), (silent, 1003)):
        info = info_of(source, first=first, timecode="10:00:00:00")
        assert str(info.timecode) == "10:00:00:00"


def test_an_impossible_timecode_of_a_movie_is_no_matter_when_another_is_told(
    tmp_path: Path,
) -> None:
    name = movie(tmp_path, Fraction(24), Timecode(29, 30))
    assert "00:00:00:29" in info_of(name).notes[0]
    told = info_of(name, timecode="01:00:00:23")
    assert (str(told.timecode), told.notes) == ("01:00:00:23", ())
