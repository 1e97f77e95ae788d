"""Reading single pictures, and the files of a sequence, through OpenImageIO."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import OpenImageIO as oiio  # noqa: N813 - as its own documentation does

from ..depth import Frame
from ..errors import InputError, KeyframeError

PICTURE_SUFFIXES = frozenset({".dpx", ".exr", ".jpeg", ".jpg", ".png", ".tif", ".tiff"})

_DTYPES = {oiio.UINT8: "uint8", oiio.UINT16: "uint16", oiio.HALF: "float16", oiio.FLOAT: "float32"}
_KINDS = {dtype: kind for kind, dtype in _DTYPES.items()}
_LARGEST_MB = 4096  # a header that promises more is damaged or hostile

oiio.attribute("limits:imagesize_MB", _LARGEST_MB)


@dataclass(frozen=True)
class Header:
    """What a picture file says about itself.

    Attributes:
        width, height: of the display window.
        colour: indices of the channels to deliver: three, or one for a grey picture.
        dropped: names of all others.
    """

    width: int
    height: int
    dtype: np.dtype[Any]
    bits: int
    colour: tuple[int, ...]
    dropped: tuple[str, ...]
    pixel_aspect: Fraction
    rate: Fraction | None


def read_header(path: Path, error: type[InputError]) -> Header:
    """What a picture file says, without its pixels. Raises `error` when it is no usable picture."""
    with _opened(path, error) as picture:
        return _header(picture, path, error)


def read(path: Path, error: type[InputError]) -> tuple[Header, Frame]:
    """A picture file: its header, and H W 3 RGB as stored. Raises `error` when it is not usable."""
    with _opened(path, error) as picture:
        header = _header(picture, path, error)
        spec = picture.spec()
        begin, end = min(header.colour), max(header.colour) + 1
        stored = picture.read_image(0, 0, begin, end, _KINDS[header.dtype.name])
        if stored is None:
            raise error(f"{path} cannot be read: {reason(picture)}.", "Write the picture again.")
    stored = stored.reshape(spec.height, spec.width, end - begin)
    frame = np.ascontiguousarray(stored[..., [c - begin for c in header.colour]])
    if len(header.colour) == 1:
        frame = np.repeat(frame, 3, axis=2)
    return header, _in_display_window(frame, spec)


def read_picture(path: str | Path) -> Frame:
    """A keyframe: H W 3 RGB as stored (PNG, TIFF, EXR, JPEG, DPX); grey gives three equal channels.

    Raises:
        KeyframeError: no such file, or no picture that can be used.
    """
    return read(Path(path), KeyframeError)[1]


@contextmanager
def _opened(path: Path, error: type[InputError]) -> Iterator[Any]:
    if not path.is_file():
        raise error(f"There is no picture {path}.", "Check the name.")
    as_stored = oiio.ImageSpec()
    as_stored.attribute("oiio:UnassociatedAlpha", 1)  # else PNG and TIFF come multiplied by alpha
    picture = oiio.ImageInput.open(str(path), as_stored)
    if picture is None:
        raise error(
            f"{path} is no picture that can be read: {oiio.geterror().strip()}.",
            "Use a PNG, TIFF, EXR, DPX or JPEG file.",
        )
    with closing(picture):
        yield picture


def _header(picture: Any, path: Path, error: type[InputError]) -> Header:
    spec = picture.spec()
    names: tuple[str, ...] = spec.channelnames
    if {"R", "G", "B"} <= set(names):
        colour = tuple(names.index(c) for c in "RGB")
    elif (
        names == ("Y",)
        or names == ("Y", "A")
        or (len(names) < 3 and picture.format_name() != "openexr")
    ):
        colour = (0,)
    else:
        raise error(
            f"{path} has no R, G and B channels, only {', '.join(names)}.",
            "Write the picture with its colours in the main layer.",
        )
    kind = spec.channelformat(colour[0]).basetype
    if kind not in _DTYPES:
        raise error(
            f"{path} stores {spec.channelformat(colour[0])} values.",
            "Use 8 or 16 bit integers, half or float.",
        )
    dtype = np.dtype(_DTYPES[kind])
    bits = spec.get_int_attribute("oiio:BitsPerSample") if kind == oiio.UINT16 else 0
    return Header(
        width=spec.full_width,
        height=spec.full_height,
        dtype=dtype,
        bits=bits if bits in (10, 12) else dtype.itemsize * 8,
        colour=colour,
        dropped=tuple(name for c, name in enumerate(names) if c not in colour),
        pixel_aspect=_pixel_aspect(spec.get_float_attribute("PixelAspectRatio", 1.0)),
        rate=_rate(spec.getattribute("framesPerSecond")),
    )


def _in_display_window(frame: Frame, spec: Any) -> Frame:
    data = (spec.x, spec.y, spec.width, spec.height)
    display = (spec.full_x, spec.full_y, spec.full_width, spec.full_height)
    if data == display:
        return frame
    canvas = np.zeros((spec.full_height, spec.full_width, 3), frame.dtype)
    left, top = max(spec.x, spec.full_x), max(spec.y, spec.full_y)
    right = min(spec.x + spec.width, spec.full_x + spec.full_width)
    bottom = min(spec.y + spec.height, spec.full_y + spec.full_height)
    if left < right and top < bottom:
        canvas[
            top - spec.full_y : bottom - spec.full_y, left - spec.full_x : right - spec.full_x
        ] = frame[top - spec.y : bottom - spec.y, left - spec.x : right - spec.x]
    return canvas


def _pixel_aspect(value: float) -> Fraction:
    return Fraction(value).limit_denominator(1000) if 0.01 < value < 100 else Fraction(1)


def _rate(value: Any) -> Fraction | None:
    if isinstance(value, tuple):  # a rational: numerator and denominator
        return Fraction(*value) if min(value) > 0 else None
    if not value or not 0 < value < 1000:
        return None
    nearest = min(round(value) or 1, 1000)
    usual = (Fraction(nearest), Fraction(nearest * 1000, 1001))
    return next(
        (r for r in usual if abs(r - value) < 0.005), Fraction(value).limit_denominator(1001)
    )


def reason(file: Any) -> str:
    """What OpenImageIO says went wrong with an input or output."""
    return str(file.geterror()).strip().partition("\n")[0].rstrip(". ") or "unknown reason"
