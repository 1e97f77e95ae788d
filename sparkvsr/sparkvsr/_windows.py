"""What an engine is given for each window of a plan: source frames, keyframes and anchors.

Axes: H W pixels, C channels.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from ._look import ShotLook, digest_of
from .backend import Cancelled, Request
from .engines import Engine, EngineFrame, Reference, Window
from .errors import EngineError, SparkVSRError
from .planner import KeyframeSlot, Plan, PlannedWindow
from .tile_planner import Tile
from .tiling import preview_tiled, restore_tiled


@dataclass(frozen=True)
class ShotWindows:
    """The windows of a shot, ready for an engine.

    Attributes:
        tiles: that windows are divided into; empty for whole pictures.
    """

    engine: Engine
    request: Request
    plan: Plan
    look: ShotLook
    tiles: Sequence[Tile]
    cancelled: Cancelled

    def prepared(
        self, positions: Iterable[int], *, anchors_first: bool
    ) -> Iterator[tuple[PlannedWindow, Window, AnchorShelf]]:
        """Windows with all of their references.

        Args:
            positions: in the plan, such that each comes behind those that it has anchors of.
            anchors_first: make the anchors of a window before it is given; else they are expected
                on the shelf before the next window is asked for.
        """
        positions = list(positions)
        shelf = AnchorShelf([self.plan.windows[position] for position in positions])
        for position in positions:
            planned = self.plan.windows[position]
            window = self._window(planned, shelf)
            if anchors_first:
                for index in shelf.owed(position):
                    shelf.put(position, index, self._anchor(planned, window, index))
            yield planned, window, shelf

    def bare(self, planned: PlannedWindow) -> Window:
        """A window without any reference."""
        settings = self.request.settings
        return Window(
            frames=planned.length,
            source=lambda i: self.look.at(planned.shot_index(i)),
            digest=lambda i: self.look.digest(planned.shot_index(i)),
            inside=(),
            outside=(),
            upscale=self.look.upscale,
            guidance=settings.guidance,
            seed=settings.seed + planned.start,
            cancelled=self.cancelled,
        )

    def restored(self, planned: PlannedWindow, window: Window) -> Iterator[EngineFrame]:
        """All frames of a window, T of them."""
        given = 0
        with self.telling(planned):
            for frame in (
                restore_tiled(self.engine, window, self.tiles)
                if self.tiles
                else self.engine.restore(window)
            ):
                given += 1
                yield frame
            if given < window.frames:
                raise ValueError(f"it gave {given} of {window.frames} frames")

    def previewed(self, planned: PlannedWindow, window: Window, index: int) -> EngineFrame:
        """One frame of a window, by its index in the shot; close to what `restored` gives."""
        local = planned.local(index)
        with self.telling(planned):
            if self.tiles:
                return preview_tiled(self.engine.preview, window, self.tiles, local)
            return self.engine.preview(window, local)

    @property
    def anchor_guidance(self) -> float:
        """At which anchors are made.

        At 1 unless asked otherwise: were it that of the job, it would be applied again in every
        window that the anchors lead through; and they would be made anew for every value.
        """
        settings = self.request.settings
        return settings.guidance if settings.anchor_guidance == "job" else 1.0

    def _anchor(self, planned: PlannedWindow, window: Window, index: int) -> EngineFrame:
        """One frame of the window, for a neighbour to follow."""
        window, local = replace(window, guidance=self.anchor_guidance), planned.local(index)
        with self.telling(planned):
            if self.tiles:
                return preview_tiled(self.engine.frame, window, self.tiles, local)
            return self.engine.frame(window, local)

    def _window(self, planned: PlannedWindow, shelf: AnchorShelf) -> Window:
        anchors = []
        for anchor in planned.anchors:
            frame, local = shelf.take(anchor.window, anchor.index), planned.local(anchor.index)
            source, digest = self.look.at(anchor.index), digest_of(frame.picture_HWC)
            anchors.append(Reference(local, local, frame.picture_HWC, source, digest, frame.trust))
        outside = [slot for slot in (planned.before, planned.after) if slot is not None]
        return replace(
            self.bare(planned),
            inside=(*self._references(planned, planned.keyframes), *anchors),
            outside=tuple(self._references(planned, outside)),
        )

    def _references(
        self, planned: PlannedWindow, slots: Iterable[KeyframeSlot]
    ) -> Iterator[Reference]:
        for slot in slots:
            picture_HWC = self.look.keyframe(slot.keyframe)
            if picture_HWC is not None:
                yield Reference(
                    index=planned.local(slot.index),
                    slot=planned.local(slot.slot),
                    picture_HWC=picture_HWC,
                    source_HWC=self.look.at(slot.index),
                    digest=self.look.keyframe_digest(slot.keyframe),
                )

    @contextmanager
    def telling(self, planned: PlannedWindow) -> Iterator[None]:
        """Whatever goes wrong inside is told with the engine and its frames."""
        number = self.request.shot.frame_number
        try:
            yield
        except (SparkVSRError, GeneratorExit):
            raise
        except Exception as error:
            raise EngineError(
                f"The {self.engine.name} engine failed in frames {number(planned.start)} to "
                f"{number(planned.stop - 1)}: {error}.",
                "Restore a shorter range to find the frame, and report it with the log.",
            ) from error


class AnchorShelf:
    """Restored frames that neighbours will want as references; each leaves with its last user."""

    def __init__(self, windows: Iterable[PlannedWindow]) -> None:
        self._users = Counter((a.window, a.index) for w in windows for a in w.anchors)
        self._frames: dict[tuple[int, int], EngineFrame] = {}

    def owed(self, position: int) -> list[int]:
        """Frames of a window that neighbours will ask for."""
        return [index for window, index in self._users if window == position]

    def put(self, position: int, index: int, frame: EngineFrame) -> None:
        """Keep a frame of the window at a position."""
        self._frames[position, index] = frame

    def take(self, position: int, index: int) -> EngineFrame:
        """Give it to one of its users."""
        key = (position, index)
        self._users[key] -= 1
        return self._frames[key] if self._users[key] else self._frames.pop(key)
