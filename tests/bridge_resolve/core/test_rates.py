"""Rates are exact, whichever way they are written; those that no timeline has are refused."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparkvsr_resolve.core import RATES, BridgeError, Rate, media_fps, print_fps

NTSC = Fraction(1000, 1001)
WRITTEN = {
    "16": Fraction(16), "18": Fraction(18), "23.976": 24 * NTSC, "24": Fraction(24),
    "25": Fraction(25), "29.97": 30 * NTSC, "30": Fraction(30), "47.952": 48 * NTSC,
    "48": Fraction(48), "50": Fraction(50), "59.94": 60 * NTSC, "60": Fraction(60),
    "72": Fraction(72), "95.904": 96 * NTSC, "96": Fraction(96), "100": Fraction(100),
    "119.88": 120 * NTSC, "120": Fraction(120),
}  # fmt: skip


def test_all_rates_of_resolve_are_known() -> None:
    assert sorted(WRITTEN.values()) == list(RATES)


@pytest.mark.parametrize(("text", "fps"), WRITTEN.items())
def test_text_and_number_give_the_same_exact_rate(text: str, fps: Fraction) -> None:
    for written in (text, float(text), f" {text} ", f"{text} fps", text.replace(".", ",")):
        assert Rate.parse(written) == Rate(fps)
    assert str(Rate(fps)) == text
    assert Rate(fps).nominal == int(float(text) + 0.5)


@pytest.mark.parametrize(("text", "fps"), [("23.98", 24 * NTSC), ("24.000", 24), (30, 30)])
def test_rounded_and_whole_numbers_are_understood(text: str, fps: Fraction) -> None:
    assert Rate.parse(text).fps == fps


@given(st.sampled_from(RATES))
def test_what_a_rate_prints_is_read_as_the_same_rate(fps: Fraction) -> None:
    assert Rate.parse(str(Rate(fps))) == Rate(fps)
    assert Rate.parse(float(fps)) == Rate(fps)


@pytest.mark.parametrize(
    "written",
    ["", "0", "15", "23.95", "24.5", "29.98 DF.", "-24", "2e1", True, float("nan"), 0.0, 1e3, None],
)
def test_other_rates_are_refused_by_name(written: object) -> None:
    with pytest.raises(BridgeError) as caught:
        Rate.parse(written)  # type: ignore[arg-type]
    assert f"`{written}`" in caught.value.message
    assert "23.976, 24, 25" in caught.value.hint


def test_drop_frame_comes_from_the_mark_or_from_the_setting() -> None:
    assert Rate.parse("29.97 DF") == Rate(30 * NTSC, drop=True)
    assert Rate.parse("59.94df") == Rate(60 * NTSC, drop=True)
    assert Rate.parse("29.97 DF", "0").drop
    assert not Rate.parse("29.97 NDF", "1").drop
    on: list[object] = ["1", 1, 1.0, True]
    off: list[object] = ["0", 0, 0.0, False, None, ""]
    for setting in on + off:
        assert Rate.parse("29.97", setting).drop is (setting in on)
        assert Rate.parse(119.88, setting).drop is (setting in on)


def test_the_setting_means_nothing_where_there_is_no_drop_frame() -> None:
    for text in ("23.976", "25", "30", "60", "47.952", "95.904"):
        assert not Rate.parse(text, "1").drop


@pytest.mark.parametrize("text", ["24 DF", "30 DF", "23.976 DF", "47.952 DF"])
def test_drop_frame_at_a_rate_that_has_none_is_refused(text: str) -> None:
    with pytest.raises(BridgeError, match="no drop-frame timecode at"):
        Rate.parse(text)


@pytest.mark.parametrize(("fps", "dropped"), [(30, 2), (60, 4), (120, 8)])
def test_so_many_labels_are_left_out(fps: int, dropped: int) -> None:
    assert Rate(fps * NTSC, drop=True).dropped == dropped
    assert Rate(fps * NTSC).dropped == 0


def test_media_may_have_any_rate_or_none() -> None:
    assert media_fps("23.976") == media_fps(23.976) == 24 * NTSC
    assert media_fps("15") == 15 and media_fps(12.5) == Fraction(25, 2)
    assert media_fps("") is None and media_fps(None) is None and media_fps("0") is None
    assert print_fps(Fraction(25, 2)) == "12.5" and print_fps(Fraction(100)) == "100"
