"""`scripts/bench diffusion`: our engine against a plain loop over stock diffusers, in one run.

The plain loop does what the published script does: references encoded as four frames, both halves
of the guidance in one batch, the VAE's own tiling, hard cuts between windows. Both run the same
small random checkpoint on the same device, so ratios are about the work done, not about quality.

Axes: B batch, C channels, T frames, H W pixels, L latent frames, h w latent cells.
"""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import torch
from diffusers.models.autoencoders.autoencoder_kl_cogvideox import AutoencoderKLCogVideoX
from rich.console import Console
from rich.table import Table
from torch import Tensor

from bench_seams import ENGINE_ALONE, show_seams
from bench_stages import show_stages
from sparkvsr import InProcess, KeyframePicture, Notice, Request, Settings, Shot
from sparkvsr.backend import Backend
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
from sparkvsr_daemon.client import DaemonBackend, connect
from tiny import make_tiny_pipeline

FRAMES, WIDTH, HEIGHT, GUIDANCE, REPEATS = 97, 448, 256, 1.2, 3
WINDOW, STRIDE = 33, 24
KEYFRAMES = (0, 48, 96)
WIDER: dict[str, Any] = {"block_out_channels": (16, 16, 32, 32), "norm_num_groups": 8}
"""Than in tests: for convolutions of 8 channels PyTorch takes a kernel that is far slower."""


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
def plain_loop(pipe: SparkVSRPipeline, vae: AutoencoderKLCogVideoX, video_BCTHW: Tensor) -> Tensor:
    """What the published script does with the same models, `vae` as diffusers has it.

    Returns B C T H W in [0, 1].
    """
    scale = vae.config["scaling_factor"]
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
    vae.disable_tiling()  # type: ignore[no-untyped-call]
    return restored.clamp(0, 1)


def stock_vae(folder: Path) -> AutoencoderKLCogVideoX:
    """The VAE of a checkpoint with diffusers' own layers, which the pipeline replaces."""
    vae: AutoencoderKLCogVideoX = AutoencoderKLCogVideoX.from_pretrained(folder / "vae")
    return vae


def seconds(work: Callable[[], object]) -> float:
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def restore(clip: Clip, backend: Backend, preview: int | None = None, **settings: Any) -> None:
    """The whole shot, or one frame of it."""
    keyframes = tuple(KeyframePicture(k, clip.pictures[k]) for k in KEYFRAMES)
    chosen = msgspec.convert({**ENGINE_ALONE, **settings}, Settings)
    shot = Shot(width=WIDTH, height=HEIGHT, frames=FRAMES)
    request = Request(shot, keyframes, chosen, preview=preview)

    def ignore(notice: Notice) -> None:
        pass

    frames = backend.restore(request, clip, on_notice=ignore, cancelled=lambda: False)
    if len(list(frames)) != (FRAMES if preview is None else 1):
        raise SystemExit("frames were lost")


def bench_diffusion(console: Console) -> None:
    """Everything: the shot against the plain loop, live guidance, stages and seams."""
    with tempfile.TemporaryDirectory() as name:
        home = Path(name)
        model = make_tiny_pipeline(home / "model", **WIDER)
        os.environ["SPARKVSR_MODEL"] = str(model)
        show_shot(console, home)
        pipe = SparkVSRPipeline.from_pretrained(home / "model")
        show_stages(console, pipe, stock_vae(home / "model"), WIDTH, HEIGHT)
    show_seams(console)


def show_shot(console: Console, home: Path) -> None:
    """A whole shot, then the same at a new guidance value, one frame of it, and the job again."""
    clip, pipe = Clip(), SparkVSRPipeline.from_pretrained(home / "model")
    stock = stock_vae(home / "model")
    times: dict[str, list[float]] = {}

    def timed(what: str, work: Callable[[], object]) -> None:
        times.setdefault(what, []).append(seconds(work))
        console.print(f"{what}: {times[what][-1]:.2f} s", style="dim")

    @torch.no_grad()
    def decodes() -> None:
        """The decodes of the shot alone, in one stream."""
        list(decode(pipe.vae, torch.randn(1, 16, 25, HEIGHT // 8, WIDTH // 8), StageCounts()))

    @torch.no_grad()
    def window() -> None:
        list(decode(pipe.vae, torch.randn(1, 16, 9, HEIGHT // 8, WIDTH // 8), StageCounts()))

    here = InProcess()
    for repeat in range(REPEATS):
        os.environ["SPARKVSR_HOME"] = str(home / f"{repeat}")  # nothing is kept of the one before
        load_engine.cache_clear()
        make_engine("sparkvsr")
        timed("plain", lambda: plain_loop(pipe, stock, clip.video()))
        timed("ours", lambda: restore(clip, here, guidance=GUIDANCE))
        timed("guidance", lambda: restore(clip, here, guidance=0.8))
        timed("decodes", decodes)
        timed("preview", lambda: restore(clip, here, 40, guidance=0.9))
        timed("window", window)
        os.environ["SPARKVSR_HOME"] = str(home / f"{repeat}-pixels")
        load_engine.cache_clear()
        make_engine("sparkvsr")
        timed("pixels", lambda: restore(clip, here, guidance=GUIDANCE, cross_fade="pixels"))
    os.environ["SPARKVSR_HOME"] = str(home / "daemon")
    with connect() as client:
        daemon = DaemonBackend(client)
        timed("job", lambda: restore(clip, daemon, guidance=GUIDANCE))
        for _ in range(REPEATS):
            timed("again", lambda: restore(clip, daemon, guidance=GUIDANCE))
        client.shutdown()
    took = {what: statistics.median(all_of_it) for what, all_of_it in times.items()}
    table = Table(title=f"diffusion, {FRAMES} frames {WIDTH}x{HEIGHT}, s = {GUIDANCE}, tiny model")
    for column in ("what", "seconds", "ratio", "aimed at"):
        table.add_column(column, justify="left" if column == "what" else "right")
    rows = (
        ("plain loop over stock diffusers", "plain", None, ""),
        ("this engine", "ours", took["plain"] / took["ours"], "≥ 1.3x"),
        ("… cross-faded in pixels", "pixels", took["plain"] / took["pixels"], ""),
        ("the decodes alone", "decodes", None, ""),
        (
            "the shot at a new guidance",
            "guidance",
            took["guidance"] / took["decodes"],
            "≤ 1.15x",
        ),
        ("the decode of a window of 33", "window", None, ""),
        (
            "one frame at a new guidance",
            "preview",
            took["preview"] / took["window"],
            "≤ 0.2x",
        ),
        ("the job through a daemon", "job", None, ""),
        ("the same job again", "again", took["job"] / took["again"], "≥ 20x"),
    )
    for text, what, ratio, aim in rows:
        table.add_row(text, f"{took[what]:.2f}", "" if ratio is None else f"{ratio:.2f}x", aim)
    console.print(table)
