"""Writing pictures, and files of a sequence: JPEG through OpenCV, all else through OpenImageIO."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import OpenImageIO as oiio  # noqa: N813 - as its own documentation does

from ..depth import Frame, full_scale, to_codes, to_floats
from ..errors import JobError, OutputError
from ..parts import PartFolder
from ._picture_in import PICTURE_SUFFIXES

_KINDS = {"uint8": oiio.UINT8, "uint16": oiio.UINT16, "float16": oiio.HALF, "float32": oiio.FLOAT}


@dataclass(frozen=True)
class PictureFormat:
    """How to write: depth, and what the file says besides its pixels."""

    bits: int
    is_float: bool
    pixel_aspect: Fraction = Fraction(1)
    rate: Fraction | None = None


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


def write(part: PartFolder, name: str, frame: Frame, form: PictureFormat) -> None:
    """Write a picture file called `name` into a part folder.

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
    if form.is_float:
        pixels = to_floats(frame, np.dtype("float16" if form.bits == 16 else "float32"))
    else:
        pixels = full_scale(to_codes(frame, form.bits), form.bits)
    why = _write_oiio(path, np.ascontiguousarray(pixels), form)
    if why:
        full = part.probe_room(pixels.nbytes)
        if full:
            raise part.failure(name, full)
        raise JobError(f"Cannot write {name}: {why}.", "Check the disk and the folder.")


def _write_oiio(path: Path, pixels: Frame, form: PictureFormat) -> str:
    spec = oiio.ImageSpec(pixels.shape[1], pixels.shape[0], 3, _KINDS[pixels.dtype.name])
    spec.attribute("PixelAspectRatio", float(form.pixel_aspect))
    if form.pixel_aspect != 1:  # PNG and TIFF have no other place for it; PNG takes whole numbers
        spec.attribute("XResolution", float(form.pixel_aspect.denominator))
        spec.attribute("YResolution", float(form.pixel_aspect.numerator))
    if not form.is_float:
        spec.attribute("oiio:BitsPerSample", form.bits)
    if path.suffix.lower() != ".dpx":
        spec.attribute("compression", "zip")
    if path.suffix.lower() == ".exr" and form.rate:
        spec.attribute("framesPerSecond", "rational", form.rate.as_integer_ratio())
    output = oiio.ImageOutput.create(str(path))
    if output is None:
        return str(oiio.geterror())
    done = output.open(str(path), spec) and output.write_image(pixels)
    done = output.close() and done  # what the DPX writer cannot write shows here
    # The PNG writer leaves a failed write as a pending error only, and the TIFF writer one about
    # Exif data, of which we have none, when all is well.
    pending = [line for line in output.geterror().splitlines() if "Exif data" not in line]
    return "" if done and not pending else " ".join(pending[:1]) or "unknown reason"


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
