"""Each stage of the model alone: seconds, FLOPs and memory; on a GPU at the published size, too.

    scripts/bench diffusion          the small model that the tests use
    scripts/bench diffusion --full   a random model of the published size; needs a GPU

Axes: B batch, C channels, T frames, H W pixels, h w latent cells.
"""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

import torch
from diffusers.models.autoencoders.autoencoder_kl_cogvideox import AutoencoderKLCogVideoX
from rich.console import Console
from rich.table import Table
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode

from live_memory import EfficientAttention, LiveMemory
from published import PUBLISHED_VAE, random_pipeline
from sparkvsr.engines.diffusion import (
    SparkVSRPipeline,
    StageCounts,
    decode,
    decode_preview,
    encode_references,
    encode_source,
    predict_velocity,
    split_frames,
    use_channels_last,
)

WINDOW, REPEATS = 33, 5
ROOFLINE_TFLOPS = 790.0
"""Matrix work in bfloat16 that an H200 was seen to do in a second."""
SIZES = ((1280, 720), (1920, 1088))


class Measured(NamedTuple):
    """Of one stage: median seconds, TFLOP, and the most bytes alive besides the weights."""

    seconds: float
    tflop: float
    peak: int


@torch.no_grad()
def stages(
    pipe: SparkVSRPipeline, stock: AutoencoderKLCogVideoX, width: int, height: int
) -> dict[str, Callable[[], object]]:
    """Every stage of a window, on inputs of the right shape.

    Args:
        stock: the VAE with diffusers' own layers, for what the published script does.
    """
    device, dtype, counts = pipe.device, pipe.transformer.dtype, StageCounts()
    config = pipe.transformer.config
    prompt = torch.zeros(
        1, config["max_text_seq_length"], config["text_embed_dim"], device=device, dtype=dtype
    )
    video = torch.rand(1, 3, WINDOW, height, width, device=device) * 2 - 1
    z = torch.randn(1, 16, WINDOW // 4 + 1, height // 8, width // 8, device=device)
    batch = torch.cat([z, z])

    def encode() -> Tensor:
        return encode_source(pipe.vae, split_frames(pipe.vae, video), counts)

    def reference() -> object:
        return encode_references(pipe.vae, [video[0, :, 0]], counts)

    def stock_reference() -> object:
        return stock.encode(video[:, :, :1].repeat(1, 1, 4, 1, 1).to(dtype))

    def decoding() -> None:
        for _ in decode(pipe.vae, z, counts):
            pass

    def in_tiles(work: Callable[[], object]) -> Callable[[], object]:
        def run() -> None:
            stock.enable_tiling()
            work()
            stock.disable_tiling()  # type: ignore[no-untyped-call]

        return run

    return {
        "source encode": encode,
        "source encode, stock": in_tiles(lambda: stock.encode(video.to(dtype))),
        "reference encode": reference,
        "reference encode, stock": in_tiles(stock_reference),
        "transformer, s = 0 or 1": lambda: predict_velocity(pipe.transformer, z, z, prompt, counts),
        "transformer, any other s": lambda: [
            predict_velocity(pipe.transformer, z, ref, prompt, counts) for ref in (z, None)
        ],
        "transformer, stock": lambda: predict_velocity(
            pipe.transformer, batch, batch, prompt.repeat(2, 1, 1), counts
        ),
        "decode": decoding,
        "decode, stock": in_tiles(lambda: stock.decode(z.to(dtype))),
        "preview of one frame": lambda: decode_preview(pipe.vae, z[:, :, 5:8], 0, counts),
    }


@torch.no_grad()
def measure(work: Callable[[], object], device: torch.device) -> Measured:
    """Median of five repeats, after one that warms up and is counted."""
    with _peak(device) as peak, FlopCounterMode(display=False) as flops:
        work()
    taken = []
    for _ in range(REPEATS):
        begin = time.perf_counter()
        work()
        _wait(device)
        taken.append(time.perf_counter() - begin)
    return Measured(statistics.median(taken), flops.get_total_flops() / 1e12, peak())


@contextmanager
def _peak(device: torch.device) -> Iterator[Callable[[], int]]:
    if device.type == "cuda":
        gc.collect()
        torch.cuda.empty_cache()
        before = torch.cuda.memory_allocated()
        torch.cuda.reset_peak_memory_stats()
        yield lambda: torch.cuda.max_memory_allocated() - before
    else:
        with EfficientAttention(), LiveMemory() as memory:
            yield lambda: memory.peak


def _wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize()


def show_stages(
    console: Console, pipe: SparkVSRPipeline, stock: AutoencoderKLCogVideoX, width: int, height: int
) -> None:
    """A table of all stages of one window."""
    table = Table(title=f"stages of {WINDOW} frames {width}x{height}, {pipe.device}")
    full = pipe.device.type == "cuda"
    for column in ("stage", "seconds", "TFLOP", "peak MiB", *(("share of roofline",) * full)):
        table.add_column(column, justify="left" if column == "stage" else "right")
    for name, work in stages(pipe, stock, width, height).items():
        try:
            row = measure(work, pipe.device)
        except (torch.OutOfMemoryError, RuntimeError) as error:  # stock fails above 1.68 megapixels
            table.add_row(name, f"failed: {str(error).splitlines()[0][:60]}")
            continue
        cells = [f"{row.seconds:.3f}", f"{row.tflop:.4g}", f"{row.peak / 2**20:.0f}"]
        if full:
            cells.append(f"{row.tflop / row.seconds / ROOFLINE_TFLOPS:.0%}")
        table.add_row(name, *cells)
    console.print(table)


def bench_full(console: Console) -> None:
    """The published size with random weights; speed does not depend on their values."""
    if not torch.cuda.is_available():
        raise SystemExit("--full needs a GPU: a model of the published size, in bfloat16.")
    pipe = random_pipeline("published", 42, torch.bfloat16, "cuda")
    with torch.device("cuda"):
        stock = AutoencoderKLCogVideoX(**PUBLISHED_VAE).to(torch.bfloat16)
    use_channels_last(pipe.vae)
    console.print(f"torch {torch.__version__}, {torch.cuda.get_device_name()}")
    for width, height in SIZES:
        show_stages(console, pipe, stock, width, height)
