"""Frame rates as fractions, whether a file or a person says them."""

from __future__ import annotations

import re
from fractions import Fraction

from ..errors import SettingsError

_FRACTION = re.compile(r"([0-9]{1,7})/([0-9]{1,7})")
_DECIMAL = re.compile(r"[0-9]{1,3}(\.[0-9]+)?")
_LIMIT = 1000


def rate_of(value: float | tuple[int, int] | None) -> Fraction | None:
    """Frames per second of a header; None where it says nothing, or nothing that is possible.

    A decimal near a whole rate, or near 1000/1001 of one, means that rate: 23.976 is 24000/1001.
    """
    if isinstance(value, tuple):  # a rational: numerator and denominator
        return Fraction(*value) if min(value) > 0 else None
    if not value or not 0 < value < _LIMIT:
        return None
    nearest = min(round(value) or 1, _LIMIT)
    usual = (Fraction(nearest), Fraction(nearest * 1000, 1001))
    return next(
        (r for r in usual if abs(r - value) < 0.005), Fraction(value).limit_denominator(1001)
    )


def parse_rate(text: str) -> Fraction:
    """Frames per second, above 0 and below 1000: a fraction as it is, a decimal as `rate_of` does.

    Raises:
        SettingsError: it is neither.
    """
    rate: Fraction | None = None
    if exact := _FRACTION.fullmatch(text.strip()):
        rate = rate_of((int(exact[1]), int(exact[2])))
    elif decimal := _DECIMAL.fullmatch(text.strip()):
        rate = rate_of(float(decimal[0]))
    if not rate or rate >= _LIMIT:  # a decimal may round to 0
        raise SettingsError(
            f'rate "{text}" is no number of frames a second.',
            "Write it as 25, 23.976 or 24000/1001; drop frame is told by the ; of the timecode.",
        )
    return rate


def spoken(rate: Fraction) -> str:
    """A rate in a sentence: `23.976 frames a second`."""
    return f"{float(rate):.6g} frames a second"
