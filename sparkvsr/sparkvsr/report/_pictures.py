"""Pictures for a screen: any frame as 8-bit RGB of a wanted size, and as PNG.

Axes: H W pixels, C channels: always 3, RGB.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from ..depth import Frame, as_picture

Image = NDArray[np.uint8]
"""H W 3, RGB, as a screen shows it."""

BACKGROUND = 30
"""Grey level between and around pictures: dark and neutral, as in a grading suite."""

_GUTTER = 8
_JPEG_QUALITY = 75  # a thumbnail of detailed footage takes 9 KB


def resized(frame: Frame, width: int, height: int) -> Frame:
    """The frame at another size: averaged when it gets smaller, bicubic when it gets larger.

    Float16 comes back as float32, everything else in its own depth.
    """
    if frame.dtype == np.float16:  # OpenCV cannot resize it
        frame = frame.astype(np.float32)
    if frame.shape[:2] == (height, width):
        return frame
    interpolation = cv2.INTER_AREA if frame.shape[1] > width else cv2.INTER_CUBIC
    return np.asarray(
        cv2.resize(np.ascontiguousarray(frame), (width, height), interpolation=interpolation)
    )


def as_image(frame: Frame) -> Image:
    """A copy in 8 bits: below 0 is black, above 1 white, and what is no number black."""
    if frame.dtype == np.uint8:
        return frame.copy()
    picture = np.nan_to_num(as_picture(frame), nan=0.0, posinf=1.0, neginf=0.0)
    return (np.clip(picture, 0.0, 1.0) * 255.0 + 0.5).astype(np.uint8)


def encode(image: Image, suffix: str) -> bytes:
    """The image as the bytes of a `.png` or `.jpg` file."""
    options = [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY] if suffix == ".jpg" else []
    _, data = cv2.imencode(suffix, image[..., ::-1], options)
    return data.tobytes()


def decode(data: bytes) -> Image:
    """The inverse of `encode`."""
    image = np.asarray(cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR), np.uint8)
    return image[..., ::-1]


def png_uri(image: Image) -> str:
    """The image as a `data:` address that a page can carry inside itself."""
    return "data:image/png;base64," + base64.b64encode(encode(image, ".png")).decode("ascii")


def grid(rows: Sequence[Sequence[Image]]) -> Image:
    """Images of one size in rows, with gutters between and around them."""
    height, width = rows[0][0].shape[:2]
    sheet = np.full(
        (
            len(rows) * (height + _GUTTER) + _GUTTER,
            len(rows[0]) * (width + _GUTTER) + _GUTTER,
            3,
        ),
        BACKGROUND,
        np.uint8,
    )
    for row, images in enumerate(rows):
        for column, image in enumerate(images):
            top = row * (height + _GUTTER) + _GUTTER
            left = column * (width + _GUTTER) + _GUTTER
            sheet[top : top + height, left : left + width] = image
    return sheet
