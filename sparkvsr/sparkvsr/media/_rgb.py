"""Between frames of PyAV and RGB arrays.

Planar RGB is taken from its planes as it is. Of Y'CbCr at most the chroma subsampling is left to
swscale; the matrix (ITU-T H.273, 8.3) is applied here, because swscale maps the white of deep
sources to 65283 instead of 65535.
"""

from __future__ import annotations

from typing import Any

import av
import cv2
import numpy as np
from av.video.plane import VideoPlane
from av.video.reformatter import Interpolation, VideoReformatter
from numpy.typing import NDArray

from ..depth import Frame, as_picture, full_scale, to_codes
from ..errors import SourceError
from ._chroma import chroma_is_left, is_planar_yuv, subsampled_420, upsampled
from ._info import RGB_MATRIX, UNSPECIFIED, ColourTags

BT709, BT601, BT2020 = 1, 6, 9
_FULL_RANGE = 2  # of AVColorRange
# K_R and K_B of H.273 table 4.
_WEIGHTS = {
    1: (0.2126, 0.0722),
    4: (0.30, 0.11),
    5: (0.299, 0.114),
    6: (0.299, 0.114),
    7: (0.212, 0.087),
    9: (0.2627, 0.0593),
}
_SCALING = Interpolation.BICUBIC | Interpolation.ACCURATE_RND | Interpolation.FULL_CHR_H_INP


def bits_of(form: av.VideoFormat) -> int:
    """How many bits carry a value, rounded up to 8, 10, 12 or 16."""
    deepest = max(component.bits for component in form.components)
    return next(bits for bits in (8, 10, 12, 16) if bits >= deepest)


def resolve_tags(stream: av.VideoStream, name: str) -> ColourTags:
    """The colour tags of a stream; what it leaves open is filled in as players do.

    Raises:
        SourceError: a pixel format or matrix that cannot be read faithfully.
    """
    codec = stream.codec_context
    form = codec.format
    refused = ("xyz", "bayer", "f16", "f32")  # the last two are floats
    if form is None or any(part in form.name for part in refused):
        raise SourceError(
            f"{name} has pixels that cannot be read here ({form.name if form else 'unknown'}).",
            "Convert it to ProRes, FFV1 or an EXR sequence first.",
        )
    primaries, transfer = codec.color_primaries, codec.color_trc
    if form.is_rgb or form.has_palette:
        return ColourTags(RGB_MATRIX, True, primaries, transfer)
    matrix = codec.colorspace
    if matrix in (UNSPECIFIED, RGB_MATRIX):
        matrix = BT709 if codec.height >= 720 else BT601
    if matrix not in _WEIGHTS:
        raise SourceError(
            f"{name} uses colour matrix {matrix} of ITU-T H.273, which is not supported.",
            "Convert it to BT.709 or BT.2020 non-constant luminance first.",
        )
    by_name = form.name.startswith(("yuvj", "gray"))
    full = codec.color_range == _FULL_RANGE or (by_name and not codec.color_range)
    return ColourTags(matrix, full, primaries, transfer)


def delivered_dtype(form: av.VideoFormat) -> np.dtype[Any]:
    """What `RgbReader` gives for a pixel format: Y'CbCr of more than 8 bits comes as floats."""
    bits = bits_of(form)
    if bits == 8:
        return np.dtype(np.uint8)
    if form.is_rgb or form.has_palette:
        return np.dtype(np.uint16)
    return np.dtype(np.float16 if bits == 10 else np.float32)  # half tells every 10-bit code apart


class RgbReader:
    """Turns decoded frames of one stream into H W 3 RGB, of `delivered_dtype`.

    Floats are not clipped: codes below black and above white come as values below 0 and above 1.
    """

    def __init__(self, tags: ColourTags, codec: str) -> None:
        self._tags, self._codec = tags, codec
        self._scaler = VideoReformatter()

    def read(self, frame: av.VideoFrame) -> Frame:
        """One frame."""
        form, bits = frame.format, bits_of(frame.format)
        if form.name.startswith("gbr") and not form.is_big_endian:
            green, blue, red = (_plane(plane, frame.width, bits) for plane in frame.planes[:3])
            return full_scale(cv2.merge([red, green, blue]), max(c.bits for c in form.components))
        if form.is_rgb or form.has_palette:
            packed = "rgb24" if bits == 8 else "rgb48le"
            return np.ascontiguousarray(self._scaler.reformat(frame, format=packed).to_ndarray())
        dtype = delivered_dtype(form)
        if form.name.startswith("gray"):
            bits = form.components[0].bits
            luma = _plane(frame.planes[0], frame.width, bits)
            neutral = np.full_like(luma, 1 << (bits - 1))
            planes = [luma, neutral, neutral]
        elif is_planar_yuv(form) and chroma_is_left(form, self._codec):
            bits = form.components[0].bits
            codes_of = [_plane(plane, plane.width, bits) for plane in frame.planes[:3]]
            planes = [upsampled(plane, frame.width, frame.height) for plane in codes_of]
        else:
            whole = _scale(self._scaler, frame, planar_444(bits))
            planes = [_plane(plane, whole.width, bits) for plane in whole.planes]
        codes = cv2.merge([plane.astype(np.float32) for plane in planes])
        rgb = cv2.transform(codes, _rgb_from_codes(self._tags, bits))
        if dtype == np.uint8:
            return np.rint(np.clip(rgb, 0, 1) * 255).astype(np.uint8)
        return np.asarray(rgb.astype(dtype))


class AlphaReader:
    """Takes the alpha, H W, out of decoded frames of one stream: uint8, or uint16 of full scale."""

    def __init__(self) -> None:
        self._scaler = VideoReformatter()

    def read(self, frame: av.VideoFrame) -> Frame:
        """One frame."""
        form, bits = frame.format, bits_of(frame.format)
        if len(frame.planes) == 4:
            return full_scale(
                np.array(_plane(frame.planes[3], frame.width, bits)), form.components[3].bits
            )
        packed = "rgba" if bits == 8 else "rgba64le"
        rgba = self._scaler.reformat(frame, format=packed).to_ndarray()
        return np.ascontiguousarray(rgba[..., 3])


class RgbWriter:
    """Turns H W 3 RGB of any depth into frames for an encoder of pixel format `pix_fmt`."""

    def __init__(self, tags: ColourTags, pix_fmt: str, bits: int) -> None:
        self._tags, self._pix_fmt, self._bits = tags, pix_fmt, bits
        self._scaler = VideoReformatter()

    def write(self, picture: Frame, alpha: Frame | None = None) -> av.VideoFrame:
        """One frame, with the alpha (H W) that a pixel format with alpha needs.

        Of floats RGB takes [0, 1], and Y'CbCr what its codes can hold; NaN gives 0.
        """
        if self._tags.matrix == RGB_MATRIX:
            return self._rgb_frame(picture, alpha)
        height, width, _ = picture.shape
        coded = av.VideoFrame(width, height, self._pix_fmt)
        unit = 1 << (self._bits - 8)
        # Of limited range the first and the last codes are kept for synchronisation (BT.709, 4.6).
        lowest, highest = (0, 256 * unit - 1) if self._tags.full_range else (unit, 255 * unit - 1)
        bounded = np.nan_to_num(np.clip(as_picture(picture), -1, 2), copy=False)
        codes = cv2.transform(bounded, _codes_from_rgb(self._tags, self._bits))
        for channel in range(3):
            plane = _plane(coded.planes[channel], coded.planes[channel].width, self._bits)
            values = codes[..., channel]
            if plane.shape != values.shape:
                values = subsampled_420(values)
            plane[:] = np.clip(np.rint(values), lowest, highest)
        if alpha is not None:
            _plane(coded.planes[3], width, self._bits)[:] = to_codes(alpha, self._bits)
        return coded

    def _rgb_frame(self, picture: Frame, alpha: Frame | None) -> av.VideoFrame:
        codes = to_codes(picture, self._bits)
        array_format = self._pix_fmt
        if self._bits == 8:
            array_format = "rgb24" if alpha is None else "rgba"
        if alpha is not None:
            codes = np.dstack([codes, to_codes(alpha, self._bits)])
        frame = av.VideoFrame.from_ndarray(codes, format=array_format)
        return self._scaler.reformat(frame, format=self._pix_fmt)


def planar_444(bits: int) -> str:
    """The Y'CbCr pixel format without subsampling."""
    return "yuv444p" if bits == 8 else f"yuv444p{bits}le"


def _scale(scaler: VideoReformatter, frame: av.VideoFrame, pix_fmt: str) -> av.VideoFrame:
    # The same made-up matrix and range on both sides: only the sampling may change.
    return scaler.reformat(
        frame,
        format=pix_fmt,
        src_colorspace=BT709,
        dst_colorspace=BT709,
        src_color_range=1,
        dst_color_range=1,
        interpolation=_SCALING,
    )


def _plane(plane: VideoPlane, width: int, bits: int) -> NDArray[Any]:
    """H W view of a plane, without the padding at the end of its lines."""
    lines: NDArray[Any] = np.frombuffer(memoryview(plane), np.uint8 if bits == 8 else np.uint16)
    return lines.reshape(plane.height, -1)[:, :width]


def _equations(tags: ColourTags, bits: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """M (3x3) and o (3) of codes = M · rgb + o, with rgb in [0, 1]."""
    red, blue = _WEIGHTS[tags.matrix]
    luma = np.array([red, 1 - red - blue, blue])
    chroma_blue = (np.array([0, 0, 1]) - luma) / (2 * (1 - blue))
    chroma_red = (np.array([1, 0, 0]) - luma) / (2 * (1 - red))
    unit = 1 << (bits - 8)
    if tags.full_range:
        scale, black = np.full(3, (1 << bits) - 1.0), 0.0
    else:
        scale, black = np.array([219.0, 224.0, 224.0]) * unit, 16.0 * unit
    matrix = np.stack([luma, chroma_blue, chroma_red]) * scale[:, None]
    return matrix, np.array([black, 128.0 * unit, 128.0 * unit])


def _codes_from_rgb(tags: ColourTags, bits: int) -> NDArray[np.float64]:
    """3x4, for RGB in [0, 1]."""
    matrix, offset = _equations(tags, bits)
    return np.column_stack([matrix, offset])


def _rgb_from_codes(tags: ColourTags, bits: int) -> NDArray[np.float64]:
    """3x4, to RGB in [0, 1]."""
    matrix, offset = _equations(tags, bits)
    inverse = np.linalg.inv(matrix)
    return np.column_stack([inverse, -inverse @ offset])
