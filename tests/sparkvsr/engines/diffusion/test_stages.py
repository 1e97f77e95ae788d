"""Each stage alone: constants, slots, and what makes the cheaper ways exact."""

from __future__ import annotations

import pytest
import torch
from diffusers.schedulers.scheduling_ddim_cogvideox import CogVideoXDDIMScheduler
from diffusers.schedulers.scheduling_dpm_cogvideox import CogVideoXDPMScheduler

from sparkvsr import KeyframeError
from sparkvsr.engines.diffusion import (
    SparkVSRPipeline,
    StageCounts,
    combine_guidance,
    decode,
    encode_references,
    encode_source,
    place_references,
    predict_velocity,
    split_frames,
    to_x0,
)
from tiny import SCHEDULER, make_tiny_pipeline, tiny_picture, tiny_video


@pytest.fixture(scope="module")
def pipe(tmp_path_factory: pytest.TempPathFactory) -> SparkVSRPipeline:
    return SparkVSRPipeline.from_pretrained(make_tiny_pipeline(tmp_path_factory.mktemp("model")))


@pytest.mark.parametrize("scheduler_class", [CogVideoXDDIMScheduler, CogVideoXDPMScheduler])
def test_x0_has_the_constants_of_timestep_399(scheduler_class: type) -> None:
    scheduler = scheduler_class(**SCHEDULER)
    one, zero = torch.ones(1, 1, 1, 1, 1), torch.zeros(1, 1, 1, 1, 1)
    assert float(to_x0(one, zero, scheduler)) == pytest.approx(0.62733090, abs=1e-6)
    assert float(to_x0(zero, one, scheduler)) == pytest.approx(-0.77875281, abs=1e-6)


def test_x0_is_computed_in_float32_from_half_precision() -> None:
    scheduler = CogVideoXDDIMScheduler(**SCHEDULER)
    z = torch.randn(1, 16, 3, 2, 2).bfloat16()
    v = torch.randn(1, 16, 3, 2, 2).bfloat16()
    x0 = to_x0(z, v, scheduler)
    assert x0.dtype == torch.float32
    assert torch.equal(x0, to_x0(z.float(), v.float(), scheduler))


def test_guidance_is_exact_at_0_and_1_and_linear_elsewhere() -> None:
    uncond, cond = torch.randn(2, 1, 16, 3, 4, 4)
    assert torch.equal(combine_guidance(uncond, cond, 0.0), uncond)
    assert torch.equal(combine_guidance(uncond, cond, 1.0), cond)
    for s in (0.3, 0.8, 1.5, 4.0):
        expected = uncond.double() + s * (cond.double() - uncond.double())
        assert (combine_guidance(uncond, cond, s) - expected).abs().max() < 1e-5
    assert combine_guidance(uncond.bfloat16(), cond.bfloat16(), 1.2).dtype == torch.float32


def test_a_reference_stands_in_slot_index_over_4_and_other_slots_are_zero() -> None:
    z_lq = torch.randn(2, 16, 5, 3, 4)
    latents = {index: torch.randn(16, 3, 4) for index in (0, 8, 15)}
    z_ref = place_references(latents, z_lq)
    for item in z_ref:
        assert torch.equal(item[:, 0], latents[0])
        assert torch.equal(item[:, 2], latents[8])
        assert torch.equal(item[:, 3], latents[15])
    assert not z_ref[:, :, [1, 4]].any()


@pytest.mark.parametrize("index", [-4, 17])
def test_a_slot_outside_the_window_is_refused(index: int) -> None:
    with pytest.raises(KeyframeError, match=f"frame {index} .*ends at 16"):
        place_references({index: torch.ones(16, 3, 4)}, torch.zeros(1, 16, 5, 3, 4))


def test_one_frame_encodes_like_the_four_of_the_published_script(pipe: SparkVSRPipeline) -> None:
    picture = tiny_picture(0)
    (alone,) = encode_references(pipe.vae, [picture], StageCounts())
    clip = picture[None, :, None].expand(-1, -1, 4, -1, -1)
    repeated = pipe.vae.encode(clip).latent_dist.mode()[0, :, 0] * 0.7
    assert (alone - repeated).abs().max() <= 1e-5


def test_stages_put_together_are_the_pipeline(pipe: SparkVSRPipeline) -> None:
    video, counts = tiny_video(17), StageCounts()
    pictures = {4: tiny_picture(4), 12: tiny_picture(12)}
    z_lq = encode_source(pipe.vae, split_frames(pipe.vae, video), counts)
    latents = encode_references(pipe.vae, pictures.values(), counts)
    z_ref = place_references(dict(zip(pictures, latents, strict=True)), z_lq)
    prompt = pipe.empty_prompt()
    v_uncond = predict_velocity(pipe.transformer, z_lq, None, prompt, counts)
    v_cond = predict_velocity(pipe.transformer, z_lq, z_ref, prompt, counts)
    v = combine_guidance(v_uncond, v_cond, 1.4)
    frames = torch.cat(list(decode(pipe.vae, to_x0(z_lq, v, pipe.scheduler), counts)), 2)
    assert torch.equal(frames, pipe(video, pictures, 1.4).frames)
    assert counts == StageCounts(1, 2, 2, 1)


def test_latents_and_velocity_have_the_shapes_that_they_say(pipe: SparkVSRPipeline) -> None:
    z_lq = encode_source(pipe.vae, split_frames(pipe.vae, tiny_video(17)), StageCounts())
    assert z_lq.shape == (1, 16, 5, 6, 8)
    v = predict_velocity(pipe.transformer, z_lq, None, pipe.empty_prompt(), StageCounts())
    assert v.shape == z_lq.shape


def test_no_references_are_the_same_as_zeros(pipe: SparkVSRPipeline) -> None:
    z_lq, prompt = torch.randn(1, 16, 3, 6, 8), pipe.empty_prompt()
    nothing = predict_velocity(pipe.transformer, z_lq, None, prompt, StageCounts())
    zeros = predict_velocity(pipe.transformer, z_lq, torch.zeros_like(z_lq), prompt, StageCounts())
    assert torch.equal(nothing, zeros)


def test_stages_keep_no_graph_for_gradients(pipe: SparkVSRPipeline) -> None:
    z_lq = encode_source(pipe.vae, split_frames(pipe.vae, tiny_video(9)), StageCounts())
    v = predict_velocity(pipe.transformer, z_lq, None, pipe.empty_prompt(), StageCounts())
    frames = next(decode(pipe.vae, to_x0(z_lq, v, pipe.scheduler), StageCounts()))
    assert not (z_lq.requires_grad or v.requires_grad or frames.requires_grad)


def test_a_decode_counts_when_it_begins(pipe: SparkVSRPipeline) -> None:
    counts = StageCounts()
    stream = decode(pipe.vae, torch.randn(1, 16, 5, 2, 2), counts)
    assert counts.decodes == 0
    assert next(stream).shape == (1, 3, 9, 16, 16)
    assert counts.decodes == 1
