"""The published model's configurations, for tests without memory: sizes only, no weights."""

from __future__ import annotations

from typing import Any

import torch
from diffusers.models.autoencoders.autoencoder_kl_cogvideox import AutoencoderKLCogVideoX
from diffusers.models.transformers.cogvideox_transformer_3d import CogVideoXTransformer3DModel
from diffusers.schedulers.scheduling_ddim_cogvideox import CogVideoXDDIMScheduler

from sparkvsr.engines.diffusion import SparkVSRPipeline
from tiny import SCHEDULER, TRANSFORMER, VAE

PUBLISHED_VAE: dict[str, Any] = {
    "latent_channels": 16,
    "scaling_factor": 0.7,
    "invert_scale_latents": True,
}
PUBLISHED_TRANSFORMER: dict[str, Any] = {
    **TRANSFORMER,
    "num_attention_heads": 48,
    "attention_head_dim": 64,
    "time_embed_dim": 512,
    "ofs_embed_dim": 512,
    "text_embed_dim": 4096,
    "num_layers": 42,
    "sample_width": 170,
    "sample_height": 96,
    "max_text_seq_length": 226,
}


def on_meta(size: str, layers: int, dtype: torch.dtype) -> SparkVSRPipeline:
    """A pipeline without weights: only shapes. Two layers tell the peak of all of them."""
    return random_pipeline(size, layers, dtype, "meta")


def random_pipeline(size: str, layers: int, dtype: torch.dtype, device: str) -> SparkVSRPipeline:
    """A pipeline made on its device.

    Args:
        size: `published` or `tiny`.
        layers: of the transformer.
    """
    vae, transformer = {
        "published": (PUBLISHED_VAE, PUBLISHED_TRANSFORMER),
        "tiny": (VAE, TRANSFORMER),
    }[size]
    usual = torch.get_default_dtype()
    torch.set_default_dtype(dtype)
    try:
        with torch.device(device):
            return SparkVSRPipeline(
                AutoencoderKLCogVideoX(**vae).eval(),
                CogVideoXTransformer3DModel(**{**transformer, "num_layers": layers}).eval(),
                CogVideoXDDIMScheduler(**SCHEDULER),
            )
    finally:
        torch.set_default_dtype(usual)
