"""Engines whose frames depend on all that they are given, so that every mistake shows; and jobs."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
import pytest

from sparkvsr import KeyframePicture, Request, RestoredFrame, Settings, Shot, executor
from sparkvsr.depth import Frame
from sparkvsr.engines import Engine, EngineFrame, Picture, Window
from sparkvsr.engines.flow import FlowEngine
from sparkvsr.engines.identity import IdentityEngine
from sparkvsr.latents import Latent, latent_of

HEIGHT, WIDTH = 20, 28


class MemoryShot:
    """Frames of noise; implements `ShotSource`.

    Attributes:
        on_read: called whenever a frame is read.
    """

    def __init__(self, frames: int, height: int, width: int, delay_s: float = 0.0) -> None:
        """
        Args:
            delay_s: that reading a frame takes.
        """
        rng = np.random.default_rng(frames)
        self._frames: list[Frame] = list(rng.random((frames, height, width, 3), np.float32))
        self._delay_s = delay_s
        self.on_read: Callable[[], None] | None = None

    def at(self, index: int) -> Frame:
        if self.on_read is not None:
            self.on_read()
        time.sleep(self._delay_s)
        return self._frames[index]

    def digest(self, index: int) -> str:
        return str(index)


class Sensitive(IdentityEngine):
    """Frames depend on window, frame, references and guidance.

    Attributes:
        on_window: called with each window that is begun, with its seed: it tells which it is.
        calls: how often `frame` gave one.
    """

    window: ClassVar[int] = 17
    overlap: ClassVar[int] = 9

    def __init__(self, on_window: Callable[[int], None] = lambda seed: None) -> None:
        self.on_window = on_window
        self.calls = 0

    def work(self) -> dict[str, int]:
        return {"frames": self.calls}

    def restore(self, window: Window) -> Iterator[EngineFrame]:
        self.on_window(window.seed)
        return (self._made(window, index) for index in range(window.frames))

    def frame(self, window: Window, index: int) -> EngineFrame:
        self.on_window(window.seed)
        return self._made(window, index)

    def _made(self, window: Window, index: int) -> EngineFrame:
        self.calls += 1
        frame = super().frame(window, index)
        picture_HWC, trust = frame.picture_HWC + np.float32(1e-3 * np.sin(window.seed)), 0.1
        for reference in (*window.inside, *window.outside):
            nearness = 0.8 ** abs(reference.index - index)
            change_HWC = reference.picture_HWC - reference.source_HWC.mean()
            picture_HWC = picture_HWC + np.float32(0.2 * window.guidance * nearness) * change_HWC
            trust = max(trust, reference.trust * nearness)
        return EngineFrame(np.asarray(picture_HWC, np.float32), trust)


class SensitiveInLatents(Sensitive):
    """The same, decoded by a causal decoder that remembers all latents since its first."""

    def latents(self, window: Window) -> Sequence[Latent]:
        self.on_window(window.seed)
        frames = [self._made(window, index) for index in range(window.frames)]
        return [
            Latent(
                np.mean([f.picture_HWC[::2, ::2] for f in group], axis=0).transpose(2, 0, 1),
                group[-1].trust,
            )
            for group in [frames[:1], *(frames[i : i + 4] for i in range(1, len(frames), 4))]
        ]

    def decode(self, window: Window, latents: Iterator[Latent]) -> Iterator[EngineFrame]:
        remembered_Chw: Picture | None = None
        for latent in latents:
            held = 1 if remembered_Chw is None else 4
            remembered_Chw = latent.values_Chw + np.float32(0.5) * (
                np.float32(0) if remembered_Chw is None else remembered_Chw
            )
            height, width = (side * window.upscale for side in window.source(0).shape[:2])
            large_HWC = remembered_Chw.transpose(1, 2, 0).repeat(2, 0).repeat(2, 1)
            for t in range(held):
                picture_HWC = large_HWC[:height, :width] * np.float32(1 + 0.01 * t)
                yield EngineFrame(np.ascontiguousarray(picture_HWC), latent.carried)

    def decode_frame(
        self, window: Window, index: int, latent: Callable[[int], Latent]
    ) -> EngineFrame:
        latents = map(latent, range(latent_of(index) + 1))
        return list(self.decode(window, latents))[index]


@dataclass
class Case:
    """A job on frames in memory."""

    frames: int
    keyframes: tuple[int, ...] = ()
    cuts: tuple[int, ...] = ()
    engine: type[Sensitive] | type[FlowEngine] = Sensitive
    settings: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.source = MemoryShot(self.frames, HEIGHT, WIDTH)
        chosen: dict[str, Any] = {"engine": "identity", "upscale": 1.0, "grade": "off"}
        self.request = Request(
            Shot(width=WIDTH, height=HEIGHT, frames=self.frames, cuts=self.cuts),
            tuple(KeyframePicture(i, self._keyframe(i)) for i in self.keyframes),
            Settings(**chosen | self.settings),
            depth="half",
        )

    def _keyframe(self, index: int) -> Frame:
        upscale = int(self.settings.get("upscale", 1))
        picture = self.source.at(index).repeat(upscale, 0).repeat(upscale, 1)
        return np.asarray(0.8 * picture + 0.1, np.float32)

    def run(self, engine: Engine | None = None, **arguments: Any) -> Iterator[RestoredFrame]:
        """With arguments of `executor.run`."""
        with pytest.MonkeyPatch.context() as patch:
            made = engine or self.engine()
            patch.setattr("sparkvsr.executor.make_engine", lambda *_: made)
            usual: dict[str, Any] = {"on_notice": lambda notice: None, "cancelled": lambda: False}
            yield from executor.run(self.request, self.source, **usual | arguments)

    @property
    def in_latents(self) -> bool:
        """Windows are joined in latents."""
        wanted = self.request.settings.cross_fade == "latents" and not self.request.settings.tile
        return wanted and issubclass(self.engine, SensitiveInLatents)


def same(ours: RestoredFrame, want: RestoredFrame) -> None:
    assert (ours.index, ours.trust) == (want.index, want.trust)
    assert ours.picture.tobytes() == want.picture.tobytes()
