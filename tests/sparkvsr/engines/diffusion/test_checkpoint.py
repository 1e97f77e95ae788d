"""Checkpoints load as published, in little memory, or are refused by name of file and key."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from sparkvsr import EngineError
from sparkvsr.engines.diffusion import EMPTY_PROMPT_FILE, SparkVSRPipeline
from tiny import make_tiny_pipeline, tiny_picture, tiny_video

WEIGHTS = "diffusion_pytorch_model.safetensors"


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tiny_pipeline(tmp_path_factory.mktemp("model"))


@pytest.fixture
def folder(original: Path, tmp_path: Path) -> Path:
    """A copy to be doctored."""
    return Path(shutil.copytree(original, tmp_path / "model"))


def change_json(file: Path, **changes: object) -> None:
    content = json.loads(file.read_text()) | changes
    file.write_text(json.dumps({key: v for key, v in content.items() if v is not ...}))


def change_weights(file: Path, change: Callable[[dict[str, Tensor]], object]) -> None:
    tensors = load_file(file)
    change(tensors)
    save_file(tensors, file)


def weights(pipe: SparkVSRPipeline) -> dict[str, Tensor]:
    parts = {"vae": pipe.vae, "transformer": pipe.transformer}
    return {f"{p}.{k}": t for p, model in parts.items() for k, t in model.state_dict().items()}


def test_a_saved_pipeline_loads_as_it_was(original: Path, tmp_path: Path) -> None:
    first = SparkVSRPipeline.from_pretrained(original)
    first.save_pretrained(tmp_path / "copy")
    second = SparkVSRPipeline.from_pretrained(tmp_path / "copy")
    assert torch.equal(first.empty_prompt(), second.empty_prompt())
    before, after = weights(first), weights(second)
    assert before.keys() == after.keys()
    assert all(torch.equal(before[key], after[key]) for key in before)
    video, references = tiny_video(9), {0: tiny_picture(0)}
    assert torch.equal(first(video, references).frames, second(video, references).frames)


def test_a_folder_as_published_loads(folder: Path) -> None:
    """Its index names the class of the base model, and components that are not there."""
    index = {
        "_class_name": "CogVideoXImageToVideoPipeline",
        "_diffusers_version": "0.32.0.dev0",
        "scheduler": ["diffusers", "CogVideoXDDIMScheduler"],
        "text_encoder": ["transformers", "T5EncoderModel"],
        "tokenizer": ["transformers", "T5Tokenizer"],
        "transformer": ["diffusers", "CogVideoXTransformer3DModel"],
        "vae": ["diffusers", "AutoencoderKLCogVideoX"],
    }
    (folder / "model_index.json").write_text(json.dumps(index))
    pipe = SparkVSRPipeline.from_pretrained(str(folder))
    assert pipe.text_encoder is None
    assert type(pipe.scheduler).__name__ == "CogVideoXDDIMScheduler"
    assert pipe(tiny_video(9)).frames.shape == (1, 3, 9, 48, 64)


def test_the_scheduler_is_the_one_named(folder: Path) -> None:
    ddim = SparkVSRPipeline.from_pretrained(folder)(tiny_video(9)).frames
    file = folder / "scheduler" / "scheduler_config.json"
    change_json(file, _class_name="CogVideoXDPMScheduler")
    pipe = SparkVSRPipeline.from_pretrained(folder)
    assert type(pipe.scheduler).__name__ == "CogVideoXDPMScheduler"
    assert torch.equal(pipe(tiny_video(9)).frames, ddim)


class FreshFloats(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Notes the largest float32 tensor that got memory of its own, and every cast to bfloat16."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.largest = 0
        self.casts = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = func(*args, **(kwargs or {}))
        is_view = any(output.alias_info for output in func._schema.returns)
        if isinstance(result, Tensor) and result.device.type == "cpu" and not is_view:
            if result.dtype == torch.float32:
                self.largest = max(self.largest, result.numel())
            self.casts += result.dtype == torch.bfloat16
        return result


def test_shards_are_cast_one_tensor_at_a_time_and_never_copied_as_float32(tmp_path: Path) -> None:
    """Sources are views of the mapped file; nothing but the casts themselves gets memory."""
    folder = make_tiny_pipeline(tmp_path, max_shard_size="100KB")
    shards = sorted((folder / "transformer").glob("*-of-*.safetensors"))
    assert len(shards) > 2
    with FreshFloats() as seen:
        pipe = SparkVSRPipeline.from_pretrained(folder, torch_dtype=torch.bfloat16)
    loaded = weights(pipe)
    assert seen.casts == len(loaded)
    assert seen.largest <= 1000  # the scheduler's table of noise levels
    originals = {k: t for shard in shards for k, t in load_file(shard).items()}
    for key, tensor in originals.items():
        assert torch.equal(loaded[f"transformer.{key}"], tensor.bfloat16())
    for model in (pipe.vae, pipe.transformer):
        assert {p.dtype for p in model.parameters()} == {torch.bfloat16}
        assert not any(t.is_meta for t in (*model.parameters(), *model.buffers()))
        assert not any(p.requires_grad for p in model.parameters())
        assert not model.training


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc/self/maps")
def test_files_are_mapped_not_read(folder: Path) -> None:
    """Uncast, the weights are the pages of the file themselves."""
    pipe = SparkVSRPipeline.from_pretrained(folder)
    lines = Path("/proc/self/maps").read_text().splitlines()
    file = str((folder / "transformer" / WEIGHTS).resolve())
    spans = [line.split()[0].split("-") for line in lines if line.endswith(file)]
    for parameter in pipe.transformer.parameters():
        address = parameter.data_ptr()
        assert any(int(start, 16) <= address < int(stop, 16) for start, stop in spans)


def test_without_a_type_that_of_the_files_is_kept(folder: Path) -> None:
    file = folder / "vae" / WEIGHTS
    save_file({key: tensor.half() for key, tensor in load_file(file).items()}, file)
    pipe = SparkVSRPipeline.from_pretrained(folder)
    assert pipe.vae.dtype == torch.float16
    assert pipe.transformer.dtype == torch.float32


def test_a_pickle_is_not_read(folder: Path) -> None:
    (folder / "vae" / WEIGHTS).rename(folder / "vae" / "diffusion_pytorch_model.bin")
    with pytest.raises(EngineError, match=rf"vae/{WEIGHTS} does not exist") as caught:
        SparkVSRPipeline.from_pretrained(folder)
    assert "safetensors" in caught.value.hint


@pytest.mark.parametrize(
    ("file", "key", "value"),
    [
        ("transformer/config.json", "in_channels", 16),
        ("transformer/config.json", "in_channels", 36),
        ("transformer/config.json", "out_channels", 32),
        ("transformer/config.json", "patch_size_t", None),
        ("transformer/config.json", "use_rotary_positional_embeddings", False),
        ("vae/config.json", "temporal_compression_ratio", 8),
        ("vae/config.json", "use_quant_conv", True),
        ("scheduler/scheduler_config.json", "prediction_type", "epsilon"),
        ("scheduler/scheduler_config.json", "snr_shift_scale", ...),
        ("scheduler/scheduler_config.json", "_class_name", "DDPMScheduler"),
    ],
)
def test_another_models_settings_are_refused_by_file_and_key(
    folder: Path, file: str, key: str, value: object
) -> None:
    change_json(folder / file, **{key: value})
    with pytest.raises(EngineError) as caught:
        SparkVSRPipeline.from_pretrained(folder)
    assert str(folder / file) in caught.value.message
    assert key in caught.value.message
    assert caught.value.hint


def test_a_tensor_of_another_shape_is_refused(folder: Path) -> None:
    file, key = folder / "transformer" / WEIGHTS, "patch_embed.proj.weight"
    change_weights(file, lambda tensors: tensors.update({key: torch.zeros(32, 128)}))
    with pytest.raises(EngineError) as caught:
        SparkVSRPipeline.from_pretrained(folder)
    assert f"{file}: {key} has the shape [32, 128]" in caught.value.message
    assert "[32, 256]" in caught.value.message


def test_a_missing_tensor_is_refused(folder: Path) -> None:
    change_weights(
        folder / "vae" / WEIGHTS, lambda tensors: tensors.pop("decoder.conv_in.conv.bias")
    )
    with pytest.raises(EngineError, match=r"vae lacks decoder\.conv_in\.conv\.bias \(1 missing"):
        SparkVSRPipeline.from_pretrained(folder)


def test_a_tensor_too_many_is_refused(folder: Path) -> None:
    file = folder / "transformer" / WEIGHTS
    change_weights(file, lambda tensors: tensors.update({"lora.down": torch.zeros(3)}))
    with pytest.raises(EngineError, match=rf"transformer/{WEIGHTS} holds lora\.down"):
        SparkVSRPipeline.from_pretrained(folder)


def test_a_missing_shard_is_refused(tmp_path: Path) -> None:
    folder = make_tiny_pipeline(tmp_path, max_shard_size="100KB")
    shard = sorted((folder / "transformer").glob("*-of-*.safetensors"))[1]
    shard.unlink()
    with pytest.raises(EngineError, match=rf"{shard.name} does not exist"):
        SparkVSRPipeline.from_pretrained(folder)


@pytest.mark.parametrize("file", [f"vae/{WEIGHTS}", "vae/config.json", EMPTY_PROMPT_FILE])
def test_a_file_cut_short_is_refused(folder: Path, file: str) -> None:
    content = (folder / file).read_bytes()
    (folder / file).write_bytes(content[: len(content) // 2])
    with pytest.raises(EngineError) as caught:
        SparkVSRPipeline.from_pretrained(folder)
    assert str(folder / file) in caught.value.message


@pytest.mark.parametrize("part", ["vae", "transformer", "scheduler"])
def test_a_missing_part_is_refused(folder: Path, part: str) -> None:
    shutil.rmtree(folder / part)
    with pytest.raises(EngineError, match=rf"{part}/.*config\.json does not exist"):
        SparkVSRPipeline.from_pretrained(folder)


def test_a_refused_checkpoint_costs_no_reading_of_weights(folder: Path) -> None:
    file = folder / "transformer" / WEIGHTS
    change_weights(file, lambda tensors: tensors.pop("norm_final.bias"))
    with FreshFloats() as seen, pytest.raises(EngineError):
        SparkVSRPipeline.from_pretrained(folder, torch_dtype=torch.bfloat16)
    assert seen.casts == 0


def test_a_repository_is_taken_from_the_cache_of_the_hub(
    original: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repo, revision = tmp_path / "models--somebody--tiny", "0123456789abcdef0123456789abcdef01234567"
    shutil.copytree(original, repo / "snapshots" / revision)
    (repo / "refs").mkdir()
    (repo / "refs" / "main").write_text(revision)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    fetched = weights(SparkVSRPipeline.from_pretrained("somebody/tiny"))
    expected = weights(SparkVSRPipeline.from_pretrained(original))
    assert all(torch.equal(fetched[key], expected[key]) for key in expected)


def test_a_name_that_is_no_folder_and_no_repository_is_said_to_be_so(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="neither a folder nor a repository"):
        SparkVSRPipeline.from_pretrained(tmp_path / "nothing" / "here")


def test_a_repository_out_of_reach_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(EngineError, match="nobody/nothing could not be fetched") as caught:
        SparkVSRPipeline.from_pretrained("nobody/nothing")
    assert caught.value.hint
