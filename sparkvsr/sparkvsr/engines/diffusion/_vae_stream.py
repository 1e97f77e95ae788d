"""The VAE in batches, through the causal cache of its convolutions: first results leave early.

The VAE sees 8 frames (2 latents) at a time; every convolution keeps the last frames of a batch as
context of the next. The first batch also takes the remainder: 9 frames, or 3 latents. Both the
cache and the group statistics depend on this division, so it is that of training and of diffusers'
untiled `encode` and `decode`, to which the results are equal.

Frame law: 8k+1 frames ↔ 2k+1 latents. Latent 0 holds frame 0, latent l holds frames 4l-3 … 4l.

Axes: B batch, C channels, T frames, H W pixels, L latent frames, h w latent cells.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

import torch
from diffusers.models.autoencoders.autoencoder_kl_cogvideox import AutoencoderKLCogVideoX
from torch import Tensor

NEAR_LATENTS = 3
"""Latents that `decode_near` looks at."""
_NEAR_FRAMES = 4


def encode_stream(vae: AutoencoderKLCogVideoX, batches_BCTHW: Iterable[Tensor]) -> Iterator[Tensor]:
    """Encode batches of frames as they come.

    Args:
        batches_BCTHW: consecutive, in [-1, 1], divided as `frame_batches` says, on the VAE's
            device; cast to its type here.

    Yields:
        B 2C L h w for each batch: mean and log variance of the posterior, unscaled.
    """
    cache: dict[str, Any] | None = None
    for batch_BCTHW in batches_BCTHW:
        moments, cache = vae.encoder(batch_BCTHW.to(vae.dtype), conv_cache=cache)
        yield moments


def decode_stream(vae: AutoencoderKLCogVideoX, batches_BCLhw: Iterable[Tensor]) -> Iterator[Tensor]:
    """Decode batches of latents as they come.

    Args:
        batches_BCLhw: consecutive, divided by the scaling factor, of the lengths that
            `latent_batches` gives, on the VAE's device; cast to its type here.

    Yields:
        B 3 T H W for each batch, nominally in [-1, 1]: 9 frames first, then 8 each (for an odd L).
    """
    cache: dict[str, Any] | None = None
    for batch_BCLhw in batches_BCLhw:
        frames_BCTHW, cache = vae.decoder(batch_BCLhw.to(vae.dtype), conv_cache=cache)
        yield frames_BCTHW


def decode_near(
    vae: AutoencoderKLCogVideoX, latents_BCLhw: Tensor, frames_behind: int = 0
) -> Tensor:
    """Decode one frame at a sixth of the cost of 33, not to the bit.

    The decoder's first blocks, up to the last that adds frames, are cheap: they see all the
    latents given. The rest, nine tenths of its work, sees the frame and the three before it. What
    is missing is older context, and group statistics over as many frames as in a whole decode.

    Args:
        latents_BCLhw: that of the frame and, as far as there are any, the `NEAR_LATENTS` - 1
            before it.
        frames_behind: how many frames of the last latent come after the wanted one.

    Returns:
        B 3 H W, nominally in [-1, 1].
    """
    decoder, z_BCLhw = vae.decoder, latents_BCLhw.to(vae.dtype)
    slow = int(math.log2(vae.config["temporal_compression_ratio"]))
    x_BCThw, _ = decoder.conv_in(z_BCLhw)
    x_BCThw, _ = decoder.mid_block(x_BCThw, None, z_BCLhw)
    for block in decoder.up_blocks[:slow]:
        x_BCThw, _ = block(x_BCThw, None, z_BCLhw)
    # An odd number of latents begins with one that became a single frame (see the frame law).
    alone = z_BCLhw.shape[2] % 2
    z_BCThw = torch.cat(
        [z_BCLhw[:, :, :alone], z_BCLhw[:, :, alone:].repeat_interleave(2**slow, dim=2)], 2
    )
    stop = x_BCThw.shape[2] - frames_behind
    near = slice(max(0, stop - _NEAR_FRAMES), stop)
    x_BCThw, z_BCThw = x_BCThw[:, :, near], z_BCThw[:, :, near]
    for block in decoder.up_blocks[slow:]:
        x_BCThw, _ = block(x_BCThw, None, z_BCThw)
    x_BCThw, _ = decoder.norm_out(x_BCThw, z_BCThw)
    frames_BCTHW: Tensor = decoder.conv_out(decoder.conv_act(x_BCThw))[0]
    return frames_BCTHW[:, :, -1]


def latent_batches(vae: AutoencoderKLCogVideoX, latents_BChw: Iterable[Tensor]) -> Iterator[Tensor]:
    """Gather single latents, as they come, into the batches of `decode_stream` (for an odd L)."""
    latents = iter(latents_BChw)
    size = vae.num_latent_frames_batch_size
    batch = list(islice(latents, size + 1))
    while batch:
        yield torch.stack(batch, dim=2)
        batch = list(islice(latents, size))


def frame_batches(vae: AutoencoderKLCogVideoX, frames: int) -> list[tuple[int, int]]:
    """First and past-last frame of each batch that `encode_stream` wants for so many frames."""
    return _batches(frames, vae.num_sample_frames_batch_size)


def split_latents(vae: AutoencoderKLCogVideoX, latents_BCLhw: Tensor) -> Iterator[Tensor]:
    """The batches of latents that are all there already (views of them)."""
    for start, stop in _batches(latents_BCLhw.shape[2], vae.num_latent_frames_batch_size):
        yield latents_BCLhw[:, :, start:stop]


def split_frames(vae: AutoencoderKLCogVideoX, video_BCTHW: Tensor) -> Iterator[Tensor]:
    """The batches of a video that is in memory already (views of it)."""
    for start, stop in frame_batches(vae, video_BCTHW.shape[2]):
        yield video_BCTHW[:, :, start:stop]


def join(parts: Iterable[Tensor]) -> Tensor:
    """Put what a stream gave together along time."""
    return torch.cat(list(parts), dim=2)


def _batches(length: int, size: int) -> list[tuple[int, int]]:
    """Batches of `size`; the first takes what is left over, and may be all there is."""
    first = length if length < 2 * size else size + length % size
    starts = range(first, length, size)
    return [(0, first), *((start, start + size) for start in starts)]
