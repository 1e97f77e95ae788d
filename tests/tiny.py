"""A random SparkVSR checkpoint of the published layout, small enough to run in a blink."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from diffusers.models.autoencoders.autoencoder_kl_cogvideox import AutoencoderKLCogVideoX
from diffusers.models.transformers.cogvideox_transformer_3d import CogVideoXTransformer3DModel
from diffusers.schedulers.scheduling_ddim_cogvideox import CogVideoXDDIMScheduler
from torch import Tensor, nn

from sparkvsr.engines.diffusion import SparkVSRPipeline

TOKENS, TEXT_CHANNELS = 6, 20
TRANSFORMER: dict[str, Any] = {
    "num_attention_heads": 2,
    "attention_head_dim": 16,
    "in_channels": 32,
    "out_channels": 16,
    "time_embed_dim": 16,
    "ofs_embed_dim": 16,
    "text_embed_dim": TEXT_CHANNELS,
    "num_layers": 2,
    "sample_width": 16,
    "sample_height": 12,
    "sample_frames": 81,
    "patch_size": 2,
    "patch_size_t": 2,
    "max_text_seq_length": TOKENS,
    "use_rotary_positional_embeddings": True,
    "patch_bias": False,
}
VAE: dict[str, Any] = {
    "block_out_channels": (8, 8, 16, 16),
    "layers_per_block": 1,
    "norm_num_groups": 4,
    "latent_channels": 16,
    "scaling_factor": 0.7,
    "invert_scale_latents": True,
}
SCHEDULER: dict[str, Any] = {
    "beta_start": 0.00085,
    "beta_end": 0.012,
    "beta_schedule": "scaled_linear",
    "prediction_type": "v_prediction",
    "rescale_betas_zero_snr": True,
    "snr_shift_scale": 1.0,
    "clip_sample": False,
    "timestep_spacing": "trailing",
}


def make_tiny_pipeline(
    folder: Path, seed: int = 0, max_shard_size: str = "10GB", **vae_config: Any
) -> Path:
    """Save a random pipeline; the same seed gives the same weights. Returns the folder.

    Args:
        vae_config: what differs from `VAE`.
        max_shard_size: smaller than the models, it makes shards with an index.
    """
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        vae = AutoencoderKLCogVideoX(**{**VAE, **vae_config})
        transformer = CogVideoXTransformer3DModel(**TRANSFORMER)
        for module in (vae, transformer):
            _enliven(module)
        embedding = torch.randn(1, TOKENS, TEXT_CHANNELS)
    pipe = SparkVSRPipeline(
        vae, transformer, CogVideoXDDIMScheduler(**SCHEDULER), empty_prompt_1ND=embedding
    )
    pipe.save_pretrained(folder, max_shard_size=max_shard_size)
    return folder


def tiny_video(frames: int, height: int = 48, width: int = 64, seed: int = 1) -> Tensor:
    """A smooth moving pattern, 1 3 T H W in [-1, 1]."""
    generator = torch.Generator().manual_seed(seed)
    coarse = torch.randn(1, 3, frames // 8 + 2, 5, 6, generator=generator)
    size = (frames, height, width)
    return nn.functional.interpolate(coarse, size, mode="trilinear", align_corners=True).tanh()


def tiny_picture(index: int, height: int = 48, width: int = 64) -> Tensor:
    """A picture of its own for every index, 3 H W in [-1, 1]."""
    return tiny_video(1, height, width, seed=100 + index)[0, :, 0]


def _enliven(model: nn.Module) -> None:
    """Give norms and biases weights of their own, and the output a range that is worth comparing.

    As initialised, norms are the identity and what is predicted is next to nothing: much could be
    wrong and not show.
    """
    for name, parameter in model.named_parameters():
        if parameter.ndim == 1:
            parameter.data += 0.2 * torch.randn_like(parameter)
        elif name.endswith(("proj_out.weight", "conv_out.conv.weight")):
            parameter.data *= 3.0
