"""Watches a restoration and keeps just enough of it for the report.

Axes: H W pixels, C channels: always 3, RGB; T rows of time.
"""

from __future__ import annotations

import bisect
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ..backend import KeyframePicture
from ..depth import Frame
from ..job import Shot
from ..parts import PartFolder
from ._page import Column, Page, page
from ._pictures import BACKGROUND, Image, as_image, decode, encode, grid, resized
from ._trust import verdict

_THUMBNAIL_SIDE = 256
_ROW_WIDTH = 640
_MOST_ROWS = 2000


class ReportRecorder:
    """Sees every frame of a restoration once and writes the report page.

    The pictures are complete when every frame was shown; source frames may run ahead of results.
    Only thumbnails, one row of pixels per frame and the trust are kept: a few KB per frame.

    Args:
        shot: the geometry of the source.
        keyframes: as the restoration got them.
        upscale: output width over source width.
        columns: how many frames the contact sheet shows.
    """

    def __init__(
        self,
        shot: Shot,
        keyframes: Sequence[KeyframePicture],
        *,
        upscale: float,
        columns: int = 6,
    ) -> None:
        self._shot = shot
        self._size = _thumbnail_size(shot)
        self._keyframes = {k.index: self._thumbnail(k.picture) for k in keyframes}
        self._chosen = _spread(shot.frames, sorted(self._keyframes), columns)
        self._lowest = 0
        self._source: dict[int, Image] = {}
        self._result: dict[int, Image] = {}
        # Any frame may turn out to be the lowest, so its source waits for its result, compressed.
        self._waiting: dict[int, bytes] = {}
        self._trust = np.full(shot.frames, np.nan)
        self._step = -(-shot.frames // _MOST_ROWS)
        rows = -(-shot.frames // self._step)
        self._rows = {
            "source": np.zeros((rows, min(shot.width, _ROW_WIDTH), 3), np.uint8),
            "result": np.zeros((rows, min(round(shot.width * upscale), _ROW_WIDTH), 3), np.uint8),
        }

    def add_source(self, index: int, frame: Frame) -> None:
        """Show a source frame (H W 3); every frame once, in order, before its result."""
        self._add_row("source", index, frame)
        thumbnail = self._thumbnail(frame)
        if index in self._chosen:
            self._source[index] = thumbnail
        else:
            self._waiting[index] = encode(thumbnail, ".jpg")

    def add_result(self, index: int, frame: Frame, trust: float) -> None:
        """Show a restored frame (H W 3, output size) with its trust; every frame once, in order."""
        self._add_row("result", index, frame)
        self._trust[index] = trust
        if index in self._chosen:
            self._result[index] = self._thumbnail(frame)
        waiting = self._waiting.pop(index, None)
        if index and trust >= self._trust[self._lowest]:
            return
        if self._lowest not in self._chosen:
            self._source.pop(self._lowest, None)
            self._result.pop(self._lowest, None)
        self._lowest = index
        if waiting is not None:
            self._source[index] = decode(waiting)
            self._result[index] = self._thumbnail(frame)

    def contact_sheet(self) -> Image:
        """Source, nearest keyframe and result as three rows (H W 3), a column for each frame shown.

        A cell without a keyframe in its scene is left empty.
        """
        empty = np.full((self._size[1], self._size[0], 3), BACKGROUND, np.uint8)
        frames = self._shown()
        nearest = [self._nearest_keyframe(index) for index in frames]
        return grid(
            [
                [self._source[index] for index in frames],
                [empty if k is None else self._keyframes[k] for k in nearest],
                [self._result[index] for index in frames],
            ]
        )

    def xt_slice(self, of: Literal["source", "result"]) -> Image:
        """The middle row of the picture over all frames: T W 3, time downwards, W at most 640.

        Beyond 2000 frames T holds every second, third, … frame.
        """
        return self._rows[of]

    def write(self, path: Path, facts: Mapping[str, str], notes: Sequence[str]) -> Path:
        """Write the page: one HTML file with everything in it, whole or not at all.

        An older report of that name is replaced.

        Args:
            facts: the table of facts; its `Output` gives the page its title.
            notes: sentences for the person, warnings included.

        Raises:
            ValueError: some frame was never shown.
            OutputError: its folder cannot be written.
            DiskFullError: no room left.
        """
        unseen = [index for index in self._shown() if index not in self._source]
        if unseen or self._waiting or np.isnan(self._trust).any():
            raise ValueError("a report needs the source and the result of every frame")
        text = page(
            Page(
                title=Path(facts["Output"]).name if "Output" in facts else path.stem,
                shot=self._shot,
                keyframes=sorted(self._keyframes),
                trust=self._trust.tolist(),
                verdict=self._verdict(),
                columns=[self._column(index) for index in self._shown()],
                source_slice=self.xt_slice("source"),
                result_slice=self.xt_slice("result"),
                facts=facts,
                notes=notes,
            )
        )
        part = PartFolder(str(path))
        try:
            try:
                (part.path / path.name).write_text(text, "utf-8")
            except OSError as error:
                raise part.failure(path.name, error) from error
            part.publish()
        finally:
            part.discard()
        return path

    def _verdict(self) -> list[str]:
        if self._keyframes:
            return verdict(self._trust.tolist(), self._shot)
        return ["No keyframes: nothing was carried into the shot."]

    def _shown(self) -> list[int]:
        """The frames of the contact sheet: the least telling one makes room for the lowest."""
        if self._lowest in self._chosen:
            return sorted(self._chosen)
        return sorted([*self._chosen[:-1], self._lowest])

    def _column(self, index: int) -> Column:
        keyframe = self._nearest_keyframe(index)
        return Column(
            index=index,
            source=self._source[index],
            keyframe_index=keyframe,
            keyframe=None if keyframe is None else self._keyframes[keyframe],
            result=self._result[index],
            is_lowest=index == self._lowest,
        )

    def _nearest_keyframe(self, index: int) -> int | None:
        """The nearest keyframe of the same scene; the earlier of two."""
        scene = bisect.bisect(self._shot.cuts, index)
        same = [k for k in self._keyframes if bisect.bisect(self._shot.cuts, k) == scene]
        return min(same, key=lambda k: (abs(k - index), k), default=None)

    def _thumbnail(self, frame: Frame) -> Image:
        return as_image(resized(frame, *self._size))

    def _add_row(self, of: Literal["source", "result"], index: int, frame: Frame) -> None:
        if index % self._step == 0:
            middle = frame.shape[0] // 2
            rows = self._rows[of]
            rows[index // self._step] = as_image(
                resized(frame[middle : middle + 1], rows.shape[1], 1)
            )


def _thumbnail_size(shot: Shot) -> tuple[int, int]:
    """Width and height of a thumbnail, with square pixels."""
    width = shot.width * shot.pixel_aspect[0] / shot.pixel_aspect[1]
    scale = _THUMBNAIL_SIDE / max(width, shot.height)
    return max(1, round(width * scale)), max(1, round(shot.height * scale))


def _spread(frames: int, keyframes: Sequence[int], count: int) -> list[int]:
    """Up to `count` indices, the most telling first.

    Half of them are keyframes. The others lie well away from any keyframe, where the result is
    least certain, and as far as can be from all that were chosen before.
    """
    few = min(len(keyframes), (count + 1) // 2)
    positions = np.linspace(0, len(keyframes) - 1, few).round().astype(int)
    chosen = [keyframes[position] for position in positions] or [0]
    from_keyframes = _distances(frames, keyframes or chosen)
    weight = np.where(2 * from_keyframes >= from_keyframes.max(), frames, 1)
    distances = _distances(frames, chosen)
    while len(chosen) < min(count, frames):
        chosen.append(int((weight * distances).argmax()))
        distances = np.minimum(distances, _distances(frames, chosen[-1:]))
    return chosen


def _distances(frames: int, indices: Sequence[int]) -> NDArray[np.int64]:
    """How far each frame is from the nearest of `indices`."""
    distances = np.full(frames, frames, np.int64)
    for index in indices:
        np.minimum(distances, np.abs(np.arange(frames) - index), out=distances)
    return distances
