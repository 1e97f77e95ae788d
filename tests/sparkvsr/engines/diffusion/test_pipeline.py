"""The pipeline gives the numbers of the published forward pass, with fewer runs of its models."""

from __future__ import annotations

import json
import math
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import torch
from diffusers.models.autoencoders.autoencoder_kl_cogvideox import AutoencoderKLCogVideoX
from diffusers.models.transformers.cogvideox_transformer_3d import CogVideoXTransformer3DModel
from diffusers.schedulers.scheduling_dpm_cogvideox import CogVideoXDPMScheduler
from safetensors.torch import load_file
from torch import Tensor

from sparkvsr import KeyframeError, SparkVSRError
from sparkvsr.engines.diffusion import EMPTY_PROMPT_FILE, SparkVSRPipeline, StageCounts
from tiny import make_tiny_pipeline, tiny_picture, tiny_video

GOLDEN = Path(__file__).resolve().parents[5] / "shared" / "golden"
TOLERANCE = 2e-4
Pictures = dict[int, Tensor]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tiny_pipeline(tmp_path_factory.mktemp("model"))


@pytest.fixture
def pipe(folder: Path) -> SparkVSRPipeline:
    return SparkVSRPipeline.from_pretrained(folder)


def pictures(*indices: int) -> Pictures:
    return {index: tiny_picture(index) for index in indices}


def rotary(frames: int, rows: int, columns: int, dim: int) -> tuple[Tensor, Tensor]:
    """Angles position / 10000^(2i/d): a quarter of the channels for time, the rest in halves."""
    axes = [(frames, dim // 4), (rows, dim // 8 * 3), (columns, dim // 8 * 3)]
    grids = torch.meshgrid(*[torch.arange(n).double() for n, _ in axes], indexing="ij")
    angles = []
    for grid, (_, part) in zip(grids, axes, strict=True):
        rates = 10000.0 ** (-torch.arange(0, part, 2).double() / part)
        angles.append((grid.reshape(-1, 1) * rates).repeat_interleave(2, dim=1))
    turned = torch.cat(angles, 1)
    return turned.cos().float(), turned.sin().float()


@torch.no_grad()
def published(folder: Path, video: Tensor, references: Pictures, s: float) -> Tensor:
    """The published forward pass, written down plainly: every reference as four frames, both
    halves of the guidance in one batch, models loaded and run by diffusers."""
    vae: Any = AutoencoderKLCogVideoX.from_pretrained(folder / "vae", low_cpu_mem_usage=False)
    dit: Any = CogVideoXTransformer3DModel.from_pretrained(
        folder / "transformer", low_cpu_mem_usage=False
    )
    config = json.loads((folder / "scheduler" / "scheduler_config.json").read_text())
    scheduler: Any = CogVideoXDPMScheduler.from_config(config, timestep_spacing="trailing")
    prompt = load_file(folder / EMPTY_PROMPT_FILE)["prompt_embedding"]

    z_lq = vae.encode(video).latent_dist.mode() * 0.7
    z_ref = torch.zeros_like(z_lq)
    for index, picture in references.items():
        clip = picture[None, :, None].repeat(1, 1, 4, 1, 1)
        z_ref[:, :, index // 4] = vae.encode(clip).latent_dist.mode()[:, :, 0] * 0.7
    halves = [torch.zeros_like(z_ref), z_ref]
    z = torch.cat([torch.cat([z_lq, half], 1) for half in halves]).permute(0, 2, 1, 3, 4)
    z = torch.cat([z[:, :1], z], 1)  # always an odd number of latents here
    _, latents, _, rows, columns = z.shape
    v = dit(
        hidden_states=z,
        encoder_hidden_states=prompt.repeat(2, 1, 1),
        timestep=torch.tensor([399, 399]),
        ofs=torch.tensor([2.0, 2.0]),
        image_rotary_emb=rotary(
            latents // 2, rows // 2, columns // 2, dit.config.attention_head_dim
        ),
    ).sample
    v = v[:1] + s * (v[1:] - v[:1])
    x0 = scheduler.get_velocity(v, z[:1, :, :16], torch.tensor([399]))[:, 1:]
    decoded: Tensor = vae.decode(x0.permute(0, 2, 1, 3, 4) / 0.7).sample
    return (decoded * 0.5 + 0.5).clamp(0, 1)


@pytest.mark.parametrize(
    ("frames", "indices", "s"),
    [
        (9, (), 1.0),
        (17, (0,), 1.0),
        (17, (0, 8, 16), 1.0),
        (17, (4, 12), 0.5),
        (9, (0, 8), 1.7),
        (9, (0,), 0.0),
        (1, (0,), 1.3),
        (9, (5,), 1.0),
    ],
)
def test_it_agrees_with_the_published_forward_pass(
    pipe: SparkVSRPipeline, folder: Path, frames: int, indices: tuple[int, ...], s: float
) -> None:
    video, references = tiny_video(frames), pictures(*indices)
    frames_BCTHW = pipe(video, references, s).frames
    expected = published(folder, video, references, s)
    assert frames_BCTHW.shape == video.shape
    assert frames_BCTHW.dtype == torch.float32
    assert (frames_BCTHW - expected).abs().max() <= TOLERANCE
    assert expected.std() > 0.05  # a picture, not a grey field


@pytest.mark.skipif(not GOLDEN.exists(), reason="needs the golden cases beside the checkout")
def test_it_reproduces_the_golden_cases() -> None:
    golden = SparkVSRPipeline.from_pretrained(GOLDEN / "pipeline")
    tensors = load_file(GOLDEN / "cases.safetensors")
    cases = json.loads((GOLDEN / "cases.json").read_text())
    worst = {}
    for name, case in cases.items():
        references = {i: tensors[f"{name}/refs"][n] for n, i in enumerate(case["indices"])}
        frames = golden(tensors[f"{name}/video"], references, case["guidance"]).frames
        worst[name] = float((frames - tensors[f"{name}/output"]).abs().max())
    assert len(worst) >= 6
    assert max(worst.values()) <= TOLERANCE, worst


def test_references_and_guidance_change_the_result(pipe: SparkVSRPipeline) -> None:
    video, references = tiny_video(9), pictures(0, 8)
    results = [pipe(video, references, s).frames for s in (0.0, 0.5, 1.0, 1.5)]
    for one, other in pairwise(results):
        assert (one - other).abs().max() > 50 * TOLERANCE


@pytest.mark.parametrize(
    ("indices", "s", "expected"),
    [
        ((), 1.5, StageCounts(1, 0, 1, 1)),
        ((0, 8), 0.0, StageCounts(1, 0, 1, 1)),
        ((0, 8), 1.0, StageCounts(1, 2, 1, 1)),
        ((0, 4, 8), 1.2, StageCounts(1, 3, 2, 1)),
    ],
)
def test_no_model_runs_more_often_than_needed(
    pipe: SparkVSRPipeline, indices: tuple[int, ...], s: float, expected: StageCounts
) -> None:
    pipe(tiny_video(9), pictures(*indices), s)
    assert pipe.counts == expected


def test_guidance_never_doubles_the_batch(pipe: SparkVSRPipeline) -> None:
    seen = []
    pipe.transformer.register_forward_pre_hook(
        lambda _, __, options: seen.append(len(options["hidden_states"])), with_kwargs=True
    )
    pipe(tiny_video(9), pictures(0), 1.5)
    assert seen == [1, 1]


def test_every_item_of_a_batch_is_restored_as_alone(pipe: SparkVSRPipeline) -> None:
    videos = [tiny_video(9, seed=seed) for seed in (1, 2)]
    both = pipe(torch.cat(videos), pictures(4), 1.3).frames
    alone = torch.cat([pipe(video, pictures(4), 1.3).frames for video in videos])
    assert (both - alone).abs().max() <= 1e-4


def test_the_mode_is_deterministic_and_a_generator_samples(pipe: SparkVSRPipeline) -> None:
    video, references = tiny_video(9), pictures(0)

    def sampled(seed: int) -> Tensor:
        return pipe(video, references, generator=torch.Generator().manual_seed(seed)).frames

    mode = pipe(video, references).frames
    assert torch.equal(mode, pipe(video, references).frames)
    assert torch.equal(sampled(1), sampled(1))
    assert not torch.equal(sampled(1), sampled(2))
    assert not torch.equal(sampled(1), mode)


def test_a_prompt_of_ones_own_is_used(pipe: SparkVSRPipeline) -> None:
    video = tiny_video(9)
    empty = pipe.empty_prompt()
    default = pipe(video).frames
    assert torch.equal(pipe(video, prompt_embeds=empty).frames, default)
    assert torch.equal(pipe(video, prompt_embeds=empty[0]).frames, default)
    assert not torch.equal(pipe(video, prompt_embeds=empty + 1).frames, default)


def test_in_half_precision_the_result_is_near(folder: Path, pipe: SparkVSRPipeline) -> None:
    half = SparkVSRPipeline.from_pretrained(folder, torch_dtype=torch.bfloat16)
    video, references = tiny_video(9), pictures(0)
    frames = half(video, references, 1.2).frames
    assert frames.dtype == torch.float32
    assert (frames - pipe(video, references, 1.2).frames).abs().mean() < 0.02


@pytest.mark.parametrize("frames", [2, 8, 12, 16])
def test_a_video_of_another_length_than_8k_plus_1_is_refused(
    pipe: SparkVSRPipeline, frames: int
) -> None:
    with pytest.raises(SparkVSRError, match=r"8k\+1"):
        pipe(tiny_video(frames))


def test_sizes_that_do_not_fit_are_refused(pipe: SparkVSRPipeline) -> None:
    with pytest.raises(SparkVSRError, match="multiples of 16"):
        pipe(tiny_video(9, 40, 64))
    with pytest.raises(KeyframeError, match="frame 4 has the shape"):
        pipe(tiny_video(9), {4: tiny_picture(4, 32, 64)})


@pytest.mark.parametrize("index", [-1, 9, 11])
def test_a_reference_outside_the_window_is_refused(pipe: SparkVSRPipeline, index: int) -> None:
    with pytest.raises(KeyframeError, match=f"frame {index} "):
        pipe(tiny_video(9), pictures(index))


def test_two_references_of_one_latent_are_refused(pipe: SparkVSRPipeline) -> None:
    with pytest.raises(KeyframeError, match="4 and 6"):
        pipe(tiny_video(9), pictures(6, 4))


def test_the_result_is_finite_and_in_range(pipe: SparkVSRPipeline) -> None:
    frames = pipe(tiny_video(9), pictures(0), 3.0).frames
    assert math.isfinite(float(frames.sum()))
    assert 0.0 <= float(frames.min()) < float(frames.max()) <= 1.0
