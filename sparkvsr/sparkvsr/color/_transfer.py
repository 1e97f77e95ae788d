"""Back from a model's picture: its own values where it can hold them, gain on the source elsewhere.

Codes are those of model space without its limits; a model sees them cut to [0, 1]. With x the
source's linear value, s what the model saw of it and r what it gave back, the change is a gain:

    x · 2^(log2 decode(r) − log2 decode(s)) = decode(r) · x / decode(s)

Where s holds x, decode(s) is x and this is decode(r), the plain inverse; nothing is divided. Above
the shaper's white, decode(s) is WHITE: highlights keep their energy and take the model's change as
a factor. Below zero, where s is 0 and no factor exists, what is missing is added. All three meet
without a step, because at WHITE and at 0 they are equal.

Two things change smoothly with r. A model's last digits must not move energies that it never saw:
near white, a deviation from s that is as small as a decoder's error counts as none. And what the
source had beyond the model's range must not shine through where something else is now: a lamp that
a keyframe paints out leaves nothing behind.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from ._shaper import WHITE, Values, decode

NEAR_WHITE: Final = 0.06
"""Codes below white (here 1.1 stops) within which small deviations begin to be left out."""
IGNORED: Final = 0.02
FULL: Final = 0.06
"""Deviations at and above white: up to the first none, from the second on all of it counts."""
STILL_LIGHT: Final = (0.68, 0.86)
"""Restored codes (4 and 2 stops below white) from where on, and from where on fully, what the
source has above white is still there."""
STILL_DARK: Final = (0.05, 0.25)
"""Restored codes up to which fully, and up to which, what the source has below 0 is still there."""


def shaped_to_linear(restored: Values, source: Values) -> Values:
    """The restored picture in linear light, for codes of the shaper.

    Args:
        restored: a model's codes, any shape; cut to [0, 1].
        source: codes of the source, of the same shape, not cut.

    Returns:
        decode(source), but for rounding, where restored is what the model saw of it.
    """
    codes = np.clip(restored, 0.0, 1.0)
    lowest, highest = source.min(), source.max()
    if highest > 1 - NEAR_WHITE:
        codes = _without_small_changes(codes, source)
    linear = decode(codes)
    if highest > 1:
        over = np.maximum(decode(np.maximum(source, 1.0)) * (1 / WHITE), 1.0)
        linear *= np.exp(np.log(over) * _share(codes, *STILL_LIGHT))
    if lowest < 0:
        linear += decode(np.minimum(source, 0.0)) * (1 - _share(codes, *STILL_DARK))
    return linear


def display_codes(restored: Values, source: Values) -> Values:
    """The same for codes of a display: what they have outside of [0, 1] is added."""
    codes = np.clip(restored, 0.0, 1.0)
    lowest, highest = source.min(), source.max()
    result = codes.copy()
    if highest > 1:
        result += np.maximum(source - 1, 0.0) * _share(codes, *STILL_LIGHT)
    if lowest < 0:
        result += np.minimum(source, 0.0) * (1 - _share(codes, *STILL_DARK))
    return result


def _without_small_changes(codes: Values, source: Values) -> Values:
    seen = np.clip(source, 0.0, 1.0)
    # Not quite 0 far from white, where every change is large enough to count.
    nearness = np.maximum(seen * (1 / NEAR_WHITE) - (1 / NEAR_WHITE - 1), 1e-6)
    change = codes - seen
    return np.asarray(seen + change * _share(np.abs(change) / nearness, IGNORED, FULL), np.float32)


def _share(values: Values, none: float, whole: float) -> Values:
    """0 up to the first limit, 1 from the second on, a smooth step between."""
    position = np.clip(values * (1 / (whole - none)) - none / (whole - none), 0.0, 1.0)
    return np.asarray(position * position * (3 - 2 * position), np.float32)
