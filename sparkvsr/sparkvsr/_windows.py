"""What an engine is given for each window of a plan: source frames, keyframes and anchors.

Axes: H W pixels, C channels.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from ._look import ShotLook, digest_of
from .backend import Cancelled, Request
from .engines import Engine, EngineFrame, LatentEngine, Reference, Window
from .errors import EngineError, SparkVSRError
from .latents import Latent
from .planner import Anchor, KeyframeSlot, Plan, PlannedWindow
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
            window = self.window(planned, shelf.take)
            if anchors_first:
                for index in shelf.owed(position):
                    shelf.put(position, index, self.anchor(planned, window, index))
            yield planned, window, shelf

    def window(
        self, planned: PlannedWindow, anchor_frame: Callable[[Anchor], EngineFrame]
    ) -> Window:
        """A window with all of its references."""
        anchors = []
        for anchor in planned.anchors:
            frame, local = anchor_frame(anchor), planned.local(anchor.index)
            source, digest = self.look.at(anchor.index), digest_of(frame.picture_HWC)
            anchors.append(Reference(local, local, frame.picture_HWC, source, digest, frame.trust))
        outside = [slot for slot in (planned.before, planned.after) if slot is not None]
        return replace(
            self.bare(planned),
            inside=(*self._references(planned, planned.keyframes), *anchors),
            outside=tuple(self._references(planned, outside)),
        )

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

    def restored(self, planned: PlannedWindow, window: Window) -> Iterator[tuple[int, EngineFrame]]:
        """Indices in the shot and frames of a window, in the engine's order; no padding."""
        with self.telling(planned):
            if self.tiles:
                frames = restore_tiled(self.engine, window, self.tiles)
            else:
                frames = self.engine.restore(window)
        for i in range(planned.stop - planned.start):
            with self.telling(planned):
                frame = next(frames, None)
                if frame is None:
                    raise ValueError(f"it gave {i} of {window.frames} frames")
            yield planned.shot_index(i), frame

    def latents(self, planned: PlannedWindow, window: Window) -> Sequence[Latent]:
        """What `restored` would decode; only for a `latent_engine`."""
        assert self.latent_engine is not None  # noqa: S101
        with self.telling(planned):
            return self.latent_engine.latents(window)

    def previewed(self, planned: PlannedWindow, window: Window, index: int) -> EngineFrame:
        """One frame of a window, by its index in the shot; close to what `restored` gives."""
        local = planned.local(index)
        with self.telling(planned):
            if self.tiles:
                return preview_tiled(self.engine.preview, window, self.tiles, local)
            return self.engine.preview(window, local)

    @property
    def latent_engine(self) -> LatentEngine | None:
        """The engine, where windows are joined in latents.

        Not where there are tiles: each is decoded by itself, and a decoder's state is large.
        """
        in_latents = self.request.settings.cross_fade == "latents" and not self.tiles
        return self.engine if in_latents and isinstance(self.engine, LatentEngine) else None

    @property
    def has_anchors_apart(self) -> bool:
        """Anchors are not frames of the restored windows but made for themselves."""
        guidance = self.request.settings.guidance
        return self.latent_engine is not None or self._anchor_guidance != guidance

    @property
    def _anchor_guidance(self) -> float:
        """At which anchors are made.

        At 1 unless asked otherwise: were it that of the job, it would be applied again in every
        window that the anchors lead through; and they would be made anew for every value.
        """
        settings = self.request.settings
        return settings.guidance if settings.anchor_guidance == "job" else 1.0

    def anchor(self, planned: PlannedWindow, window: Window, index: int) -> EngineFrame:
        """One frame of the window, for a neighbour to follow."""
        window, local = replace(window, guidance=self._anchor_guidance), planned.local(index)
        with self.telling(planned):
            if self.tiles:
                return preview_tiled(self.engine.frame, window, self.tiles, local)
            return self.engine.frame(window, local)

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

    def take(self, anchor: Anchor) -> EngineFrame:
        """Give it to one of its users."""
        key = (anchor.window, anchor.index)
        self._users[key] -= 1
        return self._frames[key] if self._users[key] else self._frames.pop(key)
