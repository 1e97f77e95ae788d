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
from ._info import UNSPECIFIED, ColourTags
from ._rate import rate_of
from ._window import in_window

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
        part: of a multi-part EXR the one that holds the colours.
        rgb: indices of the colour channels in that part: three, or one for a grey picture.
        extra: names of all other channels; of other parts `part.channel`.
        bits: as in `MediaInfo`.
        premultiplied: as in `MediaInfo`.
        rate: None where the file does not say.
        timecode: the word of EXR and DPX; None where the file does not say.
        overscan: there are pixels outside of the display window.
    """

    width: int
    height: int
    part: int
    rgb: tuple[int, ...]
    extra: tuple[str, ...]
    dtype: np.dtype[Any]
    bits: int
    premultiplied: bool | None
    pixel_aspect: Fraction
    rate: Fraction | None
    timecode: int | None
    colour: ColourTags
    overscan: bool


def read_header(path: Path, error: type[InputError]) -> Header:
    """What a picture file says, without its pixels. Raises `error` when it is no usable picture."""
    with opened(path, error) as picture:
        return describe(picture, path, error)


def read(path: Path, error: type[InputError]) -> tuple[Header, Frame]:
    """A picture file: its header, and H W 3 RGB as stored. Raises `error` when it is not usable."""
    with opened(path, error) as picture:
        header = describe(picture, path, error)
        begin, end = min(header.rgb), max(header.rgb) + 1
        stored = picture.read_image(header.part, 0, begin, end, _KINDS[header.dtype.name])
        if stored is None:
            raise error(f"{path} cannot be read: {reason(picture)}.", "Write the picture again.")
        spec = picture.spec()
    stored = stored.reshape(spec.height, spec.width, end - begin)
    frame = np.ascontiguousarray(stored[..., [c - begin for c in header.rgb]])
    if len(header.rgb) == 1:
        frame = np.repeat(frame, 3, axis=2)
    window = (spec.full_x, spec.full_y, spec.full_width, spec.full_height)
    return header, in_window(frame, spec.x, spec.y, window)


def read_picture(path: str | Path) -> Frame:
    """A keyframe: H W 3 RGB as stored (PNG, TIFF, EXR, JPEG, DPX); grey gives three equal channels.

    Raises:
        KeyframeError: no such file, or no picture that can be used.
    """
    return read(Path(path), KeyframeError)[1]


def picture_facts(path: str | Path) -> tuple[ColourTags, bool]:
    """What a keyframe's file says about its colours, and whether it holds floats.

    Raises:
        KeyframeError: no such file, or no picture that can be used.
    """
    header = read_header(Path(path), KeyframeError)
    return header.colour, header.dtype.kind == "f"


@contextmanager
def opened(path: Path, error: type[InputError]) -> Iterator[Any]:
    """OpenImageIO's input for a file. Raises `error` when it is no picture."""
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


def describe(picture: Any, path: Path, error: type[InputError]) -> Header:
    """What an open picture file says; its colour part is chosen for what is read next."""
    part, spec, extra = _colour_part(picture)
    names: tuple[str, ...] = spec.channelnames
    if {"R", "G", "B"} <= set(names):
        rgb = tuple(names.index(c) for c in "RGB")
    elif (
        names == ("Y",)
        or names == ("Y", "A")
        or (len(names) < 3 and picture.format_name() != "openexr")
    ):
        rgb = (0,)
    else:
        raise error(
            f"{path} has no R, G and B channels, only {', '.join((*names, *extra))}.",
            "Write the picture with its colours in the main layer.",
        )
    kind = spec.channelformat(rgb[0]).basetype
    if spec.deep:
        raise error(f"{path} is a deep picture.", "Flatten it first.")
    if kind not in _DTYPES:
        raise error(
            f"{path} stores {spec.channelformat(rgb[0])} values.",
            "Use 8 or 16 bit integers, half or float.",
        )
    dtype = np.dtype(_DTYPES[kind])
    bits = spec.get_int_attribute("oiio:BitsPerSample") if kind == oiio.UINT16 else 0
    word = spec.getattribute("smpte:TimeCode")
    return Header(
        width=spec.full_width,
        height=spec.full_height,
        part=part,
        rgb=rgb,
        extra=tuple(n for c, n in enumerate(names) if c not in rgb) + extra,
        dtype=dtype,
        bits=bits if bits in (10, 12) else dtype.itemsize * 8,
        premultiplied=_premultiplied(picture.format_name(), spec) if "A" in names else None,
        pixel_aspect=_pixel_aspect(spec.get_float_attribute("PixelAspectRatio", 1.0)),
        rate=rate_of(spec.getattribute("framesPerSecond") or spec.getattribute("dpx:FrameRate"))
        or rate_of(spec.getattribute("dpx:TemporalFrameRate")),
        timecode=word[0] if word else None,
        colour=_colour_tags(spec),
        overscan=spec.x < spec.full_x
        or spec.y < spec.full_y
        or spec.x + spec.width > spec.full_x + spec.full_width
        or spec.y + spec.height > spec.full_y + spec.full_height,
    )


def _colour_part(picture: Any) -> tuple[int, Any, tuple[str, ...]]:
    """The first part with R, G and B, else the first; its spec; the channels of all others."""
    specs: list[Any] = [picture.spec()]
    # The pages of a TIFF are other pictures, not parts of this one.
    while picture.format_name() == "openexr" and picture.seek_subimage(len(specs), 0):
        specs.append(picture.spec())
    found = (n for n, spec in enumerate(specs) if {"R", "G", "B"} <= set(spec.channelnames))
    part = next(found, 0)
    extra = tuple(name for n, spec in enumerate(specs) if n != part for name in layer_names(spec))
    picture.seek_subimage(part, 0)
    return part, specs[part], extra


def layer_names(spec: Any) -> tuple[str, ...]:
    """The names under which the channels of another part go into a file of one part."""
    layer = spec.get_string_attribute("oiio:subimagename") + "."
    return tuple(c if c.startswith(layer) else layer + c for c in spec.channelnames)


def _premultiplied(kind: str, spec: Any) -> bool | None:
    match kind:
        case "openexr":
            return True
        case "png":
            return False
        case "tiff":
            return not spec.get_int_attribute("oiio:UnassociatedAlpha")
    return None


def _colour_tags(spec: Any) -> ColourTags:
    coded = spec.getattribute("CICP") or (UNSPECIFIED, UNSPECIFIED)
    return ColourTags(
        primaries=coded[0],
        transfer=coded[1],
        space=spec.get_string_attribute("colorInteropID"),
        chromaticities=spec.getattribute("chromaticities"),
        dpx_transfer=spec.get_string_attribute("dpx:Transfer"),
        dpx_colorimetric=spec.get_string_attribute("dpx:Colorimetric"),
    )


def _pixel_aspect(value: float) -> Fraction:
    return Fraction(value).limit_denominator(1000) if 0.01 < value < 100 else Fraction(1)


def reason(file: Any) -> str:
    """What OpenImageIO says went wrong with an input or output."""
    return str(file.geterror()).strip().partition("\n")[0].rstrip(". ") or "unknown reason"
