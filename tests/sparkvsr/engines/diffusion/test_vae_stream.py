"""The VAE in batches: equal to diffusers' own, early, and without a limit of size."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import torch
from diffusers.models.autoencoders.autoencoder_kl_cogvideox import (
    AutoencoderKLCogVideoX,
    CogVideoXSafeConv3d,
)
from torch import Tensor

from sparkvsr.engines.diffusion import (
    SplitConv3d,
    decode_near,
    decode_stream,
    encode_stream,
    frame_batches,
    split_frames,
    split_large_convolutions,
    split_latents,
)
from tiny import VAE, tiny_video

LATENT_ROWS, LATENT_COLUMNS = 6, 8


@pytest.fixture(autouse=True)
def no_gradients() -> Iterator[None]:
    with torch.no_grad():
        yield


def make_vae() -> Any:
    torch.manual_seed(3)
    return AutoencoderKLCogVideoX(**VAE).eval()


def random_latents(length: int) -> Tensor:
    generator = torch.Generator().manual_seed(length)
    return torch.randn(1, 16, length, LATENT_ROWS, LATENT_COLUMNS, generator=generator)


@pytest.mark.parametrize("frames", [1, 4, 8, 9, 16, 17, 25, 33])
def test_encoding_equals_that_of_diffusers(frames: int) -> None:
    vae, video = make_vae(), tiny_video(frames)
    parts = list(encode_stream(vae, split_frames(vae, video)))
    expected = vae.encode(video).latent_dist.parameters
    assert torch.cat(parts, 2).shape == expected.shape
    assert (torch.cat(parts, 2) - expected).abs().max() <= 1e-5


@pytest.mark.parametrize("latents", [1, 2, 3, 4, 5, 9])
def test_decoding_equals_that_of_diffusers(latents: int) -> None:
    vae, z = make_vae(), random_latents(latents)
    frames = torch.cat(list(decode_stream(vae, split_latents(vae, z))), 2)
    expected = vae.decode(z).sample
    assert frames.shape == expected.shape
    assert (frames - expected).abs().max() <= 1e-5


def test_batches_are_nine_frames_and_then_eight() -> None:
    assert frame_batches(make_vae(), 33) == [(0, 9), (9, 17), (17, 25), (25, 33)]
    assert frame_batches(make_vae(), 1) == [(0, 1)]


def test_frames_leave_before_the_window_is_decoded() -> None:
    vae, runs = make_vae(), []
    vae.decoder.register_forward_pre_hook(lambda _, inputs: runs.append(inputs[0].shape[2]))
    stream = decode_stream(vae, split_latents(vae, random_latents(9)))
    assert runs == []
    assert next(stream).shape[2] == 9
    assert runs == [3]
    assert next(stream).shape[2] == 8
    assert runs == [3, 2]
    assert [part.shape[2] for part in stream] == [8, 8]


def test_frames_are_asked_for_only_when_their_batch_is_encoded() -> None:
    vae, video, asked = make_vae(), tiny_video(25), []

    def batches() -> Iterator[Tensor]:
        for start, stop in frame_batches(vae, 25):
            asked.append((start, stop))
            yield video[:, :, start:stop]

    stream = encode_stream(vae, batches())
    assert next(stream).shape[2] == 3
    assert asked == [(0, 9)]
    assert next(stream).shape[2] == 2
    assert asked == [(0, 9), (9, 17)]


# A frame of the full-size feature maps below has 8 · 48 · 64 elements, a row of it 8 · 64.
@pytest.mark.parametrize("most", [100_000, 60_000, 8_000, 1_500])
def test_split_convolutions_change_nothing(most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    vae, video, z = make_vae(), tiny_video(9), random_latents(5)
    expected_z, expected = vae.encode(video).latent_dist.parameters, vae.decode(z).sample
    split_large_convolutions(vae)
    monkeypatch.setattr(SplitConv3d, "most_elements", most)
    assert (vae.encode(video).latent_dist.parameters - expected_z).abs().max() <= 1e-5
    assert (
        torch.cat(list(decode_stream(vae, split_latents(vae, z))), 2) - expected
    ).abs().max() <= 1e-5


@pytest.mark.parametrize(("kernel", "padding"), [(3, (0, 1, 1)), (1, 0), ((3, 1, 1), 0)])
@pytest.mark.parametrize("most", [20_000, 4_000, 1_500, 1])
def test_no_part_is_larger_than_allowed_if_it_can_be_helped(
    kernel: Any, padding: Any, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    torch.manual_seed(0)
    conv = SplitConv3d(4, 6, kernel, padding=padding)
    input = torch.randn(2, 4, 10, 20, 12)
    monkeypatch.setattr(SplitConv3d, "most_elements", 2**31 - 1)
    whole = conv(input)
    sizes: list[int] = []
    convolve = torch.nn.functional.conv3d

    def watched(part: Tensor, *rest: Any, **options: Any) -> Tensor:
        sizes.append(part.numel() // 4 * 6)
        return convolve(part, *rest, **options)

    monkeypatch.setattr(torch.nn.functional, "conv3d", watched)
    monkeypatch.setattr(SplitConv3d, "most_elements", most)
    split = conv(input)
    assert (split - whole).abs().max() <= 1e-6
    assert len(sizes) > 1
    frames, rows, _ = conv.kernel_size
    smallest = 2 * 6 * frames * rows * 12  # what one row of one output frame depends on
    assert max(sizes) <= max(most, smallest)


def test_diffusers_fails_above_the_limit_where_ours_does_not() -> None:
    """At the published width, 1088x1920; without memory, on the meta device."""
    with torch.device("meta"):
        stock = AutoencoderKLCogVideoX(latent_channels=16, scaling_factor=0.7).bfloat16()
        ours = AutoencoderKLCogVideoX(latent_channels=16, scaling_factor=0.7).bfloat16()
        z = torch.empty(1, 16, 9, 136, 240, dtype=torch.bfloat16)
    split_large_convolutions(ours)
    with pytest.raises(RuntimeError, match="Kernel size can't be greater than actual input size"):
        list(decode_stream(stock, split_latents(stock, z)))
    parts = list(decode_stream(ours, split_latents(ours, z)))
    assert [tuple(part.shape) for part in parts] == [
        (1, 3, frames, 1088, 1920) for frames in (9, 8, 8, 8)
    ]


def test_4k_is_encoded_and_decoded_whole() -> None:
    with torch.device("meta"):
        vae = AutoencoderKLCogVideoX(latent_channels=16, scaling_factor=0.7).bfloat16()
        video = torch.empty(1, 3, 17, 2160, 3840, dtype=torch.bfloat16)
    split_large_convolutions(vae)
    moments = torch.cat(list(encode_stream(vae, split_frames(vae, video))), 2)
    assert moments.shape == (1, 32, 5, 270, 480)
    frames = torch.cat(list(decode_stream(vae, split_latents(vae, moments[:, :16]))), 2)
    assert frames.shape == (1, 3, 17, 2160, 3840)


def test_only_the_vae_at_hand_is_changed_and_its_weights_keep_their_names() -> None:
    ours, other = make_vae(), make_vae()
    split_large_convolutions(ours)
    assert not any(isinstance(module, SplitConv3d) for module in other.modules())
    assert all(
        isinstance(module, SplitConv3d)
        for module in ours.modules()
        if isinstance(module, CogVideoXSafeConv3d)
    )
    assert list(ours.state_dict()) == list(other.state_dict())


def test_one_frame_alone_is_closer_to_the_decoded_one_than_its_neighbours_are() -> None:
    vae = make_vae()
    z = vae.encode(tiny_video(33)).latent_dist.mode()
    frames = torch.cat(list(decode_stream(vae, split_latents(vae, z))), 2)

    def error(picture: Tensor, index: int) -> float:
        return float((picture - frames[:, :, index]).square().mean())

    assert torch.equal(decode_near(vae, z[:, :, :1]), decode_near(vae, z[:, :, :1], 0))
    for index in (1, 6, 12, 13, 20, 30, 32):
        own = -(-index // 4)
        latents = z[:, :, max(0, own - 2) : own + 1]
        near = decode_near(vae, latents, 4 * own - index)
        assert near.shape == frames[:, :, index].shape
        far = min(
            error(frames[:, :, other], index) for other in (index - 4, index + 4) if 0 <= other < 33
        )
        assert error(near, index) < far, index
