"""Frame rates and timecodes of timelines, as Resolve writes them."""

from __future__ import annotations

from fractions import Fraction

from sparkvsr.media import Timecode

_NTSC = {"23.976": 24, "29.97": 30, "47.952": 48, "59.94": 60, "95.904": 96, "119.88": 120}
_WHOLE = ("16", "18", "24", "25", "30", "48", "50", "60", "72", "96", "100", "120")
RATES = {text: Fraction(whole * 1000, 1001) for text, whole in _NTSC.items()} | {
    text: Fraction(text) for text in _WHOLE
}


def rate_of(text: str) -> tuple[Fraction, bool]:
    """The exact rate of a setting such as `29.97 DF`, and whether it drops frames."""
    number, _, drop = text.partition(" ")
    return RATES[number], drop == "DF"


def text_of(rate: Fraction) -> str:
    """`23.976` of 24000/1001."""
    return next((text for text, known in RATES.items() if known == rate), f"{float(rate):.3f}")


def frames_of(text: str, rate: Fraction, drop: bool) -> int | None:
    """Frames since midnight of a timecode; None when it is no label of such a timeline."""
    found = Timecode.parse(text, rate)
    if found is None or found.drop != drop or (";" in text) != drop:
        return None
    return found.frames


def timecode_of(frames: int, rate: Fraction, drop: bool) -> str:
    return str(Timecode(frames, round(rate), drop))
