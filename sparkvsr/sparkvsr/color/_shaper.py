"""The shaper: scene-linear light in and out of the range that a model holds.

A network that was trained on videos wants to see a normally exposed video. So the curve *is* the
sRGB curve from black to half a stop below mid grey: shadows and the dark half of skin have exactly
the contrast that a display picture has, and mid grey lands at 0.455 (sRGB: 0.461). Above, where
sRGB would reach its white 2.5 stops over mid grey, it turns into a logarithm whose contrast per
stop falls evenly from that of sRGB to less than half, like the shoulder of a camera's own video
output, so that 1.0 is reached `WHITE_STOPS` over mid grey. It never gets flat: near white an error
of one 8-bit code is worth 0.07 stops. A pure log curve would hold more, but shows the network a
flat, grey picture such as it never saw (in ACEScct a stop is 0.057 everywhere).

The curve goes on above 1 (as a plain logarithm) and below 0 (mirrored), so that encode and decode
are inverse to each other for every finite value; what a model gets is cut to [0, 1] by the path.
It is continuous with its first derivative and rises everywhere.

Formulas. Up to JOIN: IEC 61966-2-1 in the form that is smooth at its break (gamma 2.4, offset
0.055; the break follows from both). Above, with u = ln(x / JOIN) and U = ln(WHITE / JOIN):

    m = m(JOIN) + S0 u − (S0 − S1) u² / 2U   for u ≤ U,   m = 1 + S1 (u − U)   above,

where S0 is the slope of sRGB at JOIN, and S1 follows from m = 1 at WHITE.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float32]

MID_GREY: Final = 0.18
WHITE_STOPS: Final = 6.0
WHITE: Final = MID_GREY * 2.0**WHITE_STOPS
"""The linear value at model code 1.0: 11.52."""
LIMIT: Final = 2.0**20
"""Linear values beyond this, either sign, are taken as this."""

_GAMMA: Final = 2.4
_OFFSET: Final = 0.055
_BREAK_CODE: Final = _OFFSET / (_GAMMA - 1)
_BREAK: Final = ((_BREAK_CODE + _OFFSET) / (1 + _OFFSET)) ** _GAMMA
_TOE: Final = _BREAK_CODE / _BREAK  # codes per linear value below the break
_JOIN: Final = MID_GREY / math.sqrt(2.0)
_JOIN_CODE: Final = (1 + _OFFSET) * _JOIN ** (1 / _GAMMA) - _OFFSET
_SPAN: Final = math.log(WHITE / _JOIN)
_SLOPE: Final = (_JOIN_CODE + _OFFSET) / _GAMMA
_END_SLOPE: Final = 2 * (1 - _JOIN_CODE) / _SPAN - _SLOPE
_BEND: Final = (_SLOPE - _END_SLOPE) / (2 * _SPAN)

# Each segment is a term that stays constant outside of its own range, so that sums take the place
# of masks. Python floats do not widen float32 arrays.


def encode(linear: Values) -> Values:
    """Linear Rec.709 values, any shape, as codes; float32, finite, without limits.

    NaN counts as +LIMIT: above their largest code some log curves have no value.
    """
    size = np.fmin(np.abs(linear), LIMIT)
    log = np.log(np.maximum(size, _BREAK))
    above = np.maximum(log - math.log(_JOIN), 0.0)
    held = np.minimum(above, _SPAN)
    power = np.exp(np.minimum(log, math.log(_JOIN)) * (1 / _GAMMA))
    code = _TOE * np.minimum(size, _BREAK)
    code += np.maximum((1 + _OFFSET) * power - (_OFFSET + _BREAK_CODE), 0.0)
    code += (_SLOPE - _BEND * held) * held + _END_SLOPE * (above - held)
    return np.asarray(np.copysign(code, linear), np.float32)


def decode(codes: Values) -> Values:
    """The inverse of `encode`; codes beyond those of LIMIT give LIMIT."""
    size = np.abs(codes)
    base = np.clip(size, _BREAK_CODE, _JOIN_CODE) + _OFFSET
    linear = np.minimum(size, _BREAK_CODE) * (1 / _TOE)
    linear += np.maximum(np.exp(_GAMMA * np.log(base * (1 / (1 + _OFFSET)))) - _BREAK, 0.0)
    rise = np.clip(size - _JOIN_CODE, 0.0, 1 - _JOIN_CODE)
    root = np.sqrt(_SLOPE**2 - 4 * _BEND * rise)
    log = 2 * rise / (_SLOPE + root) + np.maximum(size - 1, 0.0) * (1 / _END_SLOPE)
    linear *= np.exp(np.minimum(log, math.log(LIMIT / _JOIN)))
    return np.asarray(np.copysign(linear, codes), np.float32)
