"""CIEDE2000, the difference of colours as people see them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.floating]


def delta_e_2000(lab: Values, other: Values) -> NDArray[np.float64]:
    """Colour difference of CIELAB colours (… 3); about 1 is just visible.

    Sharma, Wu and Dalal 2005, "The CIEDE2000 Color-Difference Formula", equations 2 to 22, with
    k_L = k_C = k_H = 1.

    Args:
        lab, other: L* (0 to 100), a*, b* along the last axis; shapes that broadcast.
    """
    L1, a1, b1 = np.moveaxis(np.asarray(lab, np.float64), -1, 0)
    L2, a2, b2 = np.moveaxis(np.asarray(other, np.float64), -1, 0)
    chroma_7 = ((np.hypot(a1, b1) + np.hypot(a2, b2)) / 2) ** 7
    stretch = 1.5 - 0.5 * np.sqrt(chroma_7 / (chroma_7 + 25.0**7))
    a1, a2 = a1 * stretch, a2 * stretch
    C1, C2 = np.hypot(a1, b1), np.hypot(a2, b2)
    h1, h2 = (np.degrees(np.arctan2(b, a)) % 360 for a, b in ((a1, b1), (a2, b2)))

    grey = C1 * C2 == 0
    turn, total = h2 - h1, h1 + h2
    near = np.abs(turn) <= 180
    turn = np.where(grey, 0, np.where(near, turn, turn - 360 * np.sign(turn)))
    around = np.where(total < 360, total + 360, total - 360)
    mean_h = np.where(grey, total, np.where(near, total, around) / 2)
    dL, dC = L2 - L1, C2 - C1
    dH = 2 * np.sqrt(C1 * C2) * np.sin(np.radians(turn) / 2)
    mean_L, mean_C = (L1 + L2) / 2, (C1 + C2) / 2

    def wave(times: float, shift: float) -> NDArray[np.float64]:
        return np.asarray(np.cos(np.radians(times * mean_h + shift)), np.float64)

    T = 1 - 0.17 * wave(1, -30) + 0.24 * wave(2, 0) + 0.32 * wave(3, 6) - 0.2 * wave(4, -63)
    theta = 30 * np.exp(-(((mean_h - 275) / 25) ** 2))
    R_T = -2 * np.sqrt(mean_C**7 / (mean_C**7 + 25.0**7)) * np.sin(np.radians(2 * theta))
    S_L = 1 + 0.015 * (mean_L - 50) ** 2 / np.sqrt(20 + (mean_L - 50) ** 2)
    S_C, S_H = 1 + 0.045 * mean_C, 1 + 0.015 * mean_C * T
    light, chroma, hue = dL / S_L, dC / S_C, dH / S_H
    square = light**2 + chroma**2 + hue**2 + R_T * chroma * hue
    return np.asarray(np.sqrt(square), np.float64)
