"""Files that renders and stills leave: pictures through OpenImageIO, movies through PyAV."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any, Protocol

import av
import numpy as np
import OpenImageIO as oiio  # noqa: N813 - as its own documentation does
from numpy.typing import NDArray

Picture = NDArray[np.float32]
DEPTHS = {
    "RGBHalf": ("half", 16),
    "RGBHalfZIP": ("half", 16),
    "RGBFloat": ("float", 32),
    "RGB8": ("uint8", 8),
    "RGB10": ("uint16", 10),
    "RGB12": ("uint16", 12),
    "RGB16": ("uint16", 16),
}
MOVIES: dict[str, tuple[str, str, dict[str, str]]] = {
    "ProRes422HQ": ("prores_ks", "yuv422p10le", {"profile": "hq"}),
    "ProRes4444": ("prores_ks", "yuv444p10le", {"profile": "4444"}),
    "ProRes4444XQ": ("prores_ks", "yuv444p10le", {"profile": "4444xq"}),
    "DNxHRHQX_10": ("dnxhd", "yuv422p10le", {"profile": "dnxhr_hqx"}),
    "DNxHR444_12": ("dnxhd", "yuv444p10le", {"profile": "dnxhr_444"}),
    "H264": ("libx264", "yuv420p", {"crf": "4", "preset": "ultrafast"}),
}


class Output(Protocol):
    """Takes frames one by one, with their numbers."""

    def write(self, number: int, picture: Picture) -> None: ...
    def close(self, *, whole: bool) -> None: ...


def write_picture(path: Path, picture: Picture, codec: str) -> None:
    """One picture. Raises OSError when it cannot be written."""
    kind, bits = DEPTHS[codec]
    height, width = picture.shape[:2]
    spec = oiio.ImageSpec(width, height, 3, kind)
    if path.suffix == ".exr":
        spec.attribute("compression", "zip" if codec == "RGBHalfZIP" else "none")
    elif bits not in (8, 16):
        spec.attribute("oiio:BitsPerSample", bits)
    output = oiio.ImageOutput.create(str(path))
    if output is None or not output.open(str(path), spec):
        raise OSError(f"{path} cannot be written: {oiio.geterror()}")
    pixels = picture if kind in ("half", "float") else _codes(picture, kind)
    if not output.write_image(np.ascontiguousarray(pixels)) or not output.close():
        raise OSError(f"{path} cannot be written: {output.geterror()}")


def _codes(picture: Picture, kind: str) -> NDArray[Any]:
    top = np.iinfo(kind).max
    return np.asarray(np.rint(np.clip(picture, 0, 1) * top), kind)


class Pictures:
    """`<name>NNNNNNNN.ext`, one for each frame."""

    def __init__(self, folder: Path, name: str, suffix: str, codec: str) -> None:
        self._folder, self._name, self._suffix, self._codec = folder, name, suffix, codec

    def path(self, number: int) -> Path:
        return self._folder / f"{self._name}{number:08d}.{self._suffix}"

    def write(self, number: int, picture: Picture) -> None:
        write_picture(self.path(number), picture, self._codec)
        self._last = self.path(number)

    def close(self, *, whole: bool) -> None:
        """A render that was stopped leaves its last file cut off."""
        if not whole and hasattr(self, "_last"):
            data = self._last.read_bytes()
            self._last.write_bytes(data[: len(data) // 2])


class Movie:
    """One file that grows. Raises OSError when it cannot be written."""

    def __init__(self, path: Path, codec: str, rate: Fraction, timecode: str) -> None:
        encoder, self._pixels, options = MOVIES[codec]
        try:
            self._container = av.open(str(path), "w", options={"write_tmcd": "1"})
        except av.FFmpegError as error:
            raise OSError(f"{path} cannot be written: {error}") from error
        self._container.metadata["timecode"] = timecode
        stream = self._container.add_stream(encoder, rate=rate, options=options)
        assert isinstance(stream, av.VideoStream)
        self._stream, self._written = stream, 0
        stream.codec_context.pix_fmt = self._pixels
        for name in ("color_primaries", "color_trc", "colorspace", "color_range"):
            setattr(stream.codec_context, name, 1)

    def write(self, number: int, picture: Picture) -> None:
        context = self._stream.codec_context
        if not self._written:
            context.width, context.height = picture.shape[1], picture.shape[0]
        wide = av.VideoFrame.from_ndarray(_codes(picture, "uint16"), format="rgb48le")
        frame = wide.reformat(format=self._pixels, dst_colorspace=1, dst_color_range=1)
        frame.pts = self._written
        self._written += 1
        self._container.mux(self._stream.encode(frame))

    def close(self, *, whole: bool) -> None:
        if whole and self._written:
            self._container.mux(self._stream.encode(None))
        self._container.close()
