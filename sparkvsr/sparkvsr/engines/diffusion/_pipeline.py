"""The SparkVSR model as a diffusers pipeline: one window in, restored frames out.

Axes: B batch, C channels (3, RGB), T frames, H W pixels, N text tokens, D their channels.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import torch
from diffusers.models.autoencoders.autoencoder_kl_cogvideox import AutoencoderKLCogVideoX
from diffusers.models.transformers.cogvideox_transformer_3d import CogVideoXTransformer3DModel
from diffusers.pipelines.pipeline_utils import DiffusionPipeline
from diffusers.utils.outputs import BaseOutput
from huggingface_hub import snapshot_download
from huggingface_hub.errors import HFValidationError
from torch import Tensor

from ...cancel import Cancelled, never
from ...errors import EngineError, KeyframeError, SourceError
from ._checkpoint import load_components
from ._prompt import (
    EMPTY_PROMPT_FILE,
    encode_empty_prompt,
    load_text_encoder,
    read_empty_prompt,
    write_empty_prompt,
)
from ._stages import (
    StageCounts,
    combine_guidance,
    decode,
    encode_references,
    encode_source,
    place_references,
    predict_velocity,
    to_x0,
)
from ._vae_conv import split_large_convolutions
from ._vae_lean import make_lean
from ._vae_norm import condition_at_latent_size
from ._vae_stream import join, split_frames

_CELL = 16
"""Pixels of one token: 8 of a latent cell, 2 cells of a patch."""
_NEEDED = (
    ["model_index.json", EMPTY_PROMPT_FILE]
    + [f"{part}/*.{kind}" for part in ("transformer", "vae") for kind in ("json", "safetensors")]
    + ["scheduler/*.json"]
)


@dataclass
class SparkVSROutput(BaseOutput):
    """What the pipeline gives.

    Attributes:
        frames: B C T H W, float32 in [0, 1].
    """

    frames: Tensor


class SparkVSRPipeline(DiffusionPipeline):
    """Restores a window of video, following reference pictures of some of its frames.

    Weights are frozen and the VAE's layers get our forwards (`SplitConv3d`, `LatentSizeNorm3d`,
    `LeanCausalConv3d`), which are for inference only.

    Args:
        scheduler: only its ᾱ is used; there is one step.
        text_encoder: T5, only for want of `empty_prompt_1ND`; normally absent.
        empty_prompt_1ND: embedding of the empty prompt.

    Attributes:
        counts: how often each model was run since the pipeline was made.
    """

    _optional_components: list[str] = ["text_encoder"]  # noqa: RUF012

    def __init__(
        self,
        vae: AutoencoderKLCogVideoX,
        transformer: CogVideoXTransformer3DModel,
        scheduler: Any,
        text_encoder: Any = None,
        empty_prompt_1ND: Tensor | None = None,
    ) -> None:
        super().__init__()
        self.register_modules(  # type: ignore[no-untyped-call]
            vae=vae,
            transformer=transformer,
            scheduler=scheduler,
            text_encoder=text_encoder,
        )
        vae.requires_grad_(False)
        transformer.requires_grad_(False)
        split_large_convolutions(vae)
        condition_at_latent_size(vae)
        make_lean(vae)
        self.empty_prompt_1ND = empty_prompt_1ND
        self.counts = StageCounts()

    @classmethod
    def from_pretrained(  # type: ignore[override]
        cls,
        folder_or_repo: str | Path,
        torch_dtype: torch.dtype | None = None,
        device: torch.device | str = "cpu",
        text_encoder: Any = None,
        cancelled: Cancelled = never,
    ) -> Self:
        """Load a published checkpoint: a folder, or a repository of the hub.

        Of a repository only what is needed is fetched: no text encoder. Nothing but safetensors
        is read.

        Args:
            torch_dtype: weights are cast to it one by one; None keeps the type of the files.
            device: where they go.
            cancelled: asked before every tensor.

        Raises:
            EngineError: no checkpoint is there, it is damaged, or it is another model's; names
                the file and the key.
            CancelledError: `cancelled()` answered True.
        """
        folder = Path(folder_or_repo)
        if not folder.is_dir():
            folder = _fetched(str(folder_or_repo))
        parts = load_components(folder, torch_dtype, device, cancelled)
        config = parts.transformer.config
        embedding = read_empty_prompt(
            folder, config["max_text_seq_length"], config["text_embed_dim"]
        )
        pipe = cls(parts.vae, parts.transformer, parts.scheduler, text_encoder, embedding)
        pipe.register_to_config(_name_or_path=str(folder))  # type: ignore[no-untyped-call]
        return pipe

    def save_pretrained(  # type: ignore[override]
        self, save_directory: str | Path, **options: Any
    ) -> None:
        """Save as a folder that `from_pretrained` reads, safetensors only.

        Args:
            options: of `DiffusionPipeline.save_pretrained`, such as `max_shard_size`.
        """
        super().save_pretrained(save_directory, safe_serialization=True, **options)
        if self.empty_prompt_1ND is not None:
            write_empty_prompt(Path(save_directory), self.empty_prompt_1ND)

    @torch.no_grad()
    def __call__(
        self,
        video_BCTHW: Tensor,
        references: Mapping[int, Tensor] | None = None,
        guidance_scale: float = 1.0,
        prompt_embeds: Tensor | None = None,
        generator: torch.Generator | None = None,
    ) -> SparkVSROutput:
        """Restore one window.

        The transformer runs once at a guidance of 0 or 1 or without references, else twice, one
        after the other.

        Args:
            video_BCTHW: in [-1, 1], already at output size; T = 8k+1, H and W multiples of 16.
            references: pictures C H W in [-1, 1], by frame (0 ≤ i < T). They count at latent
                slot i // 4, so i should be a multiple of 4; see `place_references`.
            guidance_scale: s; 0 ignores the references, 1 follows them, more exaggerates.
            prompt_embeds: N D or B N D; None is the empty prompt, as in training.
            generator: draws from the VAE's posteriors, source first, then references by frame.
                Without it their mode is taken, and the same input gives the same output.

        Raises:
            SourceError: the video's shape does not fit.
            KeyframeError: a reference's size does not fit, it lies outside the window, or shares
                its latent slot with another.
            EngineError: no prompt is given, and the model came without the embedding of the empty
                one and without a text encoder.
        """
        references = dict(sorted((references or {}).items()))
        _check_shapes(video_BCTHW, references)
        device = self._execution_device
        prompt_BND = self._prompt(prompt_embeds, video_BCTHW.shape[0]).to(device)
        video_BCTHW = video_BCTHW.to(device)
        batches = split_frames(self.vae, video_BCTHW)
        z_lq = encode_source(self.vae, batches, self.counts, generator)

        def velocity(z_ref: Tensor | None) -> Tensor:
            return predict_velocity(self.transformer, z_lq, z_ref, prompt_BND, self.counts)

        if not references or guidance_scale == 0.0:
            v = velocity(None)
        else:
            pictures = [picture.to(device) for picture in references.values()]
            latents = encode_references(self.vae, pictures, self.counts, generator)
            z_ref = place_references(dict(zip(references, latents, strict=True)), z_lq)
            v = velocity(z_ref)
            if guidance_scale != 1.0:
                v = combine_guidance(velocity(None), v, guidance_scale)
        return SparkVSROutput(join(decode(self.vae, to_x0(z_lq, v, self.scheduler), self.counts)))

    def empty_prompt(self) -> Tensor:
        """Embedding 1 N D of the empty prompt; where it did not come with the model, computed once.

        Raises:
            EngineError: the checkpoint came without it, and without a text encoder.
        """
        if self.empty_prompt_1ND is None:
            encoder = self.text_encoder or load_text_encoder(
                Path(self.config.get("_name_or_path", "")),
                self.transformer.dtype,
                self._execution_device,
            )
            tokens = self.transformer.config["max_text_seq_length"]
            self.empty_prompt_1ND = encode_empty_prompt(encoder, tokens)
        return self.empty_prompt_1ND

    def _prompt(self, prompt_embeds: Tensor | None, batch: int) -> Tensor:
        """Embeddings B N D of what was given, or of the empty prompt."""
        if prompt_embeds is None:
            prompt_embeds = self.empty_prompt()
        if prompt_embeds.ndim == 2:
            prompt_embeds = prompt_embeds[None]
        return prompt_embeds.expand(batch, -1, -1)


def _check_shapes(video_BCTHW: Tensor, references: Mapping[int, Tensor]) -> None:
    shape = list(video_BCTHW.shape)
    if len(shape) != 5 or shape[1] != 3 or shape[2] % 8 != 1:
        raise SourceError(
            f"The video has the shape {shape}, not batch, 3, 8k+1 frames, height, width.",
            "Repeat the last frame until there are 8k+1.",
        )
    if shape[3] % _CELL or shape[4] % _CELL:
        raise SourceError(
            f"The video's height and width, {shape[3]} and {shape[4]}, are no multiples of"
            f" {_CELL}.",
            "Repeat its border pixels until they are.",
        )
    for index, picture_CHW in references.items():
        if list(picture_CHW.shape) != [3, *shape[3:]]:
            raise KeyframeError(
                f"The reference of frame {index} has the shape {list(picture_CHW.shape)}, the"
                f" video's frames have {[3, *shape[3:]]}.",
                "Resize it to the output size.",
            )


def _fetched(repo: str) -> Path:
    """The local copy of a hub repository's checkpoint, fetched if need be."""
    try:
        return Path(snapshot_download(repo, allow_patterns=_NEEDED))
    except HFValidationError as error:
        raise EngineError(
            f"{repo} is neither a folder nor a repository.", "Check the path."
        ) from error
    except (OSError, ValueError) as error:
        raise EngineError(
            f"The model {repo} could not be fetched: {error}", "Check the name and the network."
        ) from error
