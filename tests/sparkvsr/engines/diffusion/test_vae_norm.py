"""The VAE with our forwards: the same bits as diffusers' own, in less memory."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest
import torch
from diffusers.models.autoencoders.autoencoder_kl_cogvideox import (
    AutoencoderKLCogVideoX,
    CogVideoXCausalConv3d,
    CogVideoXSpatialNorm3D,
)
from torch import Tensor, nn

from live_memory import LiveMemory
from published import PUBLISHED_VAE, on_meta
from sparkvsr.engines.diffusion import (
    decode_stream,
    encode_stream,
    split_frames,
    split_large_convolutions,
    split_latents,
)
from sparkvsr.engines.diffusion._vae_lean import LeanCausalConv3d, LeanConv2d, make_lean
from sparkvsr.engines.diffusion._vae_norm import LatentSizeNorm3d, condition_at_latent_size
from tiny import VAE, tiny_video


@pytest.fixture(autouse=True)
def no_gradients() -> Iterator[None]:
    with torch.no_grad():
        yield


def make_vae() -> Any:
    """Random norms and biases too: as initialised, norms are the identity."""
    torch.manual_seed(3)
    vae = AutoencoderKLCogVideoX(**VAE).eval()
    for parameter in vae.parameters():
        if parameter.ndim == 1:
            parameter += 0.2 * torch.randn_like(parameter)
    return vae


def changed(vae: Any) -> Any:
    ours = copy.deepcopy(vae)
    condition_at_latent_size(ours)
    make_lean(ours)
    return ours


def latents(length: int) -> Tensor:
    return torch.randn(1, 16, length, 6, 8, generator=torch.Generator().manual_seed(length))


@pytest.mark.parametrize(("length", "frames"), [(1, 1), (2, 2), (2, 8), (3, 3), (3, 5), (3, 9)])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_a_norm_gives_the_same_bits(length: int, frames: int, dtype: torch.dtype) -> None:
    torch.manual_seed(0)
    stock = CogVideoXSpatialNorm3D(32, 16, groups=4).to(dtype)
    nn.init.normal_(stock.norm_layer.weight)
    nn.init.normal_(stock.norm_layer.bias)
    ours = copy.deepcopy(stock)
    ours.__class__ = LatentSizeNorm3d
    f, z = torch.randn(2, 32, frames, 12, 16, dtype=dtype), latents(length).to(dtype)
    z = torch.cat([z, -z])
    kept = f.clone()
    expected = stock(f, z)[0]
    assert torch.equal(ours(f, z)[0], expected)
    assert expected.std() > 0.1
    assert torch.equal(f, kept), "the map that came in is left alone"


@pytest.mark.parametrize("length", [1, 2, 3, 5, 9])
def test_decoding_gives_the_same_bits(length: int) -> None:
    vae = make_vae()
    expected = torch.cat(list(decode_stream(vae, split_latents(vae, latents(length)))), 2)
    frames = torch.cat(list(decode_stream(changed(vae), split_latents(vae, latents(length)))), 2)
    assert torch.equal(frames, expected)


@pytest.mark.parametrize("frames", [1, 3, 9, 17, 33])
def test_encoding_gives_the_same_bits(frames: int) -> None:
    vae, video = make_vae(), tiny_video(frames)
    expected = torch.cat(list(encode_stream(vae, split_frames(vae, video))), 2)
    ours = changed(vae)
    assert torch.equal(torch.cat(list(encode_stream(ours, split_frames(ours, video))), 2), expected)


# A frame of the full-size feature maps has 8 · 48 · 64 = 24576 elements.
@pytest.mark.parametrize("most", [200_000, 100_000, 1])
def test_convolutions_in_pieces_change_nothing(most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    vae, video = make_vae(), tiny_video(17)
    expected_z = torch.cat(list(encode_stream(vae, split_frames(vae, video))), 2)
    expected = torch.cat(list(decode_stream(vae, split_latents(vae, latents(5)))), 2)
    ours, pieces = changed(vae), []
    convolve = LeanCausalConv3d._in_pieces
    monkeypatch.setattr(LeanCausalConv3d, "piece_elements", most)
    monkeypatch.setattr(LeanConv2d, "piece_elements", most)

    def watched(self: LeanCausalConv3d, context: Tensor, inputs: Tensor) -> Tensor:
        handle = self.conv.register_forward_pre_hook(lambda _, args: pieces.append(args[0]))
        try:
            return convolve(self, context, inputs)
        finally:
            handle.remove()

    monkeypatch.setattr(LeanCausalConv3d, "_in_pieces", watched)
    z = torch.cat(list(encode_stream(ours, split_frames(ours, video))), 2)
    assert (z - expected_z).abs().max() <= 1e-5
    assert max(piece[0].numel() for piece in pieces) <= max(most, 3 * 16 * 48 * 64)
    assert (
        torch.cat(list(decode_stream(ours, split_latents(ours, latents(5)))), 2) - expected
    ).abs().max() <= 1e-5


@pytest.mark.parametrize("frames", [1, 2, 5])
def test_context_is_that_of_the_frames_last_seen(frames: int) -> None:
    torch.manual_seed(0)
    stock = CogVideoXCausalConv3d(4, 6, kernel_size=3)
    ours = copy.deepcopy(stock)
    ours.__class__ = LeanCausalConv3d
    expected_context, context = None, None
    for _ in range(3):
        inputs = torch.randn(2, 4, frames, 6, 8)
        expected, expected_context = stock(inputs, expected_context)
        output, context = ours(inputs, context)
        assert torch.equal(output, expected)
        assert torch.equal(context, expected_context)


@pytest.mark.parametrize("most", [10**9, 1000, 1])
def test_pictures_in_pieces_change_nothing(most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    torch.manual_seed(0)
    stock = nn.Conv2d(4, 6, 3, stride=2)
    ours = copy.deepcopy(stock)
    ours.__class__ = LeanConv2d
    monkeypatch.setattr(LeanConv2d, "piece_elements", most)
    pictures = torch.randn(7, 4, 13, 16)
    assert (ours(pictures) - stock(pictures)).abs().max() <= 1e-6


def decoding_peak(vae: AutoencoderKLCogVideoX) -> int:
    """Bytes, for 33 frames of 1280x720."""
    z = torch.empty(1, 16, 9, 90, 160, dtype=torch.bfloat16, device="meta")
    live = LiveMemory(vae)
    with live:
        for _ in decode_stream(vae, split_latents(vae, z)):
            pass
    return live.peak


def test_the_published_decoder_takes_less_than_half_the_memory() -> None:
    """In bfloat16, on the meta device. (Measured: 19.1 GB in place of 42.2.)"""
    vae = on_meta("published", 1, torch.bfloat16).vae
    with torch.device("meta"):
        stock = AutoencoderKLCogVideoX(**PUBLISHED_VAE).bfloat16().eval()
    split_large_convolutions(stock)
    assert decoding_peak(vae) < 0.5 * decoding_peak(stock)


def test_only_the_vae_at_hand_is_changed_and_its_weights_keep_their_names() -> None:
    other = make_vae()
    ours = changed(other)
    assert not any(type(m) in (LatentSizeNorm3d, LeanCausalConv3d) for m in other.modules())
    assert not any(
        type(m) in (CogVideoXSpatialNorm3D, CogVideoXCausalConv3d) for m in ours.modules()
    )
    assert list(ours.state_dict()) == list(other.state_dict())
