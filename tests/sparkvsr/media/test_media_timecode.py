from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparkvsr.media import Timecode

NTSC = Fraction(1000, 1001)
RATES = [Fraction(f) for f in (24, 25, 30, 48, 50, 60)] + [f * NTSC for f in (24, 30, 48, 60)]


def at(text: str, rate: Fraction | int) -> Timecode:
    found = Timecode.parse(text, Fraction(rate))
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("start", "frames", "rate", "later"),
    [
        ("00:00:59;29", 1, 30 * NTSC, "00:01:00;02"),
        ("00:09:59;29", 1, 30 * NTSC, "00:10:00;00"),
        ("01:00:00;00", 17982, 30 * NTSC, "01:10:00;00"),  # ten minutes of 29.97 drop frame
        ("00:00:59;59", 1, 60 * NTSC, "00:01:00;04"),
        ("23:59:59;29", 1, 30 * NTSC, "00:00:00;00"),
        ("00:00:59:29", 1, 30 * NTSC, "00:01:00:00"),
        ("09:59:59:23", 2, 24 * NTSC, "10:00:00:01"),
        ("23:59:59:24", 1, Fraction(25), "00:00:00:00"),
    ],
)
def test_frames_are_counted_as_smpte_does(
    start: str, frames: int, rate: Fraction, later: str
) -> None:
    assert str(at(start, rate) + frames) == later


def test_a_day_of_drop_frame_follows_the_clock() -> None:
    day = at("23:59:59;29", 30 * NTSC).frames + 1
    assert abs(day / (30 * NTSC) - 86400) < 0.1
    assert day == 2_589_408  # ST 12-1: 107892 frames an hour


@given(st.sampled_from(RATES), st.booleans(), st.integers(0, 24 * 3600 * 60))
def test_text_and_word_give_the_same_frame_back(rate: Fraction, drop: bool, frames: int) -> None:
    drop = drop and rate.denominator > 1 and round(rate) % 30 == 0
    code = Timecode(0, round(rate), drop) + frames
    assert Timecode.parse(str(code), rate) == code
    assert Timecode.from_word(code.word, rate) == code
    assert Timecode.parse(str(code + 1), rate) == code + 1


def test_the_word_holds_binary_coded_decimals() -> None:
    assert at("12:34:56;28", 30 * NTSC).word == 0x12345628 | 1 << 6
    assert at("12:34:56:59", 60).word == 0x12345629 | 1 << 15  # the second frame of the 30th pair


@pytest.mark.parametrize(
    ("text", "rate"),
    [
        ("", Fraction(24)),
        ("01:00:00", Fraction(24)),
        ("01:00:00:24", Fraction(24)),
        ("24:00:00:00", Fraction(24)),
        ("01:60:00:00", Fraction(24)),
        ("00:01:00;00", 30 * NTSC),  # left out by drop frame
        ("00:01:00;03", 60 * NTSC),
        ("01:00:00;00", Fraction(30)),  # drop frame belongs to 29.97 and 59.94
        ("01:00:00;00", 24 * NTSC),
        ("01:00:00:00", Fraction(15, 2)),
    ],
)
def test_what_is_no_label_of_a_clip_of_that_rate_is_none(text: str, rate: Fraction) -> None:
    assert Timecode.parse(text, rate) is None
