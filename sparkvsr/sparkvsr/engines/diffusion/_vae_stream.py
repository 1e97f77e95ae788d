"""The VAE in batches, through the causal cache of its convolutions: first results leave early.

The VAE sees 8 frames (2 latents) at a time; every convolution keeps the last frames of a batch as
context of the next. The first batch also takes the remainder: 9 frames, or 3 latents. Both the
cache and the group statistics depend on this division, so it is that of training and of diffusers'
untiled `encode` and `decode`, to which the results are equal.

Frame law: 8k+1 frames ↔ 2k+1 latents. Latent 0 holds frame 0, latent l holds frames 4l-3 … 4l.

Axes: B batch, C channels, T frames, H W pixels, L latent frames, h w latent cells.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import torch
from diffusers.models.autoencoders.autoencoder_kl_cogvideox import AutoencoderKLCogVideoX
from torch import Tensor


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


def decode_stream(vae: AutoencoderKLCogVideoX, latents_BCLhw: Tensor) -> Iterator[Tensor]:
    """Decode latents two by two; nothing is computed for batches that nobody asks for.

    Args:
        latents_BCLhw: divided by the scaling factor, on the VAE's device; cast to its type here.

    Yields:
        B 3 T H W, nominally in [-1, 1]: 9 frames first, then 8 each (for an odd L).
    """
    cache: dict[str, Any] | None = None
    for start, stop in _batches(latents_BCLhw.shape[2], vae.num_latent_frames_batch_size):
        batch_BCLhw = latents_BCLhw[:, :, start:stop].to(vae.dtype)
        frames_BCTHW, cache = vae.decoder(batch_BCLhw, conv_cache=cache)
        yield frames_BCTHW


def frame_batches(vae: AutoencoderKLCogVideoX, frames: int) -> list[tuple[int, int]]:
    """First and past-last frame of each batch that `encode_stream` wants for so many frames."""
    return _batches(frames, vae.num_sample_frames_batch_size)


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
