"""A shot for tests of the daemon's client: noise, that can be read again."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sparkvsr.backend import Backend, KeyframePicture, Notice, Request, RestoredFrame
from sparkvsr.job import Settings, Shot

FIRST_FRAME = 1001


class Plate:
    """A shot of noise, some of whose frames are equal, and how often it was read."""

    def __init__(self, frames: int = 6, size: int = 8, preview: int | None = None) -> None:
        random = np.random.default_rng(frames)
        noise = random.integers(0, 255, (frames, size, size, 3), np.uint8)
        self.pictures: list[NDArray[Any]] = [noise[min(i, i ^ 3)] for i in range(frames)]
        self.passes = 0
        key = KeyframePicture(0, 255 - self.pictures[0])
        shot = Shot(width=size, height=size, frames=frames, first_frame=FIRST_FRAME)
        settings = Settings(upscale=1, engine="identity")
        self.request = Request(shot, (key,), settings, "uint8", preview=preview)
        self.notices: list[Notice] = []

    def frames(self) -> Iterator[NDArray[Any]]:
        self.passes += 1
        yield from list(self.pictures)

    def restore(
        self, backend: Backend, cancelled: Callable[[], bool] = lambda: False
    ) -> Iterator[RestoredFrame]:
        return backend.restore(
            self.request, self, on_notice=self.notices.append, cancelled=cancelled
        )

    def texts(self, kind: str = "warning") -> list[str]:
        return [notice.text for notice in self.notices if notice.kind == kind]


def check(plate: Plate, frames: Sequence[RestoredFrame]) -> None:
    preview = plate.request.preview
    wanted = range(len(plate.pictures)) if preview is None else [preview]
    assert [frame.index for frame in frames] == list(wanted)
    for frame in frames:
        np.testing.assert_array_equal(frame.picture, plate.pictures[frame.index])
