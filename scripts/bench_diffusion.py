"""`scripts/bench diffusion`: our engine against a plain loop over stock diffusers, in one run.

The plain loop does what the published script does: references encoded as four frames, both halves
of the guidance in one batch, the VAE's own tiling, hard cuts between windows. Both run the same
small random checkpoint on the same device, so the ratio is about the work done, not about quality.

Axes: B batch, C channels, T frames, H W pixels, L latent frames, h w latent cells.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import torch
from rich.console import Console
from rich.table import Table
from torch import Tensor

from sparkvsr import InProcess, KeyframePicture, Request, Settings, Shot
from sparkvsr.depth import Frame, as_picture
from sparkvsr.engines import make_engine
from sparkvsr.engines.diffusion import (
    SparkVSRPipeline,
    StageCounts,
    decode,
    load_engine,
    predict_velocity,
    to_x0,
)

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))
from tiny import make_tiny_pipeline

FRAMES, WIDTH, HEIGHT, GUIDANCE, REPEATS = 97, 448, 256, 1.2, 3
WINDOW, STRIDE = 33, 24
KEYFRAMES = (0, 48, 96)


class Clip:
    """A smooth moving pattern as 8-bit frames; satisfies `Source`."""

    def __init__(self) -> None:
        y, x = np.mgrid[0:HEIGHT, 0:WIDTH] / 40.0
        self.pictures: list[Frame] = []
        for t in range(FRAMES):
            waves = [np.sin(x + channel + t / 9) * np.cos(y - t / 15) for channel in range(3)]
            self.pictures.append(((np.stack(waves, -1) * 0.5 + 0.5) * 255).astype(np.uint8))

    def frames(self) -> Iterator[Frame]:
        return iter(self.pictures)

    def video(self) -> Tensor:
        """B C T H W in [-1, 1]."""
        stacked = np.stack([as_picture(picture) for picture in self.pictures])
        return torch.from_numpy(stacked).permute(3, 0, 1, 2)[None] * 2 - 1


@torch.no_grad()
def plain_loop(pipe: SparkVSRPipeline, video_BCTHW: Tensor) -> Tensor:
    """What the published script does with the same models; B C T H W in [0, 1]."""
    vae, scale = pipe.vae, pipe.vae.config.scaling_factor
    counts, prompt_BND = StageCounts(), pipe.empty_prompt().repeat(2, 1, 1)
    restored = torch.empty_like(video_BCTHW)
    vae.enable_tiling()
    for start in range(0, FRAMES - WINDOW + 1, STRIDE):
        window_BCTHW = video_BCTHW[:, :, start : start + WINDOW]
        z_lq = vae.encode(window_BCTHW).latent_dist.mode() * scale
        z_ref = torch.zeros_like(z_lq)
        for index in (k - start for k in KEYFRAMES if start <= k < start + WINDOW):
            clip = window_BCTHW[:, :, index : index + 1].repeat(1, 1, 4, 1, 1)
            z_ref[:, :, index // 4] = vae.encode(clip).latent_dist.mode()[:, :, 0] * scale
        references = torch.cat([torch.zeros_like(z_ref), z_ref])
        v = predict_velocity(
            pipe.transformer, z_lq.repeat(2, 1, 1, 1, 1), references, prompt_BND, counts
        )
        x0 = to_x0(z_lq, v[:1] + GUIDANCE * (v[1:] - v[:1]), pipe.scheduler)
        frames_BCTHW = vae.decode(x0 / scale).sample * 0.5 + 0.5
        keep = (WINDOW - STRIDE) // 2 if start else 0  # a hard cut in the middle of the overlap
        restored[:, :, start + keep : start + WINDOW] = frames_BCTHW[:, :, keep:]
    vae.disable_tiling()
    return restored.clamp(0, 1)


def request(guidance: float, clip: Clip) -> Request:
    keyframes = tuple(KeyframePicture(k, clip.pictures[k]) for k in KEYFRAMES)
    settings = Settings(engine="sparkvsr", upscale=1, guidance=guidance)
    return Request(Shot(width=WIDTH, height=HEIGHT, frames=FRAMES), keyframes, settings)


def seconds(work: Callable[[], object]) -> float:
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def bench_diffusion(console: Console) -> None:
    """A whole shot, a new guidance value on it, and the decodes alone; medians of repeats."""
    clip = Clip()
    with tempfile.TemporaryDirectory() as name:
        pipe = SparkVSRPipeline.from_pretrained(make_tiny_pipeline(Path(name)))
        os.environ["SPARKVSR_MODEL"] = name
        latents = torch.randn(1, 16, WINDOW // 4 + 1, HEIGHT // 8, WIDTH // 8)
        windows = len(range(0, FRAMES - WINDOW + 1, STRIDE))

        def shot(guidance: float) -> None:
            frames = InProcess().restore(
                request(guidance, clip), clip, on_notice=lambda n: None, cancelled=lambda: False
            )
            if len(list(frames)) != FRAMES:
                raise SystemExit("frames were lost")

        @torch.no_grad()
        def decodes() -> None:
            for _ in range(windows):
                list(decode(pipe.vae, latents, StageCounts()))

        times: dict[str, list[float]] = {n: [] for n in ("plain", "ours", "guidance", "decodes")}
        for _ in range(REPEATS):
            load_engine.cache_clear()  # nothing is kept from the repeat before
            make_engine("sparkvsr")
            times["plain"].append(seconds(lambda: plain_loop(pipe, clip.video())))
            times["ours"].append(seconds(lambda: shot(GUIDANCE)))
            times["guidance"].append(seconds(lambda: shot(0.8)))
            times["decodes"].append(seconds(decodes))
    plain, ours, guidance, only = (statistics.median(taken) for taken in times.values())
    table = Table(title=f"diffusion, {FRAMES} frames {WIDTH}x{HEIGHT}, s = {GUIDANCE}, tiny model")
    for column in ("what", "seconds", "ratio"):
        table.add_column(column, justify="left" if column == "what" else "right")
    table.add_row("plain loop over stock diffusers", f"{plain:.2f}", "")
    table.add_row("this engine", f"{ours:.2f}", f"{plain / ours:.2f}x faster")
    table.add_row("the same shot at a new guidance", f"{guidance:.2f}", f"{guidance / only:.2f} of")
    table.add_row("its decodes alone", f"{only:.2f}", "")
    console.print(table)
