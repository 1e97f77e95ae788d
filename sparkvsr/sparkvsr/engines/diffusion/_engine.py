"""The engine `sparkvsr`: the diffusion model on the windows that the planner makes.

Every stage is kept under the hash of what it depends on: a new guidance value costs a decode and no
transformer pass, a changed keyframe the conditional pass of the windows that it reaches.

Axes: B batch (1), C channels, T frames, H W pixels at output size padded to whole tokens, L latent
frames, h w latent cells.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from typing import ClassVar, Final, NamedTuple, TypeVar

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from ...cancel import Cancelled, never, stop_if
from ...errors import DeviceError, OutOfMemoryError
from ...latents import Latent, latent_of
from .._base import EngineFrame, Picture, Reference, Window
from ._acceleration import (
    Compiled,
    best_attention,
    compile_mode,
    compile_models,
    uploaded,
    use_channels_last,
)
from ._cache import StageCache, best_device, key_of
from ._fit import fitting_tile, free_bytes, is_device_failure, is_out_of_memory
from ._memory import MemoryModel
from ._pipeline import SparkVSRPipeline
from ._placement import choose, place, read_models, weight_bytes
from ._questions import Questions
from ._stages import (
    FRAMES_A_LATENT,
    combine_guidance,
    decode_batches,
    decode_preview,
    encode_references,
    encode_source,
    place_references,
    predict_velocity,
    to_x0,
)
from ._vae_stream import NEAR_LATENTS, frame_batches, latent_batches

T = TypeVar("T")

CELL: Final = 16
"""Pixels of one token; pictures are padded to whole ones by their border."""
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
        cache: where stages are kept.
        cancelled: asked between the tensors of the checkpoint.

    Raises:
        EngineError: the checkpoint is damaged or another model's.
        CancelledError: `cancelled()` answered True.

    Attributes:
        counts: how often each model was really run.
    """

    name: ClassVar[str] = "sparkvsr"
    window: ClassVar[int] = 33
    overlap: ClassVar[int] = 9
    uses_slots: ClassVar[bool] = True
    unlimited: ClassVar[bool] = False

    def __init__(
        self, folder: Path, version: str, cache: StageCache, cancelled: Cancelled = never
    ) -> None:
        self.version = version
        self._device = best_device()
        dtype = torch.float32 if self._device.type == "cpu" else torch.bfloat16
        vae, transformer = read_models(folder)
        self._memory = MemoryModel(vae.config, transformer.config, dtype.itemsize)
        weights = weight_bytes(vae, transformer, dtype.itemsize)
        free = free_bytes(self._device)
        self._placement = choose(self._device, free, weights, self._memory, self.window)
        whole = self._placement.name == "full"
        start = self._device if whole else torch.device("cpu")
        self._pipe = SparkVSRPipeline.from_pretrained(folder, dtype, start, cancelled=cancelled)
        place(self._pipe, self._placement.name, self._device, cancelled)
        if self._device.type == "cuda":
            use_channels_last(self._pipe.vae)
        compiled = self._compile()
        self._notes = tuple(filter(None, (self._placement.why, compiled.why)))
        self._questions = Questions()
        for model in (self._pipe.vae, self._pipe.transformer):
            self._questions.watch(model, compiled.modules)
        stop_if(cancelled)
        self._prompt_BND = self._pipe.empty_prompt().to(self._device)
        self._cache = cache
        self.counts = self._pipe.counts

    def work(self) -> dict[str, int]:
        """Encodes, transformer passes and decodes so far."""
        return asdict(self.counts)

    def notes(self) -> tuple[str, ...]:
        """Where the weights are and why, and whether the models are compiled."""
        return self._notes

    def largest_tile(self, width: int, height: int, frames: int, upscale: int) -> int | None:
        """See `Engine.largest_tile`."""
        free = free_bytes(self._device)
        return fitting_tile(self._memory, width, height, frames, free, upscale=upscale)

    def restore(self, window: Window) -> Iterator[EngineFrame]:
        """Yield T restored frames as the decoder gives them; see `Engine.restore`."""
        yield from self.decode(window, iter(self.latents(window)))

    def frame(self, window: Window, index: int) -> EngineFrame:
        """One frame, and kept; the decoder is causal, so it runs from the window's first frame."""

        def compute() -> Tensor:
            latents = self.latents(window)
            pictures = self._decoded(window, iter(latents))
            return next(islice(pictures, index, None))

        key = key_of("picture", self._keys(window).restored, index)
        picture_CHW = self._cache.get(key, compute, torch.device("cpu"))
        return _engine_frame(window, index, picture_CHW, _carried(window))

    def preview(self, window: Window, index: int) -> EngineFrame:
        """See `Engine.preview` and `decode_frame`."""
        return self.decode_frame(window, index, self.latents(window).__getitem__)

    def latents(self, window: Window) -> Sequence[Latent]:
        """x0 of a window; see `LatentEngine.latents`."""
        with self._running(window):
            keys = self._keys(window)
            z_lq = self._kept(keys.source, lambda: self._encode_source(window))
            x0_BCLhw = to_x0(z_lq, self._velocity(window, keys, z_lq), self._pipe.scheduler)
        carried = _carried(window)
        x0_CLhw = x0_BCLhw[0].cpu()
        return [Latent(x0_Chw.numpy(), carried) for x0_Chw in x0_CLhw.unbind(1)]

    def decode(self, window: Window, latents: Iterator[Latent]) -> Iterator[EngineFrame]:
        """See `LatentEngine.decode`."""
        carried: list[float] = []

        def noted() -> Iterator[Latent]:
            for latent in latents:
                carried.append(latent.carried)
                yield latent

        for t, picture_CHW in enumerate(self._decoded(window, noted())):
            yield _engine_frame(window, t, picture_CHW, carried[latent_of(t)])

    def decode_frame(
        self, window: Window, index: int, latent: Callable[[int], Latent]
    ) -> EngineFrame:
        """See `LatentEngine.decode_frame` and `decode_near`."""
        own = latent_of(index)
        near = [latent(position) for position in range(max(0, own + 1 - NEAR_LATENTS), own + 1)]
        with self._running(window):
            x0_BCLhw = torch.stack([self._on_device(n) for n in near], dim=2)
            behind = FRAMES_A_LATENT * own - index
            picture_CHW = decode_preview(self._pipe.vae, x0_BCLhw, behind, self.counts)[0]
        return _engine_frame(window, index, picture_CHW, near[-1].carried)

    def _decoded(self, window: Window, latents: Iterator[Latent]) -> Iterator[Tensor]:
        """Pictures C H W, a few decoded at a time."""
        vae = self._pipe.vae
        batches = latent_batches(vae, (self._on_device(latent) for latent in latents))
        decoded = decode_batches(vae, batches, self.counts)
        while (frames_BCTHW := self._next(decoded, window)) is not None:
            for picture_CHW in frames_BCTHW[0].unbind(1):
                stop_if(window.cancelled)
                yield picture_CHW

    def _next(self, decoded: Iterator[Tensor], window: Window) -> Tensor | None:
        with self._running(window):
            return next(decoded, None)

    @contextmanager
    def _running(self, window: Window) -> Iterator[None]:
        """Inside, models may run for a window; they stop when it is cancelled."""
        stop_if(window.cancelled)
        with _in_memory(window), torch.no_grad(), self._questions.of(window.cancelled):
            yield

    def _on_device(self, latent: Latent) -> Tensor:
        """B C h w."""
        return torch.from_numpy(latent.values_Chw)[None].to(self._device)

    def _velocity(self, window: Window, keys: _Keys, z_lq: Tensor) -> Tensor:
        """v at the window's guidance: one transformer pass at 0 and 1, two otherwise, or none."""
        guidance = _guidance(window)

        def unconditional() -> Tensor:
            return self._predict(z_lq, None)

        def conditional() -> Tensor:
            latents = {r.slot: self._reference(r) for r in window.inside}
            return self._predict(z_lq, place_references(latents, z_lq))

        if guidance == 0.0:
            return self._kept(keys.blind, unconditional)
        v_cond = self._kept(keys.guided, conditional)
        if guidance == 1.0:
            return v_cond
        return combine_guidance(self._kept(keys.blind, unconditional), v_cond, guidance)

    def _predict(self, z_lq: Tensor, z_ref: Tensor | None) -> Tensor:
        transformer = self._pipe.transformer
        with best_attention():
            return predict_velocity(transformer, z_lq, z_ref, self._prompt_BND, self.counts)

    def _keys(self, window: Window) -> _Keys:
        frames = [_asked(window, window.digest, t) for t in range(window.frames)]
        source = key_of("source", self._identity(), window.upscale, frames)
        blind = key_of("v", source)
        slots = sorted((r.slot, r.digest) for r in window.inside)
        guided = key_of("v", source, slots)
        return _Keys(source, blind, guided, key_of("x0", blind, guided, _guidance(window)))

    def _identity(self) -> str:
        """What every stage depends on."""
        return f"{self.version} {self._device.type} {self._pipe.dtype} {self._placement.name}"

    def _encode_source(self, window: Window) -> Tensor:
        def batches() -> Iterator[Tensor]:
            for start, stop in frame_batches(self._pipe.vae, window.frames):
                frames = [_asked(window, window.source, t) for t in range(start, stop)]
                yield torch.from_numpy(np.stack(frames))

        batches_BCTHW = (
            self._model_frames(batch_ThwC, window.upscale)
            for batch_ThwC in uploaded(batches(), self._device)
        )
        return encode_source(self._pipe.vae, batches_BCTHW, self.counts)

    def _reference(self, reference: Reference) -> Tensor:
        def compute() -> Tensor:
            picture_THWC = torch.from_numpy(np.ascontiguousarray(reference.picture_HWC[None]))
            picture_BCTHW = self._model_frames(picture_THWC.to(self._device), 1)
            return encode_references(self._pipe.vae, [picture_BCTHW[0, :, 0]], self.counts)[0]

        return self._kept(key_of("reference", self._identity(), reference.digest), compute)

    def _kept(self, key: str, compute: Callable[[], Tensor]) -> Tensor:
        return self._cache.get(key, compute, self._device)

    def _model_frames(self, pictures_ThwC: Tensor, upscale: int) -> Tensor:
        """B C T H W in [-1, 1]: enlarged bilinearly, as in training, and padded."""
        frames_TCHW = pictures_ThwC.permute(0, 3, 1, 2).clamp(0.0, 1.0) * 2.0 - 1.0
        if upscale > 1:
            frames_TCHW = functional.interpolate(frames_TCHW, scale_factor=upscale, mode="bilinear")
        height, width = frames_TCHW.shape[2:]
        padding = (0, -width % CELL, 0, -height % CELL)
        return functional.pad(frames_TCHW, padding, mode="replicate").transpose(0, 1)[None]

    def _compile(self) -> Compiled:
        mode = compile_mode()
        if mode != "0" and self._placement.name == "offload":
            return Compiled((), "The models are not compiled: their weights come and go.")
        return compile_models(self._pipe.vae, self._pipe.transformer, mode)


class _Keys(NamedTuple):
    """Names of a window's stages: source latent, v without and with references, restored latent."""

    source: str
    blind: str
    guided: str
    restored: str


def _guidance(window: Window) -> float:
    """What is asked for; without references nothing can be followed."""
    return window.guidance if window.inside else 0.0


def _carried(window: Window) -> float:
    return max((r.trust for r in window.inside), default=0.0) if window.guidance else 0.0


def _engine_frame(window: Window, t: int, picture_CHW: Tensor, carried: float) -> EngineFrame:
    """Without the padding, and with its trust."""
    source_hwC = window.source(t)
    height, width = (side * window.upscale for side in source_hwC.shape[:2])
    picture_HWC = picture_CHW.permute(1, 2, 0)[:height, :width].cpu().contiguous().numpy()
    return EngineFrame(picture_HWC, carried * _agreement(picture_HWC, source_hwC, window.upscale))


def _asked(window: Window, give: Callable[[int], T], t: int) -> T:
    """What is given for a frame, after asking whether it is still wanted: it may be read first."""
    stop_if(window.cancelled)
    return give(t)


def _agreement(picture_HWC: Picture, source_hwC: Picture, upscale: int) -> float:
    """1 where the picture, averaged down to the source's size, is the source; falls towards 0."""
    height, width = source_hwC.shape[:2]
    blocks = picture_HWC.reshape(height, upscale, width, upscale, 3)
    difference = blocks.mean((1, 3)) - np.clip(source_hwC, 0.0, 1.0)
    return float(np.exp(-np.mean(np.square(difference)) / MISMATCH**2))


@contextmanager
def _in_memory(window: Window) -> Iterator[None]:
    """Memory that runs out is told as our own error, and what was held is given back."""
    try:
        yield
    except Exception as error:
        if is_device_failure(error):
            raise DeviceError(
                f"The GPU has failed: {str(error).splitlines()[0]}.",
                "If it happens again, update its driver, or restore without other programs on it.",
            ) from error
        if not is_out_of_memory(error):
            raise
        torch.cuda.empty_cache()
        height, width = (side * window.upscale for side in window.source(0).shape[:2])
        raise OutOfMemoryError(
            f"{window.frames} frames of {width}x{height} do not fit into memory.",
            "Use smaller tiles (--tile 768, 512, …) or a shorter window (--window 17).",
        ) from None  # its traceback would hold on to what did not fit
