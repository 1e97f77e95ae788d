"""The stages of one window: encode, predict, guide, solve for x0, decode. Each stands alone.

    z_lq   = 0.7 · E(source)                         source latent
    z_ref  = 0.7 · E(picture) in its slot, else 0    reference latent
    v      = DiT(z_lq ‖ z_ref, t = 399)              velocity
    v      = v_uncond + s · (v_cond - v_uncond)      reference-free guidance
    x0     = √ᾱ · z_lq - √(1-ᾱ) · v                  v-prediction; z_lq is the noisy latent
    frames = D(x0 / 0.7)

Method: arXiv 2603.16864; constants as in its published code. No noise is added, so the result is
deterministic (posterior mode) unless a generator is given.
All tensors are taken to be on the device of the model that they are for; types are cast here.

Axes: B batch, C channels, T frames, H W pixels, L latent frames, h w latent cells (H/8, W/8).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import torch
from diffusers.models.autoencoders.autoencoder_kl_cogvideox import AutoencoderKLCogVideoX
from diffusers.models.autoencoders.vae import DiagonalGaussianDistribution
from diffusers.models.embeddings import get_3d_rotary_pos_embed
from diffusers.models.transformers.cogvideox_transformer_3d import CogVideoXTransformer3DModel
from torch import Tensor

from ...errors import KeyframeError
from ._vae_stream import decode_near, decode_stream, encode_stream, join, split_latents

TIMESTEP: Final = 399
"""The one timestep of training and inference."""
OFS: Final = 2.0
"""The `ofs` condition of CogVideoX1.5 image-to-video, constant."""
FRAMES_A_LATENT: Final = 4
"""A reference of frame i stands in latent slot i // 4."""


@dataclass
class StageCounts:
    """How often a model was really run; raised by the stages, read by callers and tests."""

    source_encodes: int = 0
    reference_encodes: int = 0
    transformer_passes: int = 0
    decodes: int = 0
    previews: int = 0


def encode_source(
    vae: AutoencoderKLCogVideoX,
    batches_BCTHW: Iterable[Tensor],
    counts: StageCounts,
    generator: torch.Generator | None = None,
) -> Tensor:
    """Encode the frames of a window, 8k+1 of them, at output size.

    Args:
        batches_BCTHW: in [-1, 1], divided as `frame_batches` says; `split_frames` does it.
        generator: draws from the posterior; without one its mode is taken.

    Returns:
        z_lq, B C 2k+1 h w, scaled, in the VAE's type.
    """
    counts.source_encodes += 1
    return _latent(vae, join(encode_stream(vae, batches_BCTHW)), generator)


def encode_references(
    vae: AutoencoderKLCogVideoX,
    pictures_CHW: Iterable[Tensor],
    counts: StageCounts,
    generator: torch.Generator | None = None,
) -> list[Tensor]:
    """Encode reference pictures, each alone and as one frame, as in training.

    (The published script repeats a picture four times; causal padding and averaging of equal
    frames make no difference, so that the posterior is the same at four times the cost.)

    Args:
        pictures_CHW: at output size, in [-1, 1].

    Returns:
        One latent per picture, C h w, scaled.
    """
    latents_Chw = []
    for picture_CHW in pictures_CHW:
        counts.reference_encodes += 1
        moments = join(encode_stream(vae, [picture_CHW[None, :, None]]))
        latents_Chw.append(_latent(vae, moments, generator)[0, :, 0])
    return latents_Chw


def place_references(latents_Chw: Mapping[int, Tensor], z_lq_BCLhw: Tensor) -> Tensor:
    """Put reference latents into their slots; the others stay zero, which means: no reference.

    Args:
        latents_Chw: by frame, counted from the window's first. The slot is i // 4, as published.
            Latent l holds frames 4l-3 … 4l, so this is the frame's own slot for multiples of 4
            only; callers snap to these.

    Returns:
        z_ref, shaped as z_lq; every item of the batch gets the same references.

    Raises:
        KeyframeError: a frame lies outside the window, or two of them share a slot.
    """
    last = FRAMES_A_LATENT * (z_lq_BCLhw.shape[2] - 1)
    z_ref_BCLhw = torch.zeros_like(z_lq_BCLhw)
    frames: dict[int, int] = {}
    for index, latent_Chw in latents_Chw.items():
        slot = index // FRAMES_A_LATENT
        if not 0 <= index <= last:
            raise KeyframeError(
                f"The reference of frame {index} lies outside the window, which ends at {last}."
            )
        if slot in frames:
            raise KeyframeError(
                f"The references of frames {frames[slot]} and {index} fall into the same latent.",
                f"Keep references {FRAMES_A_LATENT} frames apart.",
            )
        frames[slot] = index
        z_ref_BCLhw[:, :, slot] = latent_Chw
    return z_ref_BCLhw


def predict_velocity(
    transformer: CogVideoXTransformer3DModel,
    z_lq_BCLhw: Tensor,
    z_ref_BCLhw: Tensor | None,
    prompt_embeds_BND: Tensor,
    counts: StageCounts,
) -> Tensor:
    """One pass of the transformer: v_cond with references, v_uncond without (None).

    An odd number of latents is made even for its time patches by a copy of the first one in
    front, which is taken off again.

    Args:
        prompt_embeds_BND: N text tokens of D channels.

    Returns:
        The velocity, shaped as z_lq.
    """
    counts.transformer_passes += 1
    z_ref_BCLhw = torch.zeros_like(z_lq_BCLhw) if z_ref_BCLhw is None else z_ref_BCLhw
    z_BLChw = torch.cat([z_lq_BCLhw, z_ref_BCLhw], 1).transpose(1, 2).to(transformer.dtype)
    copies = z_BLChw.shape[1] % transformer.config["patch_size_t"]
    z_BLChw = torch.cat([z_BLChw[:, :copies], z_BLChw], 1)
    batch, device = z_BLChw.shape[0], z_BLChw.device
    v_BLChw: Tensor = transformer(
        hidden_states=z_BLChw,
        encoder_hidden_states=prompt_embeds_BND.to(z_BLChw.dtype),
        timestep=torch.full((batch,), TIMESTEP, device=device),
        ofs=torch.full((batch,), OFS, dtype=z_BLChw.dtype, device=device),
        image_rotary_emb=_rotary_embedding(transformer.config, z_BLChw),
        return_dict=False,
    )[0]
    return v_BLChw[:, copies:].transpose(1, 2)


def combine_guidance(v_uncond: Tensor, v_cond: Tensor, s: float) -> Tensor:
    """v_uncond + s (v_cond - v_uncond) in float32; exactly one of the two at s = 0 and s = 1."""
    return torch.lerp(v_uncond.float(), v_cond.float(), s)


def to_x0(z_lq_BCLhw: Tensor, v_BCLhw: Tensor, scheduler: Any) -> Tensor:
    """The restored latent, √ᾱ z_lq - √(1-ᾱ) v at t = 399, in float32.

    (The published script casts ᾱ to the model's type first: 0.625 and 0.78125 in bf16 in place of
    0.62733 and 0.77875.)

    Args:
        scheduler: of the checkpoint; only its ᾱ is used.
    """
    alpha_bar = float(scheduler.alphas_cumprod[TIMESTEP])
    alpha, sigma = math.sqrt(alpha_bar), math.sqrt(1.0 - alpha_bar)
    return alpha * z_lq_BCLhw.float() - sigma * v_BCLhw.float()


def decode(vae: AutoencoderKLCogVideoX, x0_BCLhw: Tensor, counts: StageCounts) -> Iterator[Tensor]:
    """Decode a window's latents, 2k+1 of them, a few frames at a time.

    Yields:
        B 3 T H W, float32 in [0, 1]: 9 frames, then 8 each, 8k+1 in all.
    """
    return decode_batches(vae, split_latents(vae, x0_BCLhw), counts)


def decode_batches(
    vae: AutoencoderKLCogVideoX, batches_BCLhw: Iterable[Tensor], counts: StageCounts
) -> Iterator[Tensor]:
    """The same for latents that come in batches, divided as `latent_batches` does it."""
    counts.decodes += 1
    scale = float(vae.config["scaling_factor"])
    for frames_BCTHW in decode_stream(vae, (batch / scale for batch in batches_BCLhw)):
        yield _picture(frames_BCTHW)


def decode_preview(
    vae: AutoencoderKLCogVideoX, x0_BCLhw: Tensor, frames_behind: int, counts: StageCounts
) -> Tensor:
    """One frame, close to what `decode` gives, for a sixth of a window's work.

    Args:
        x0_BCLhw: its latent and those before it; see `decode_near`.
        frames_behind: how many frames of the last latent come after it.

    Returns:
        B 3 H W, float32 in [0, 1].
    """
    counts.previews += 1
    return _picture(decode_near(vae, x0_BCLhw / float(vae.config["scaling_factor"]), frames_behind))


def _picture(frames_BCTHW: Tensor) -> Tensor:
    return (frames_BCTHW.float() * 0.5 + 0.5).clamp(0.0, 1.0)


def _latent(
    vae: AutoencoderKLCogVideoX, moments: Tensor, generator: torch.Generator | None
) -> Tensor:
    """Scaled mode or sample of a posterior. (`invert_scale_latents` is not for this model.)"""
    posterior = DiagonalGaussianDistribution(moments)
    latent: Tensor = posterior.mode() if generator is None else posterior.sample(generator)
    return latent * float(vae.config["scaling_factor"])


def _rotary_embedding(config: Mapping[str, Any], z_BLChw: Tensor) -> tuple[Tensor, Tensor]:
    """Cosines and sines of whole positions 0 … n-1 along time patch, row and column, float32."""
    _, latents, _, rows, columns = z_BLChw.shape
    patch = config["patch_size"]
    grid = rows // patch, columns // patch
    cosines, sines = get_3d_rotary_pos_embed(
        config["attention_head_dim"],
        crops_coords=None,
        grid_size=grid,
        temporal_size=latents // config["patch_size_t"],
        grid_type="slice",
        max_size=grid,
        device=z_BLChw.device,
    )
    return cosines, sines
