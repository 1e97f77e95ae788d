"""The engine `sparkvsr`: the diffusion model on the windows that the planner makes.

Every stage is kept under the hash of what it depends on: a new guidance value costs a decode and no
transformer pass, a changed keyframe the conditional pass of the windows that it reaches.

Axes: B batch (1), C channels, T frames, H W pixels at output size padded to whole tokens, L latent
frames, h w latent cells.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import asdict
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import ClassVar, Final

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from ...errors import CancelledError, EngineError
from .._base import EngineFrame, Picture, Reference, Window
from ._cache import StageCache, best_device, key_of
from ._pipeline import SparkVSRPipeline
from ._stages import (
    combine_guidance,
    decode,
    encode_references,
    encode_source,
    place_references,
    predict_velocity,
    to_x0,
)
from ._vae_stream import frame_batches

CELL: Final = 16
"""Pixels of one token; pictures are padded to whole ones by their border."""
CACHE_BYTES: Final = 2 << 30
MISMATCH: Final = 0.1
"""RMS difference from the source, at source size, at which trust has dropped to 1/e."""


class DiffusionEngine:
    """Restores windows with the SparkVSR model in `folder`.

    The model runs in bfloat16 on an accelerator, in float32 on the CPU. Trust tells how well a
    frame agrees with its source at source size; without any reference it is 0, as nothing was
    carried.

    Args:
        folder: a checkpoint as published.
        version: of engine and checkpoint; results of another one are never mixed with it.

    Attributes:
        counts: how often each model was really run.
    """

    name: ClassVar[str] = "sparkvsr"
    window: ClassVar[int] = 33
    overlap: ClassVar[int] = 9
    uses_slots: ClassVar[bool] = True

    def __init__(self, folder: Path, version: str) -> None:
        self.version = version
        self._device = best_device()
        dtype = torch.float32 if self._device.type == "cpu" else torch.bfloat16
        self._pipe = SparkVSRPipeline.from_pretrained(folder, dtype, self._device)
        self._prompt_BND = self._pipe.empty_prompt().to(self._device)
        self._cache = StageCache(CACHE_BYTES)
        self.counts = self._pipe.counts

    def work(self) -> dict[str, int]:
        """Encodes, transformer passes and decodes so far."""
        return asdict(self.counts)

    def restore(self, window: Window) -> Iterator[EngineFrame]:
        """Yield T restored frames as the decoder gives them; see `Engine.restore`."""
        with torch.no_grad():
            _, x0_BCLhw = self._x0(window)
        for t, picture_CHW in enumerate(self._decoded(window, x0_BCLhw)):
            yield _engine_frame(window, t, picture_CHW)

    def preview(self, window: Window, index: int) -> EngineFrame:
        """One frame, and kept; the decoder is causal, so it runs from the window's first frame."""
        with torch.no_grad():
            key, x0_BCLhw = self._x0(window)
        decoded = islice(self._decoded(window, x0_BCLhw), index, None)
        picture_CHW = self._cache.get(key_of("picture", key, index), lambda: next(decoded))
        return _engine_frame(window, index, picture_CHW)

    def _decoded(self, window: Window, x0_BCLhw: Tensor) -> Iterator[Tensor]:
        """Pictures C H W, a few decoded at a time."""
        decoded = decode(self._pipe.vae, x0_BCLhw, self.counts)
        while (frames_BCTHW := self._next(decoded, window)) is not None:
            yield from frames_BCTHW[0].unbind(1)

    def _next(self, decoded: Iterator[Tensor], window: Window) -> Tensor | None:
        _check(window)
        try:
            with torch.no_grad():
                return next(decoded, None)
        except torch.OutOfMemoryError as error:
            raise _out_of_memory(window) from error

    def _x0(self, window: Window) -> tuple[str, Tensor]:
        """The restored latents of a window, B C L h w, float32, and their key."""
        try:
            source = self._source_key(window)
            z_lq = self._cache.get(source, lambda: self._encode_source(window)).to(self._device)
            key, v = self._velocity(window, source, z_lq)
            return key, to_x0(z_lq, v, self._pipe.scheduler)
        except torch.OutOfMemoryError as error:
            raise _out_of_memory(window) from error

    def _velocity(self, window: Window, source: str, z_lq: Tensor) -> tuple[str, Tensor]:
        """v at the window's guidance: one transformer pass at 0 and 1, two otherwise, or none."""
        blind = key_of("v", source)
        guidance = window.guidance if window.inside else 0.0

        def unconditional() -> Tensor:
            return self._predict(window, z_lq, None)

        def conditional() -> Tensor:
            latents = {r.slot: self._reference(r) for r in window.inside}
            return self._predict(window, z_lq, place_references(latents, z_lq))

        if guidance == 0.0:
            return blind, self._cache.get(blind, unconditional).to(self._device)
        slots = sorted((r.slot, _digest(r.picture_HWC)) for r in window.inside)
        guided = key_of("v", source, slots)
        v_cond = self._cache.get(guided, conditional).to(self._device)
        if guidance == 1.0:
            return guided, v_cond
        v_uncond = self._cache.get(blind, unconditional).to(self._device)
        return key_of(guided, guidance), combine_guidance(v_uncond, v_cond, guidance)

    def _predict(self, window: Window, z_lq: Tensor, z_ref: Tensor | None) -> Tensor:
        _check(window)
        transformer = self._pipe.transformer
        return predict_velocity(transformer, z_lq, z_ref, self._prompt_BND, self.counts)

    def _source_key(self, window: Window) -> str:
        frames = [_digest(window.source(t)) for t in range(window.frames)]
        return key_of("source", self.version, str(self._device), window.upscale, frames)

    def _encode_source(self, window: Window) -> Tensor:
        def batches() -> Iterator[Tensor]:
            for start, stop in frame_batches(self._pipe.vae, window.frames):
                _check(window)
                frames = [
                    self._model_frame(window.source(t), window.upscale) for t in range(start, stop)
                ]
                yield torch.stack(frames, dim=1)[None]

        return encode_source(self._pipe.vae, batches(), self.counts)

    def _reference(self, reference: Reference) -> Tensor:
        def compute() -> Tensor:
            picture_CHW = self._model_frame(reference.picture_HWC, 1)
            return encode_references(self._pipe.vae, [picture_CHW], self.counts)[0]

        digest = _digest(reference.picture_HWC)
        key = key_of("reference", self.version, str(self._device), digest)
        return self._cache.get(key, compute).to(self._device)

    def _model_frame(self, picture_hwC: Picture, upscale: int) -> Tensor:
        """C H W in [-1, 1] on the device: enlarged bilinearly, as in training, and padded."""
        frame_BChw = torch.tensor(picture_hwC, device=self._device).permute(2, 0, 1)[None]
        frame_BCHW = frame_BChw.clamp(0.0, 1.0) * 2.0 - 1.0
        if upscale > 1:
            frame_BCHW = functional.interpolate(frame_BCHW, scale_factor=upscale, mode="bilinear")
        height, width = frame_BCHW.shape[2:]
        padding = (0, -width % CELL, 0, -height % CELL)
        return functional.pad(frame_BCHW, padding, mode="replicate")[0]


@lru_cache(maxsize=1)
def load_engine(folder: Path, version: str) -> DiffusionEngine:
    """The engine of a checkpoint; it stays loaded, with its cache, until another one is asked for.

    Raises:
        EngineError: the checkpoint is damaged or another model's.
    """
    return DiffusionEngine(folder, version)


def _engine_frame(window: Window, t: int, picture_CHW: Tensor) -> EngineFrame:
    """Without the padding, and with its trust."""
    source_hwC = window.source(t)
    height, width = (side * window.upscale for side in source_hwC.shape[:2])
    picture_HWC = picture_CHW.permute(1, 2, 0)[:height, :width].cpu().contiguous().numpy()
    carried = max((r.trust for r in window.inside), default=0.0) if window.guidance else 0.0
    return EngineFrame(picture_HWC, carried * _agreement(picture_HWC, source_hwC, window.upscale))


def _check(window: Window) -> None:
    if window.cancelled():
        raise CancelledError("The job was cancelled.")


def _agreement(picture_HWC: Picture, source_hwC: Picture, upscale: int) -> float:
    """1 where the picture, averaged down to the source's size, is the source; falls towards 0."""
    height, width = source_hwC.shape[:2]
    blocks = picture_HWC.reshape(height, upscale, width, upscale, 3)
    difference = blocks.mean((1, 3)) - np.clip(source_hwC, 0.0, 1.0)
    return float(np.exp(-np.mean(np.square(difference)) / MISMATCH**2))


def _digest(picture: Picture) -> str:
    return hashlib.sha256(np.ascontiguousarray(picture).data).hexdigest()


def _out_of_memory(window: Window) -> EngineError:
    height, width = (side * window.upscale for side in window.source(0).shape[:2])
    return EngineError(
        f"{window.frames} frames of {width}x{height} do not fit into the memory of the GPU.",
        "Use smaller tiles (--tile 768, 512, …) or a shorter window (--window 17).",
    )
