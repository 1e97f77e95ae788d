"""The SparkVSR diffusion model: its pipeline and the stages it is made of.

Nothing else of the library imports this package at its start: it needs torch and diffusers.
"""

from ._acceleration import use_channels_last
from ._cache import StageCache, best_device, device_count
from ._engine import DiffusionEngine
from ._loading import load_engine
from ._pipeline import SparkVSROutput, SparkVSRPipeline
from ._prompt import EMPTY_PROMPT_FILE
from ._stages import (
    FRAMES_A_LATENT,
    StageCounts,
    combine_guidance,
    decode,
    decode_batches,
    decode_preview,
    encode_references,
    encode_source,
    place_references,
    predict_velocity,
    to_x0,
)
from ._vae_conv import SplitConv3d, split_large_convolutions
from ._vae_stream import (
    decode_near,
    decode_stream,
    encode_stream,
    frame_batches,
    latent_batches,
    split_frames,
    split_latents,
)

__all__ = [
    "EMPTY_PROMPT_FILE",
    "FRAMES_A_LATENT",
    "DiffusionEngine",
    "SparkVSROutput",
    "SparkVSRPipeline",
    "SplitConv3d",
    "StageCache",
    "StageCounts",
    "best_device",
    "combine_guidance",
    "decode",
    "decode_batches",
    "decode_near",
    "decode_preview",
    "decode_stream",
    "device_count",
    "encode_references",
    "encode_source",
    "encode_stream",
    "frame_batches",
    "latent_batches",
    "load_engine",
    "place_references",
    "predict_velocity",
    "split_frames",
    "split_large_convolutions",
    "split_latents",
    "to_x0",
    "use_channels_last",
]
