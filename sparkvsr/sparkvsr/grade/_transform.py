"""A smooth colour transform, fitted to pairs of colours: curves that mix, and a coarse 3D lattice.

    z_c = y_c + Σ_j f_cj(y_j) + L_c(y)

The nine curves f hold what a primary grade does: slope, offset and power of each channel, then
saturation (the ASC CDL), is exactly of this form where the encoding hardly bends. The lattice L
holds what hangs on a colour as a whole, such as a secondary that turns only the greens. Both are
piecewise linear and fitted by least squares, curves drawn towards straight lines, the lattice
towards nothing. Knots span the usual range of the shot and a margin, in which curves go straight
on; beyond, the change stays what it is at the border (a gain, where values are coded like stops).

Axes: N colours, C channels (3), U unknowns: knots of the curves, then knots of the lattice.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import product
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..cancel import Cancelled, never, stop_if
from ..motion import Map, Picture
from ._encoding import MARGIN, Encoding

KNOTS: Final = 25
"""Of a curve."""
LATTICE: Final = 6
"""Knots of the lattice along each channel."""
BEND: Final = 1e-4
"""Weight of a curve's bending against the mean squared misfit of the colours."""
LATTICE_BEND: Final = 5e-5
LATTICE_SIZE: Final = 5e-6
LEAN: Final = 1e-7
"""Weight of the size of every unknown: decides what the colours leave open."""
NEIGHBOURS: Final = 0.05
"""How much the colours of other keyframes count: they fill in where this one shows none such."""
CHUNK: Final = 1 << 15
"""Colours transformed at once; what they need on the way stays in the processor's cache."""

UNKNOWNS: Final = 3 * KNOTS + LATTICE**3

Colours = NDArray[np.float32]
"""N C, encoded."""


@dataclass(frozen=True)
class Evidence:
    """What the colours of one keyframe say about the unknowns: the two sides of least squares."""

    gram_UU: NDArray[np.float64]
    moment_UC: NDArray[np.float64]


@dataclass(frozen=True)
class Transform:
    """A fitted transform. Its unknowns may be averaged with those of another of the same shot."""

    encoding: Encoding
    unknowns_UC: NDArray[np.float32]

    def change(self, encoded_HWC: Picture, cancelled: Cancelled = never) -> Picture:
        """z − y of each pixel.

        Raises:
            CancelledError: `cancelled()` answered True.
        """
        colours_NC = encoded_HWC.reshape(-1, 3)
        change_NC = np.empty_like(colours_NC)
        for start in range(0, len(colours_NC), CHUNK):
            stop_if(cancelled)
            chunk = slice(start, start + CHUNK)
            change_NC[chunk] = self._change(colours_NC[chunk])
        return change_NC.reshape(encoded_HWC.shape)

    def _change(self, colours_NC: Colours) -> Colours:
        change_NC = np.zeros_like(colours_NC)
        for knots_N, weights_N in _supports(colours_NC, self.encoding):
            part_NC = np.take(self.unknowns_UC, knots_N, axis=0)
            part_NC *= weights_N[:, None]
            change_NC += part_NC
        return change_NC


def gather(
    encoded_HWC: Picture, graded_HWC: Picture, weights_HW: Map, encoding: Encoding
) -> Evidence:
    """Evidence of the pixels of a keyframe, both pictures encoded; weights are 0 to 1."""
    colours_NC = encoded_HWC.reshape(-1, 3)
    design_NU = np.zeros((len(colours_NC), UNKNOWNS), np.float32)
    rows_N = np.arange(len(colours_NC))
    for knots_N, share_N in _supports(colours_NC, encoding):
        design_NU[rows_N, knots_N] = share_N
    weights_N = weights_HW.reshape(-1, 1) / np.float32(max(float(weights_HW.sum()), 1.0))
    weighted_UN = (design_NU * weights_N).T
    change_NC = graded_HWC.reshape(-1, 3) - colours_NC
    return Evidence(
        (weighted_UN @ design_NU).astype(np.float64), (weighted_UN @ change_NC).astype(np.float64)
    )


def solve(own: Evidence, neighbours: Sequence[Evidence], encoding: Encoding) -> Transform:
    """The transform of a keyframe; where it shows no such colour, that of its neighbours."""
    gram_UU, moment_UC = own.gram_UU + _penalty(), own.moment_UC
    for evidence in neighbours:
        gram_UU = gram_UU + NEIGHBOURS * evidence.gram_UU
        moment_UC = moment_UC + NEIGHBOURS * evidence.moment_UC
    return Transform(encoding, np.linalg.solve(gram_UU, moment_UC).astype(np.float32))


def mixed(transforms: Sequence[Transform], weights: Sequence[float]) -> Transform:
    """The weighted mean of transforms of one shot."""
    unknowns = [np.float32(w) * t.unknowns_UC for t, w in zip(transforms, weights, strict=True)]
    return Transform(transforms[0].encoding, np.sum(unknowns, axis=0, dtype=np.float32))


def _supports(
    colours_NC: Colours, encoding: Encoding
) -> Iterator[tuple[NDArray[np.int32], NDArray[np.float32]]]:
    """For each of the 14 knots that a colour leans on: their numbers, and their weights."""
    margin = np.float32(MARGIN)
    position_NC = (encoding.shown(encoding.usual(colours_NC)) + margin) / (1 + 2 * margin)
    corners = []
    for channel in range(3):
        position_N = position_NC[:, channel]
        cell_N, share_N = _place(position_N, KNOTS)
        yield channel * KNOTS + cell_N, 1 - share_N
        yield channel * KNOTS + cell_N + 1, share_N
        corners.append(_place(position_N, LATTICE))
    (r, r_share), (g, g_share), (b, b_share) = corners
    first_N = 3 * KNOTS + (r * LATTICE + g) * LATTICE + b
    for i, j, k in product((0, 1), repeat=3):
        share_N = (
            (r_share if i else 1 - r_share)
            * (g_share if j else 1 - g_share)
            * (b_share if k else 1 - b_share)
        )
        yield first_N + np.int32((i * LATTICE + j) * LATTICE + k), share_N


def _place(
    position_N: NDArray[np.float32], knots: int
) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """Cell of a position (0 to 1 over all knots), and how far into the cell (0 to 1)."""
    position_N = position_N * np.float32(knots - 1)
    cell_N = np.clip(position_N, 0, knots - 2).astype(np.int32)
    return cell_N, position_N - cell_N.astype(np.float32)


@cache
def _penalty() -> NDArray[np.float64]:
    """U U: what least squares pays for bending and size."""
    penalty_UU = LEAN * np.eye(UNKNOWNS)
    bend = _bending(KNOTS)
    for channel in range(3):
        knots = slice(channel * KNOTS, (channel + 1) * KNOTS)
        penalty_UU[knots, knots] += BEND * bend
    bend, rest = _bending(LATTICE), np.eye(LATTICE)
    for axes in ((bend, rest, rest), (rest, bend, rest), (rest, rest, bend)):
        penalty_UU[3 * KNOTS :, 3 * KNOTS :] += LATTICE_BEND * np.kron(np.kron(*axes[:2]), axes[2])
    penalty_UU[3 * KNOTS :, 3 * KNOTS :] += LATTICE_SIZE * np.eye(LATTICE**3)
    return penalty_UU


def _bending(knots: int) -> NDArray[np.float64]:
    """Sum of the squared second differences, as a matrix."""
    second = np.diff(np.eye(knots), 2, axis=0)
    return np.asarray(second.T @ second, np.float64)
