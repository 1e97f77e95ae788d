"""How much memory a window takes: arithmetic on the configurations of the models.

Counted are the tensors alive at the fullest moment of each stage, as the forwards of the models go
(diffusers 0.42 with our `LatentSizeNorm3d` and `LeanCausalConv3d`). Tests hold it to a trace of
what the real code allocates. Attention is taken to be memory-efficient: no S x S matrix.

Axes: T frames, H W pixels of the output, S tokens of the transformer, D their channels.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, Final, NamedTuple

from ._vae_lean import PIECE_ELEMENTS

_FRAMES_A_BATCH: Final = 8
_HALVINGS_OF_TIME: Final = 2
_TOKEN_PIXELS: Final = 16 * 16
_TOKEN_LATENTS: Final = 2
_TOKEN_CELLS: Final = 2 * 2 * _TOKEN_LATENTS


@dataclass(frozen=True)
class StageBytes:
    """Peak bytes of each stage of a window or tile, without the weights.

    The stages run one after the other, so what must fit is `most`.
    """

    encode: int
    encode_reference: int
    transformer: int
    decode: int

    @property
    def most(self) -> int:
        return max(self.encode, self.encode_reference, self.transformer, self.decode)


class MemoryModel:
    """Peak memory of the stages for one pair of models.

    Args:
        vae, transformer: their configurations.
        element: bytes of one number: 2 in bfloat16, 4 in float32.
        workspace: count what a convolution may take for itself: its input and its output once more,
            in the layout that its kernel wants. (Not known without the device; this is the most
            that cuDNN's and oneDNN's changes of layout need.)
    """

    def __init__(
        self,
        vae: Mapping[str, Any],
        transformer: Mapping[str, Any],
        element: int,
        *,
        workspace: bool = True,
    ) -> None:
        self._element = element
        self._workspace = workspace
        self._transformer = transformer
        self._channels = vae["in_channels"]
        widths, layers = tuple(vae["block_out_channels"]), vae["layers_per_block"]
        self._encoder = _encoder(widths, layers)
        self._decoder = _decoder(widths, layers)

    def stages(self, width: int, height: int, frames: int) -> StageBytes:
        """Of T = 8k+1 frames of W x H pixels, multiples of 16."""
        pixels = width * height
        return StageBytes(
            encode=self._vae_bytes(self._encoder, pixels, frames),
            encode_reference=self._vae_bytes(self._encoder, pixels, 1),
            transformer=self._transformer_bytes(pixels, frames),
            decode=self._vae_bytes(self._decoder, pixels, frames),
        )

    def _vae_bytes(self, steps: list[_Step], pixels: int, frames: int) -> int:
        """The first batch has one frame more than the others, but not yet all of the context."""
        first = min(frames, _FRAMES_A_BATCH + 1)
        contexts = list(accumulate(step.context_elements(pixels) for step in steps))
        most = max(
            step.elements(pixels, first, self._workspace) + context
            for step, context in zip(steps, contexts, strict=True)
        )
        if frames > first:
            later = (step.elements(pixels, _FRAMES_A_BATCH, self._workspace) for step in steps)
            most = max(most, max(later) + contexts[-1])
        pictures = self._channels * pixels * first * (self._element + 4)  # one copy in float32
        return int(most * self._element + pictures)

    def _transformer_bytes(self, pixels: int, frames: int) -> int:
        """The fuller one of two moments, in maps of S D.

        In the feed-forward layer 4, and its hidden layer before and after the activation (4 D wide
        each); while positions turn a key 7, and 2 more in float32, or 3 with a copy of it in that.
        """
        config, element = self._transformer, self._element
        latents = frames // 4 + 1
        tokens = -(-latents // _TOKEN_LATENTS) * (pixels // _TOKEN_PIXELS)
        sequence = tokens + config["max_text_seq_length"]
        channels = config["num_attention_heads"] * config["attention_head_dim"]
        turning = 7 * element + (8 if element == 4 else 12)
        maps = sequence * channels * max(12 * element, turning)
        positions = 2 * tokens * config["attention_head_dim"] * 4  # cosines and sines
        latents_in = tokens * config["in_channels"] * _TOKEN_CELLS * element
        return int(maps + positions + latents_in)


class _Step(NamedTuple):
    """One convolution of the encoder or decoder, as far as memory is concerned.

    Attributes:
        scale: rows (and columns) of the output picture over those of this step.
        halvings: how often time has been halved here.
        alive: channels of all maps that are alive during it; its own result is one.
        joined: channels of the input, of which a piece is joined with context; 0 for a resize.
        largest: channels of its input or output, the larger.
    """

    scale: int
    halvings: int
    alive: int
    joined: int
    largest: int

    def elements(self, pixels: int, frames: int, workspace: bool) -> int:
        """Alive at this step in a batch of so many frames of the output, less all context."""
        for _ in range(self.halvings):
            frames = (frames + 1) // 2
        area = pixels // self.scale**2
        context = 2 if self.joined else 0
        fitting = max(PIECE_ELEMENTS // (self.largest * area) - context, 1)
        alive = self.alive * frames
        at_once = min(fitting, frames)
        alive += self.joined * (at_once + context)
        if at_once < frames:
            alive += self.joined * at_once  # the result of one piece
        if workspace:
            alive += self.largest * (2 * at_once + context)
        return alive * area

    def context_elements(self, pixels: int) -> int:
        """What it keeps for the next batch."""
        return 2 * self.joined * (pixels // self.scale**2)


def _encoder(widths: tuple[int, ...], layers: int) -> list[_Step]:
    steps: list[_Step] = []
    before = widths[0]
    for level, width in enumerate(widths):
        blocks = layers + 2 * (level == len(widths) - 1)  # the middle block is at the last level
        steps += _residual_blocks(level, before, width, blocks)
        before = width
    return steps


def _decoder(widths: tuple[int, ...], layers: int) -> list[_Step]:
    steps: list[_Step] = []
    before = widths[-1]
    for level in reversed(range(len(widths))):
        if level == len(widths) - 1:
            steps += _residual_blocks(level, before, before, 2)
        else:
            steps.append(_enlarging(level, before))
        steps += _residual_blocks(level, before, widths[level], layers + 1)
        before = widths[level]
    return steps


def _residual_blocks(level: int, before: int, width: int, blocks: int) -> list[_Step]:
    """Two convolutions each; the caller holds the input of the first block until the last is done.

    Alive are what came in, the normed map (activated in place) and the result; in the second
    convolution of a block that changes the width, also what a third makes of the input.
    """
    steps = []
    for block in range(blocks):
        held = before if block else 0
        wide = width if block else before
        for joined, alive in ((wide, held + 2 * wide + width), (width, held + wide + 2 * width)):
            steps.append(_at(level, alive, joined, max(joined, width)))
    return steps


def _enlarging(level: int, width: int) -> _Step:
    """Half-size input and result of the level before, enlarged map, and its convolution."""
    return _at(level, 2 * width + width // 2, 0, width)


def _at(level: int, alive: int, joined: int, largest: int) -> _Step:
    return _Step(2**level, min(level, _HALVINGS_OF_TIME), alive, joined, largest)
