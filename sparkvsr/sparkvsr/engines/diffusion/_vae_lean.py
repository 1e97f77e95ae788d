"""Convolutions and activations of the VAE that hold no tensor they can do without.

Three things of diffusers' forward cost memory and change no number:

- context and batch are joined in front of every convolution: a second copy of the largest tensors
  there are. Here the convolution goes over the batch a few frames at a time, and only the first
  few are joined with the context. The 2D convolutions go in pieces too: what cuDNN needs for a
  convolution, up to its input and output once more in another layout, then stays small.
- the context of the next batch is a new tensor, while the caller holds that of the batch before
  until all are complete. Here it is written over the old one.
- activations write a new tensor, though they only ever follow a norm, whose result nobody else has.

Axes: B batch, C channels, T frames, H W pixels.
"""

from __future__ import annotations

from typing import ClassVar, Final

import torch
from diffusers.models.autoencoders.autoencoder_kl_cogvideox import (
    AutoencoderKLCogVideoX,
    CogVideoXCausalConv3d,
)
from torch import Tensor, nn

PIECE_ELEMENTS: Final = 2**29
"""Of a convolution's input or output, at which work is divided: enough to keep any GPU busy."""


class LeanCausalConv3d(CogVideoXCausalConv3d):
    """`CogVideoXCausalConv3d`, padded in time by its first frame, a few frames at a time.

    The parameters and their names are those of the class it replaces. A cache serves one stream,
    forwards only: each batch overwrites it. For inference only.

    Attributes:
        piece_elements: most in the input and in the output of a piece, unless it is one frame.
    """

    piece_elements: ClassVar[int] = PIECE_ELEMENTS

    def forward(  # type: ignore[override]
        self, inputs: Tensor, conv_cache: Tensor | None = None
    ) -> tuple[Tensor, Tensor | None]:
        """B C T H W and the context of the batch before → B C' T H W and its own context."""
        needed = self.time_kernel_size - 1
        if needed == 0:
            return self.conv(inputs), None
        context = inputs[:, :, :1].repeat(1, 1, needed, 1, 1) if conv_cache is None else conv_cache
        output = self._in_pieces(context, inputs)
        frames = inputs.shape[2]
        context.copy_(_padded(context, inputs, frames, frames))
        return output, context

    def _in_pieces(self, context: Tensor, inputs: Tensor) -> Tensor:
        batch, channels, frames, height, width = inputs.shape
        frame_elements = batch * max(channels, self.conv.out_channels) * height * width
        step = max(self.piece_elements // frame_elements - context.shape[2], 1)
        if step >= frames:
            whole: Tensor = self.conv(_padded(context, inputs, 0, frames))
            return whole
        output = inputs.new_empty(batch, self.conv.out_channels, frames, height, width)
        for start in range(0, frames, step):
            stop = min(start + step, frames)
            output[:, :, start:stop] = self.conv(_padded(context, inputs, start, stop))
        return output


class LeanConv2d(nn.Conv2d):
    """`nn.Conv2d`, a few pictures of the batch at a time. For inference only.

    Attributes:
        piece_elements: most in the input of a piece, unless it is one picture.
    """

    piece_elements: ClassVar[int] = PIECE_ELEMENTS

    def forward(self, input: Tensor) -> Tensor:
        """B C H W → B C' H' W'."""
        batch = input.shape[0]
        step = max(self.piece_elements // input[0].numel(), 1)
        first = super().forward(input[:step])
        if step >= batch:
            return first
        output = first.new_empty(batch, *first.shape[1:])
        output[:step] = first
        for start in range(step, batch, step):
            output[start : start + step] = super().forward(input[start : start + step])
        return output


def make_lean(vae: AutoencoderKLCogVideoX) -> None:
    """Give the convolutions and activations of this VAE our ways; other VAEs keep theirs.

    Only classes and flags of modules change: weights, their names and what is saved stay the same.
    """
    for module in vae.modules():
        if isinstance(module, CogVideoXCausalConv3d) and module.pad_mode != "replicate":
            module.__class__ = LeanCausalConv3d
        elif isinstance(module, nn.Conv2d):
            module.__class__ = LeanConv2d
        elif isinstance(module, nn.SiLU):
            module.inplace = True


def _padded(context: Tensor, inputs: Tensor, start: int, stop: int) -> Tensor:
    """What the frames start … stop-1 of the output depend on, of context and inputs joined."""
    needed = context.shape[2]
    if start >= needed:
        return inputs[:, :, start - needed : stop]
    return torch.cat([context[:, :, start:], inputs[:, :, :stop]], dim=2)
