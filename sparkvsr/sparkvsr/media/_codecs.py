"""Which codecs a movie may be written with, and what each keeps of a picture."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal, get_args

from av.codec import codecs_available

from ..errors import OutputError

CodecName = Literal["prores4444", "dnxhr444", "ffv1", "hevc10", "h264"]

# By extension: the container of FFmpeg, and the codecs that go into it; the first is the default.
_CONTAINERS: Final[dict[str, tuple[str, tuple[CodecName, ...]]]] = {
    ".mkv": ("matroska", ("ffv1", "hevc10", "h264")),
    ".mov": ("mov", ("prores4444", "dnxhr444", "hevc10", "h264")),
    ".mp4": ("mp4", ("hevc10", "h264")),
    ".mxf": ("mxf", ("dnxhr444",)),
}
MOVIE_SUFFIXES: Final = tuple(_CONTAINERS)

_ENCODERS: Final[dict[CodecName, str]] = {
    "prores4444": "prores_ks",
    "dnxhr444": "dnxhd",
    "ffv1": "ffv1",
    "hevc10": "libx265",
    "h264": "libx264",
}


@dataclass(frozen=True)
class Codec:
    """How a movie is encoded.

    Attributes:
        bits: what it keeps of the picture.
        pix_fmt: FFmpeg's name of the pixel format.
        holds_alpha: alpha can go beside the colours.
    """

    name: CodecName
    container: str
    encoder: str
    pix_fmt: str
    bits: int
    options: Mapping[str, str] = field(default_factory=dict)
    holds_alpha: bool = False


def choose_codec(
    file: str, codec: CodecName | None, bits: int, width: int, height: int, *, alpha: bool
) -> Codec:
    """The codec `codec` as this file's container takes it; None chooses by extension.

    The default of .mov is ProRes 4444, of .mxf DNxHR 444, of .mkv FFV1 (lossless RGB), of .mp4
    H.264 for 8 bits and HEVC for more.

    Args:
        bits: of the source.
        alpha: there is an alpha to be written, where the codec can hold it.

    Raises:
        OutputError: the container does not take the codec, FFmpeg has no encoder for it here, or
            the picture is too small for it.
    """
    container, possible = _CONTAINERS[Path(file).suffix.lower()]
    name = codec or ("h264" if container == "mp4" and bits == 8 else possible[0])
    if name not in get_args(CodecName):
        raise OutputError(
            f"There is no codec {name}.", f"Use one of {', '.join(get_args(CodecName))}."
        )
    if name not in possible:
        suffixes = [s for s, (_, codecs) in _CONTAINERS.items() if name in codecs]
        raise OutputError(
            f"{file} cannot hold {name}, only {', '.join(possible)}.",
            f"Choose one of those, or write a file of {' or '.join(suffixes)}.",
        )
    encoder = _ENCODERS[name]
    if encoder not in codecs_available:
        here = [n for n, e in _ENCODERS.items() if e in codecs_available]
        raise OutputError(
            f"{file} cannot be written: this installation of FFmpeg has no encoder for {name}.",
            f"Possible here: {', '.join(here) or 'picture sequences only'}.",
        )
    if name == "dnxhr444" and (width < 256 or height < 120):
        raise OutputError(
            f"{file} cannot be encoded at {width}x{height}: DNxHR starts at 256x120.",
            "Use another codec, or a picture sequence.",
        )
    sampling = "444" if width % 2 or height % 2 else "420"
    match name:
        case "ffv1":
            depth = min(bits, 16)
            pix_fmt = f"gbr{'a' * alpha}p{depth}le"
            if depth == 8:  # FFV1 has no 8-bit gbrp
                pix_fmt = "bgra" if alpha else "bgr0"
            options = {"level": "3", "slicecrc": "1"}
            return Codec(name, container, encoder, pix_fmt, depth, options, holds_alpha=True)
        case "prores4444":
            pix_fmt = f"yuv{'a' * alpha}444p10le"
            return Codec(name, container, encoder, pix_fmt, 10, {"profile": "4444"}, True)
        case "dnxhr444":
            return Codec(name, container, encoder, "yuv444p10le", 10, {"profile": "dnxhr_444"})
        case "h264":
            return Codec(name, container, encoder, f"yuv{sampling}p", 8, {"crf": "12"})
        case "hevc10":
            # With B-frames x265 leaves the times of clips of one or two frames unset.
            options = {"crf": "12", "x265-params": "log-level=error:bframes=0"}
            return Codec(name, container, encoder, f"yuv{sampling}p10le", 10, options)
