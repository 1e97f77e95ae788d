"""Writing pictures: JPEG through OpenCV, EXR through OpenEXR, all else through OpenImageIO."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import OpenImageIO as oiio  # noqa: N813 - as its own documentation does
from numpy.typing import NDArray

from ..depth import Frame, full_scale, to_codes, to_floats
from ..errors import JobError, OutputError
from ..parts import PartFolder
from . import _exr
from ._extras import ALPHA, Extras
from ._info import RGB_MATRIX, UNSPECIFIED, ColourTags
from ._picture_in import PICTURE_SUFFIXES
from ._timecode import Timecode

_KINDS = {"uint8": oiio.UINT8, "uint16": oiio.UINT16, "float32": oiio.FLOAT}


@dataclass(frozen=True)
class PictureFormat:
    """How to write: depth, and what the file says besides its pixels.

    Attributes:
        premultiplied: what a TIFF says of its alpha.
    """

    bits: int
    is_float: bool
    pixel_aspect: Fraction = Fraction(1)
    rate: Fraction | None = None
    colour: ColourTags = field(default_factory=ColourTags)
    premultiplied: bool = False


def picture_depth(suffix: str, bits: int, is_float: bool) -> tuple[int, bool]:
    """The depth (bits, is_float) in which a kind of file keeps a source of the given depth."""
    match suffix.lower():
        case ".exr":
            return (32 if is_float and bits == 32 else 16), True
        case ".dpx":
            return 10, False
        case ".jpg" | ".jpeg":
            return 8, False
        case ".tif" | ".tiff" if is_float:
            return 32, True
        case _:
            return (8 if bits == 8 else 16), False


def held_channels(suffix: str, extra: Iterable[str]) -> tuple[str, ...]:
    """Which channels beside R, G and B a kind of file holds."""
    match suffix.lower():
        case ".exr":
            return tuple(extra)
        case ".png" | ".tif" | ".tiff":
            return tuple(name for name in extra if name == ALPHA)
    return ()


def associates_alpha(suffix: str, source: bool | None) -> bool | None:
    """Whether a kind of file means its colours multiplied by alpha; None: it has no rule."""
    match suffix.lower():
        case ".exr":
            return True
        case ".png":
            return False
    return source  # TIFF says which it is


def write_picture(path: str | Path, frame: Frame) -> None:
    """Write one picture, in the depth of the frame as far as the kind of file can; replaces a file.

    Raises:
        OutputError: no known kind of picture, or its folder cannot be written.
        DiskFullError: no room left.
    """
    path = Path(path)
    if path.suffix.lower() not in PICTURE_SUFFIXES:
        raise OutputError(
            f"{path} has no known picture extension.",
            f"Use one of {', '.join(sorted(PICTURE_SUFFIXES))}.",
        )
    bits, is_float = picture_depth(path.suffix, frame.dtype.itemsize * 8, frame.dtype.kind == "f")
    part = PartFolder(str(path))
    try:
        write(part, path.name, frame, PictureFormat(bits, is_float))
        part.publish()
    finally:
        part.discard()


def write(
    part: PartFolder,
    name: str,
    frame: Frame,
    form: PictureFormat,
    extras: Extras = Extras(),  # noqa: B008 - frozen
    timecode: Timecode | None = None,
) -> None:
    """Write a picture file called `name` into a part folder.

    Args:
        extras: of the frame's size, and only what this kind of file holds.

    Raises:
        DiskFullError, OutputError, JobError: it could not be written.
    """
    path = part.path / name
    if path.suffix.lower() in (".jpg", ".jpeg"):
        data = _jpeg(frame, form.pixel_aspect)
        try:
            path.write_bytes(data)
        except OSError as error:
            raise part.failure(name, error) from error
        return
    if path.suffix.lower() == ".exr":
        pixels = _in_depth(frame, form)
        channels = {
            name: plane
            if plane.dtype.kind == "f" or plane.dtype == np.uint32
            # An integer alpha of a PNG or a movie: as deep as the colours beside it.
            else _in_depth(plane, form)
            for name, plane in extras.channels.items()
        }
        header = _exr.header(extras.header, form.pixel_aspect, form.rate, timecode, form.colour)
        why = _exr.write(path, pixels, channels, header)
    else:
        planes = [extras.channels[n][..., None] for n in extras.channels]
        pixels = np.concatenate([_in_depth(p, form) for p in (frame, *planes)], axis=2)
        why = _write_oiio(path, pixels, form, timecode)
    if why:
        full = part.probe_room(pixels.nbytes)
        if full:
            raise part.failure(name, full)
        raise JobError(f"Cannot write {name}: {why}.", "Check the disk and the folder.")


def _in_depth(pixels: NDArray[Any], form: PictureFormat) -> NDArray[Any]:
    if form.is_float:
        return to_floats(pixels, np.dtype("float16" if form.bits == 16 else "float32"))
    return full_scale(to_codes(pixels, form.bits), form.bits)


def _write_oiio(
    path: Path, pixels: NDArray[Any], form: PictureFormat, timecode: Timecode | None
) -> str:
    height, width, channels = pixels.shape
    spec = oiio.ImageSpec(width, height, channels, _KINDS[pixels.dtype.name])
    spec.attribute("oiio:UnassociatedAlpha", int(not form.premultiplied))  # written as they are
    spec.attribute("PixelAspectRatio", float(form.pixel_aspect))
    if form.pixel_aspect != 1:  # PNG and TIFF have no other place for it; PNG takes whole numbers
        spec.attribute("XResolution", float(form.pixel_aspect.denominator))
        spec.attribute("YResolution", float(form.pixel_aspect.numerator))
    if not form.is_float:
        spec.attribute("oiio:BitsPerSample", form.bits)
    if path.suffix.lower() == ".dpx":
        _describe_dpx(spec, form, timecode)
    else:
        spec.attribute("compression", "zip")
    if path.suffix.lower() == ".png" and form.colour.primaries != UNSPECIFIED:
        tags = (form.colour.primaries, form.colour.transfer, RGB_MATRIX, 1)
        spec.attribute("CICP", oiio.TypeDesc("int[4]"), tags)
    output = oiio.ImageOutput.create(str(path))
    if output is None:
        return str(oiio.geterror())
    done = output.open(str(path), spec) and output.write_image(np.ascontiguousarray(pixels))
    done = output.close() and done  # what the DPX writer cannot write shows here
    # The PNG writer leaves a failed write as a pending error only, and the TIFF writer one about
    # Exif data, of which we have none, when all is well.
    pending = [line for line in output.geterror().splitlines() if "Exif data" not in line]
    return "" if done and not pending else " ".join(pending[:1]) or "unknown reason"


def _describe_dpx(spec: Any, form: PictureFormat, timecode: Timecode | None) -> None:
    if form.rate:  # of the film and of the television header
        spec.attribute("dpx:FrameRate", float(form.rate))
        spec.attribute("dpx:TemporalFrameRate", float(form.rate))
    if timecode:
        spec.attribute("smpte:TimeCode", oiio.TypeDesc("timecode"), (timecode.word, 0))
    if form.colour.dpx_transfer:
        spec.attribute("dpx:Transfer", form.colour.dpx_transfer)
    if form.colour.dpx_colorimetric:
        spec.attribute("dpx:Colorimetric", form.colour.dpx_colorimetric)


def _jpeg(frame: Frame, pixel_aspect: Fraction) -> bytes:
    # Encoded in memory: libjpeg inside OpenImageIO ends the whole process when the disk is full.
    options = [cv2.IMWRITE_JPEG_QUALITY, 95]
    options += [cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444]
    done, data = cv2.imencode(".jpg", to_codes(frame, 8)[..., ::-1], options)
    if not done:
        raise JobError("A frame cannot be encoded as JPEG.")
    coded = bytearray(data.tobytes())
    ratio = pixel_aspect.limit_denominator(1000)
    struct.pack_into(">BHH", coded, 13, 0, *ratio.as_integer_ratio())  # density in the JFIF header
    return bytes(coded)
