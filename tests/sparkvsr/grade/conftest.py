"""Real footage, display-referred, and the grade that tests put on it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from footage import real_clip
from sparkvsr.depth import as_picture
from sparkvsr.media import open_source

FRAMES = 72
SIZES = {"bikes": None, "bigbuckbunny": (640, 360)}
Picture = NDArray[np.float32]
Clip = Callable[[str], list[Picture]]


@pytest.fixture(scope="session")
def clip() -> Clip:
    """The first 72 frames (H W 3) of a clip of SIZES; read once."""
    read: dict[str, list[Picture]] = {}

    def of(name: str) -> list[Picture]:
        if name not in read:
            with open_source(real_clip(f"{name}.mp4"), last=FRAMES - 1) as reader:
                frames = [as_picture(frame) for frame in reader.frames()]
            size = SIZES[name]
            if size is not None:
                frames = [
                    np.asarray(cv2.resize(f, size, interpolation=cv2.INTER_AREA)) for f in frames
                ]
            read[name] = frames
        return read[name]

    return of


@pytest.fixture(scope="session")
def short(clip: Clip) -> list[Picture]:
    """25 frames of real footage at 320x180, without a cut."""
    return [
        np.asarray(cv2.resize(frame, (320, 180), interpolation=cv2.INTER_AREA), np.float32)
        for frame in clip("bigbuckbunny")[:25]
    ]


def _primary(picture: Picture) -> Picture:
    """Gain, offset and gamma per channel, saturation 1.4; values above 0 are not clamped."""
    gain, offset, power = np.array(
        [[1.2, 1.0, 0.85], [0.03, -0.02, 0.05], [0.85, 1.0, 1.2]], np.float32
    )
    channels = np.maximum(picture * gain + offset, 0) ** power
    luma = (channels @ np.array([0.2126, 0.7152, 0.0722], np.float32))[..., None]
    return np.asarray(luma + np.float32(1.4) * (channels - luma), np.float32)


@pytest.fixture(scope="session")
def primary() -> Callable[[Picture], Picture]:
    return _primary


def _psnr(pictures: Sequence[Picture], truth: Sequence[Picture]) -> float:
    """Mean over frames, both clipped to the display range."""
    errors = [
        np.mean(np.square(np.clip(a, 0, 1) - np.clip(b, 0, 1)))
        for a, b in zip(pictures, truth, strict=True)
    ]
    return float(np.mean(-10 * np.log10(errors)))


@pytest.fixture(scope="session")
def psnr() -> Callable[[Sequence[Picture], Sequence[Picture]], float]:
    return _psnr
