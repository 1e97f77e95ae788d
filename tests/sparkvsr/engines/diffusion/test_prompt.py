"""The empty prompt comes with the model, or from a text encoder, or is missed by name."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from sparkvsr import EngineError
from sparkvsr.engines.diffusion import EMPTY_PROMPT_FILE, SparkVSRPipeline
from tiny import TEXT_CHANNELS, TOKENS, make_tiny_pipeline, tiny_video


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return make_tiny_pipeline(tmp_path)


def set_embedding(folder: Path, embedding: Tensor) -> None:
    save_file({"prompt_embedding": embedding}, folder / EMPTY_PROMPT_FILE)


@pytest.mark.parametrize("shape", [(TOKENS, TEXT_CHANNELS), (1, TOKENS, TEXT_CHANNELS)])
def test_the_file_beside_the_model_is_used(folder: Path, shape: tuple[int, ...]) -> None:
    embedding = torch.randn(shape).bfloat16()
    set_embedding(folder, embedding)
    pipe = SparkVSRPipeline.from_pretrained(folder)
    assert torch.equal(pipe.empty_prompt()[0], embedding.reshape(TOKENS, TEXT_CHANNELS))
    by_hand = pipe(tiny_video(9), prompt_embeds=embedding).frames
    assert torch.equal(pipe(tiny_video(9)).frames, by_hand)


@pytest.mark.parametrize("shape", [(TOKENS - 1, TEXT_CHANNELS), (TOKENS, TEXT_CHANNELS + 1)])
def test_an_embedding_of_another_shape_is_refused(folder: Path, shape: tuple[int, ...]) -> None:
    set_embedding(folder, torch.zeros(shape))
    with pytest.raises(EngineError, match="prompt_embedding has the shape") as caught:
        SparkVSRPipeline.from_pretrained(folder)
    assert str(folder / EMPTY_PROMPT_FILE) in caught.value.message


def test_a_file_of_something_else_is_refused(folder: Path) -> None:
    save_file({"weight": torch.zeros(3)}, folder / EMPTY_PROMPT_FILE)
    with pytest.raises(EngineError, match=f"{EMPTY_PROMPT_FILE} holds no prompt_embedding"):
        SparkVSRPipeline.from_pretrained(folder)


def test_with_neither_file_nor_text_encoder_both_are_named(folder: Path) -> None:
    (folder / EMPTY_PROMPT_FILE).unlink()
    pipe = SparkVSRPipeline.from_pretrained(folder)
    with pytest.raises(EngineError, match="text encoder") as caught:
        pipe(tiny_video(9))
    assert str(folder / EMPTY_PROMPT_FILE) in caught.value.message
    assert caught.value.hint
    prompt = torch.zeros(TOKENS, TEXT_CHANNELS)
    assert pipe(tiny_video(9), prompt_embeds=prompt).frames.shape[2] == 9


def test_without_the_package_that_runs_the_text_encoder_it_is_named(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / EMPTY_PROMPT_FILE).unlink()
    (folder / "text_encoder").mkdir()
    (folder / "text_encoder" / "config.json").write_text("{}")
    monkeypatch.setitem(sys.modules, "transformers", None)  # imports then fail
    with pytest.raises(EngineError, match="transformers"):
        SparkVSRPipeline.from_pretrained(folder).empty_prompt()


class Encoder(nn.Module):
    """Embeds tokens as T5 does on its way in; tells what it was given."""

    def __init__(self) -> None:
        super().__init__()
        self.shared = nn.Embedding(8, TEXT_CHANNELS)
        self.config = SimpleNamespace(eos_token_id=1, pad_token_id=0)
        self.device = torch.device("cpu")
        self.seen: list[list[int]] = []

    def forward(self, ids: Tensor) -> tuple[Tensor]:
        self.seen.append(ids[0].tolist())
        return (self.shared(ids),)


def test_a_text_encoder_is_asked_once_for_an_end_mark_and_padding(
    folder: Path, tmp_path: Path
) -> None:
    (folder / EMPTY_PROMPT_FILE).unlink()
    encoder = Encoder()
    pipe = SparkVSRPipeline.from_pretrained(folder, text_encoder=encoder)
    for _ in range(2):
        pipe(tiny_video(1))
    assert encoder.seen == [[1] + [0] * (TOKENS - 1)]
    assert torch.equal(pipe.empty_prompt(), encoder.shared(torch.tensor(encoder.seen)))


def test_the_text_encoder_of_a_whole_checkpoint_gives_the_embedding(
    folder: Path, tmp_path: Path
) -> None:
    transformers = pytest.importorskip("transformers")
    (folder / EMPTY_PROMPT_FILE).unlink()
    config = transformers.T5Config(
        vocab_size=8, d_model=TEXT_CHANNELS, d_kv=4, num_heads=2, d_ff=16, num_layers=1
    )
    encoder = transformers.T5EncoderModel(config).eval()
    encoder.save_pretrained(folder / "text_encoder")
    pipe = SparkVSRPipeline.from_pretrained(folder)
    ids = torch.tensor([[1] + [0] * (TOKENS - 1)])
    assert torch.allclose(pipe.empty_prompt(), encoder(ids)[0], atol=1e-6)
    pipe.save_pretrained(tmp_path / "copy")
    kept = load_file(tmp_path / "copy" / EMPTY_PROMPT_FILE)["prompt_embedding"]
    assert torch.equal(kept, pipe.empty_prompt())
