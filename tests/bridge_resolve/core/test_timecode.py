"""Timecode against known labels, against the library's own, and there and back over a day."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparkvsr.media._timecode import Timecode
from sparkvsr_resolve.core import (
    RATES,
    BridgeError,
    Rate,
    frames_of_a_day,
    has_drop_frame,
    parse_timecode,
    print_timecode,
)

ALL = [Rate(fps) for fps in RATES] + [Rate(fps, True) for fps in RATES if has_drop_frame(fps)]
rates = st.sampled_from(ALL)


def at(text: str) -> Rate:
    return Rate.parse(text)


def test_three_rates_drop_frames() -> None:
    assert [str(rate) for rate in ALL if rate.drop] == ["29.97 DF", "59.94 DF", "119.88 DF"]


@pytest.mark.parametrize(
    ("rate", "text", "frame"),
    [
        ("24", "01:00:00:00", 86400),
        ("23.976", "01:00:00:00", 86400),
        ("25", "01:00:00:00", 90000),
        ("29.97", "01:00:00:00", 108000),
        ("29.97 DF", "01:00:00;00", 107892),
        ("59.94 DF", "01:00:00;00", 215784),
        ("119.88 DF", "01:00:00;00", 431568),
        ("29.97 DF", "00:00:59;29", 1799),
        ("29.97 DF", "00:01:00;02", 1800),
        ("29.97 DF", "00:09:59;29", 17981),
        ("29.97 DF", "00:10:00;00", 17982),
        ("59.94 DF", "00:01:00;04", 3600),
        ("119.88 DF", "00:01:00;08", 7200),
        ("119.88 DF", "00:00:00;119", 119),
        ("120", "00:00:01:119", 239),
        ("23.976", "10:00:00:12", 864012),
        ("24", "23:59:59:23", 2073599),
    ],
)
def test_known_labels(rate: str, text: str, frame: int) -> None:
    assert parse_timecode(text, at(rate)) == frame
    assert print_timecode(frame, at(rate)) == text


@given(data=st.data(), rate=rates)
def test_every_frame_of_a_day_comes_back(data: st.DataObject, rate: Rate) -> None:
    frame = data.draw(st.integers(0, frames_of_a_day(rate) - 1))
    assert parse_timecode(print_timecode(frame, rate), rate) == frame


@given(data=st.data(), rate=rates)
def test_the_library_counts_alike(data: st.DataObject, rate: Rate) -> None:
    frame = data.draw(st.integers(0, frames_of_a_day(rate) - 1))
    label = print_timecode(frame, rate)
    assert str(Timecode(frame, rate.nominal, rate.drop)) == label
    assert Timecode.parse(label, rate.fps) == Timecode(frame, rate.nominal, rate.drop)


@given(
    rate=rates,
    hours=st.integers(0, 25),
    minutes=st.integers(0, 60),
    seconds=st.integers(0, 60),
    frame=st.integers(0, 125),
)
def test_the_library_refuses_the_same_labels(
    rate: Rate, hours: int, minutes: int, seconds: int, frame: int
) -> None:
    mark = ";" if rate.drop else ":"
    text = f"{hours:02d}:{minutes:02d}:{seconds:02d}{mark}{frame:02d}"
    known = Timecode.parse(text, rate.fps)
    if known is None:
        with pytest.raises(BridgeError, match="is no timecode at"):
            parse_timecode(text, rate)
    else:
        assert parse_timecode(text, rate) == known.frames


@pytest.mark.parametrize("rate", ALL, ids=str)
def test_a_day_is_as_long_as_its_labels_and_midnight_follows(rate: Rate) -> None:
    day = frames_of_a_day(rate)
    last = print_timecode(day - 1, rate)
    assert last.startswith("23:59:59") and last.endswith(str(rate.nominal - 1))
    assert print_timecode(day, rate).startswith("00:00:00") and print_timecode(
        day + 5, rate
    ) == print_timecode(5, rate)
    if rate.drop:  # within a frame of 24 hours of the clock
        assert abs(day - 24 * 3600 * rate.fps) < 3 * rate.dropped


def test_a_colon_is_taken_in_a_drop_frame_timeline_but_no_semicolon_elsewhere() -> None:
    assert parse_timecode("01:00:00:00", at("29.97 DF")) == 107892
    with pytest.raises(BridgeError, match="it is drop-frame timecode"):
        parse_timecode("01:00:00;00", at("29.97"))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "form"),
        ("1:00:00:00", "form"),
        ("01:00:00", "form"),
        ("01:60:00:00", "form"),
        ("\u0660\u0661:00:00:00", "form"),
        ("24:00:00:00", "no such hour"),
        ("01:00:00:30", "no such hour or frame"),
        ("00:01:00;00", "leaves this label out"),
        ("00:01:00;01", "leaves this label out"),
    ],
)
def test_what_is_wrong_is_said(text: str, why: str) -> None:
    with pytest.raises(BridgeError, match=why) as caught:
        parse_timecode(text, at("29.97 DF"))
    assert f"`{text}`" in caught.value.message and caught.value.hint


def test_frames_before_zero_have_no_timecode() -> None:
    with pytest.raises(ValueError, match="-1"):
        print_timecode(-1, at("24"))
