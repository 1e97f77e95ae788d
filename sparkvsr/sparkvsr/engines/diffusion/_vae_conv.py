"""A 3D convolution that splits inputs too large for 32-bit indexing, at any size.

diffusers' own `CogVideoXSafeConv3d` splits the input along time into equal parts and gives each
but the first the last frames of the part before it as context. At 8 GiB and more (half precision)
the parts of a ten-frame batch get two frames long, the first one is then shorter than the kernel,
and decoding fails: for the published VAE above 1.68 megapixels. Here the *output* is divided, and
each part gets exactly the input that it depends on; where one frame is too much, rows are divided.

Axes: B batch, C channels, T frames, H W rows and columns.
"""

from __future__ import annotations

from typing import ClassVar

import torch
from diffusers.models.autoencoders.autoencoder_kl_cogvideox import (
    AutoencoderKLCogVideoX,
    CogVideoXSafeConv3d,
)
from torch import Tensor, nn
from torch.nn import functional


class SplitConv3d(CogVideoXSafeConv3d):
    """`nn.Conv3d` of stride and dilation 1, unpadded in time, computed in parts where it is large.

    The parameters and their names are those of the class it replaces.

    Attributes:
        most_elements: of the input and of the output of one part; more cannot be indexed with
            32 bits, for which cuDNN has no fast kernels.
    """

    most_elements: ClassVar[int] = 2**31 - 1

    def forward(self, input: Tensor) -> Tensor:
        """B C T H W → B C' T-k+1 H W for a kernel of k frames (its input is padded before)."""
        frames = input.shape[2]
        context = self.kernel_size[0] - 1
        step = self._fitting(input.select(2, 0)) - context
        if step >= frames - context:
            return nn.Conv3d.forward(self, input)
        step = max(step, 1)
        starts = range(0, frames - context, step)
        return torch.cat([self._by_rows(input[:, :, t : t + step + context]) for t in starts], 2)

    def _by_rows(self, input: Tensor) -> Tensor:
        """The same, divided along rows if even these few frames are too many elements."""
        context = self.kernel_size[1] - 1
        if self._fitting(input.select(3, 0)) >= input.shape[3]:
            return nn.Conv3d.forward(self, input)
        _, rows_padding, columns_padding = (int(n) for n in self.padding)
        padded = functional.pad(input, (0, 0, rows_padding, rows_padding))
        step = max(self._fitting(input.select(3, 0)) - context, 1)
        starts = range(0, padded.shape[3] - context, step)
        parts = [padded[:, :, :, y : y + step + context] for y in starts]
        padding = (0, 0, columns_padding)
        return torch.cat(
            [functional.conv3d(p, self.weight, self.bias, padding=padding) for p in parts], 3
        )

    def _fitting(self, slice_of_input: Tensor) -> int:
        """How many such slices (one frame, or one row of all frames) a part may hold."""
        widest = max(self.in_channels, self.out_channels)
        return self.most_elements // (slice_of_input.numel() // self.in_channels * widest)


def split_large_convolutions(vae: AutoencoderKLCogVideoX) -> None:
    """Give the splitting convolutions of this VAE our rule; other VAEs keep theirs.

    Only the class of the modules changes: weights, their names and what is saved stay the same.
    """
    for module in vae.modules():
        if isinstance(module, CogVideoXSafeConv3d):
            module.__class__ = SplitConv3d
