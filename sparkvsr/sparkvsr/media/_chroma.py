"""Where the chroma samples of Y'CbCr lie, and the way to them and back.

swscale takes chroma whose place a frame does not tell as lying between the luma samples. The
decoders of ProRes, DNxHR and FFV1 tell none, though theirs lies on every second luma sample, as
BT.601 and BT.709 have it: that is a shift of half a pixel.
"""

from __future__ import annotations

from typing import Any

import av
import cv2
import numpy as np
from numpy.typing import NDArray

# Of 4:2:0 most decoders tell the place, and swscale follows; those of these codecs do not.
_SILENT = frozenset({"ffv1", "ffvhuff", "huffyuv", "rawvideo", "utvideo"})


def is_planar_yuv(form: av.VideoFormat) -> bool:
    """Y'CbCr in planes of its own, as bytes or as 16-bit words of this machine's order."""
    return form.name.startswith("yuv") and form.is_planar and not form.is_big_endian


def chroma_is_left(form: av.VideoFormat, codec: str) -> bool:
    """Whether chroma lies in every column of its luma, or on the left of it and between its lines.

    That is so for 4:4:4, for 4:2:2 and 4:1:1 but of JPEG, and for 4:2:0 of codecs that tell no
    place. `codec` is the decoder's name.
    """
    narrow, low = form.chroma_width(64) < 64, form.chroma_height(64) < 64
    if low:
        return codec in _SILENT
    return not narrow or codec != "mjpeg"


def upsampled(plane: NDArray[Any], width: int, height: int) -> NDArray[Any]:
    """A plane of codes, h w, as H W float32, cubic; placed as `chroma_is_left` says."""
    codes = plane.astype(np.float32)
    if codes.shape == (height, width):
        return codes
    columns, lines = round(width / plane.shape[1]), round(height / plane.shape[0])
    x, y = np.meshgrid(
        np.arange(width, dtype=np.float32) / np.float32(columns),
        (np.arange(height, dtype=np.float32) + np.float32(0.5)) / np.float32(lines)
        - np.float32(0.5),
    )
    return np.asarray(cv2.remap(codes, x, y, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE))


def subsampled_420(plane: NDArray[Any]) -> NDArray[Any]:
    """Chroma H W, both even, as H/2 W/2: two lines each, and three columns weighted 1 2 1."""
    lines = (plane[0::2] + plane[1::2]) / 2
    beside = np.pad(lines, ((0, 0), (1, 0)), mode="edge")
    return np.asarray((beside[:, 0:-1:2] + 2 * beside[:, 1::2] + beside[:, 2::2]) / 4)
