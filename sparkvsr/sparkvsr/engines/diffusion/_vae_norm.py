"""The decoder's conditioned norms, with their conditioning computed where it is small.

diffusers enlarges the latent to the size of the feature map and runs two 1x1x1 convolutions on the
result: `norm(f) · conv_y(up(z)) + conv_b(up(z))`. Such a convolution does not look beyond its own
cell, so it commutes with nearest-neighbour enlarging: here it runs on the latent itself, once per
cell instead of once per pixel, and the result is enlarged one latent at a time, straight into the
normalised map. diffusers also keeps, for every such convolution, a copy of the whole enlarged
latent as "context" of the next batch (the last 1 - 1 = 0 frames, which Python reads as all of
them); a 1x1x1 convolution needs none. Both together are more than a third of the decoder's peak.

Axes: B batch, C channels of the map, Z of the latent, T frames, H W pixels, L latent frames, h w
latent cells.
"""

from __future__ import annotations

from typing import Any

from diffusers.models.autoencoders.autoencoder_kl_cogvideox import (
    AutoencoderKLCogVideoX,
    CogVideoXSpatialNorm3D,
)
from torch import Tensor
from torch.nn import functional


class LatentSizeNorm3d(CogVideoXSpatialNorm3D):
    """`CogVideoXSpatialNorm3D` with its convolutions at latent size.

    The parameters and their names are those of the class it replaces. For inference only: the
    normalised map is changed in place, through which no gradient flows back.
    """

    def forward(  # type: ignore[override]
        self, f: Tensor, zq: Tensor, conv_cache: dict[str, Any] | None = None
    ) -> tuple[Tensor, dict[str, Any]]:
        """B C T H W, conditioned on B Z L h w → B C T H W and an empty cache.

        T is kL, or 1 + k(L-1) where it is odd: the first latent then is one frame alone.
        """
        scale_BCLhw = self.conv_y.conv(zq)
        shift_BCLhw = self.conv_b.conv(zq)
        map_BCTHW: Tensor = self.norm_layer(f)
        size = map_BCTHW.shape[3:]
        for latent, (start, stop) in enumerate(_frames_of_latents(f.shape[2], zq.shape[2])):
            part_BCTHW = map_BCTHW[:, :, start:stop]
            part_BCTHW.mul_(_enlarged(scale_BCLhw[:, :, latent], size))
            part_BCTHW.add_(_enlarged(shift_BCLhw[:, :, latent], size))
        return map_BCTHW, {}


def condition_at_latent_size(vae: AutoencoderKLCogVideoX) -> None:
    """Give the conditioned norms of this VAE our forward; other VAEs keep theirs.

    Only the class of the modules changes: weights, their names and what is saved stay the same.
    """
    for module in vae.modules():
        if isinstance(module, CogVideoXSpatialNorm3D):
            module.__class__ = LatentSizeNorm3d


def _frames_of_latents(frames: int, latents: int) -> list[tuple[int, int]]:
    """First and past-last frame that each latent conditions."""
    alone = frames % 2 if frames > 1 else 0
    each = (frames - alone) // (latents - alone)
    starts = range(alone, frames, each)
    return [(0, 1)] * alone + [(start, start + each) for start in starts]


def _enlarged(cells_BChw: Tensor, size: tuple[int, ...]) -> Tensor:
    """B C 1 H W, to be spread over the frames of one latent."""
    return functional.interpolate(cells_BChw, size)[:, :, None]
