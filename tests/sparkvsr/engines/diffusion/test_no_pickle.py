"""A checkpoint folder may be full of pickles: none of them is opened, whatever it is called."""

from __future__ import annotations

import json
import pickle
import subprocess
import sys
from pathlib import Path

import pytest

from sparkvsr import EngineError
from sparkvsr.engines.diffusion import EMPTY_PROMPT_FILE, SparkVSRPipeline
from tiny import make_tiny_pipeline, tiny_video

WEIGHTS = "diffusion_pytorch_model.safetensors"
NAMES = [
    f"{folder}{stem}{suffix}"
    for folder in ("", "vae/", "transformer/", "text_encoder/", "scheduler/")
    for stem, suffix in [
        ("diffusion_pytorch_model", ".bin"),
        ("pytorch_model", ".bin"),
        ("model", ".pth"),
        ("model", ".pt"),
        ("model", ".ckpt"),
        ("scheduler", ".pkl"),
        ("training_args", ".bin"),
    ]
]
# Loads a checkpoint and prints every file that Python opens on the way.
LOAD = """
import sys
opened = []
sys.addaudithook(lambda event, args: opened.append(str(args[0])) if event == "open" else None)
from sparkvsr.engines.diffusion import SparkVSRPipeline
SparkVSRPipeline.from_pretrained(sys.argv[1])
print(*opened, sep="\\n")
"""


class Bomb:
    """Unpickled, it makes a file."""

    def __init__(self, crater: Path) -> None:
        self._crater = crater

    def __reduce__(self) -> tuple[object, tuple[Path]]:
        return Path.touch, (self._crater,)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return make_tiny_pipeline(tmp_path / "model")


@pytest.fixture
def crater(tmp_path: Path) -> Path:
    return tmp_path / "crater"


def test_the_bomb_of_these_tests_goes_off(crater: Path) -> None:
    pickle.loads(pickle.dumps(Bomb(crater)))  # noqa: S301 - that is what it is for
    assert crater.exists()


def test_pickles_beside_the_weights_are_not_opened(folder: Path, crater: Path) -> None:
    for name in NAMES:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(pickle.dumps(Bomb(crater)))
    run = subprocess.run(
        [sys.executable, "-c", LOAD, str(folder)], capture_output=True, text=True, check=True
    )
    opened = {Path(name) for name in run.stdout.splitlines()}
    assert folder / "vae" / "config.json" in opened
    assert not opened & {folder / name for name in NAMES}
    assert not crater.exists()


@pytest.mark.parametrize("name", [f"vae/{WEIGHTS}", f"transformer/{WEIGHTS}", EMPTY_PROMPT_FILE])
def test_a_pickle_under_the_name_of_safetensors_is_refused(
    folder: Path, crater: Path, name: str
) -> None:
    (folder / name).write_bytes(pickle.dumps(Bomb(crater)))
    with pytest.raises(EngineError) as caught:
        SparkVSRPipeline.from_pretrained(folder)
    assert str(folder / name) in caught.value.message
    assert not crater.exists()


def test_a_pickle_that_an_index_names_as_a_shard_is_refused(folder: Path, crater: Path) -> None:
    (folder / "vae" / "shard.bin").write_bytes(pickle.dumps(Bomb(crater)))
    index = {"weight_map": {"decoder.conv_in.conv.bias": "shard.bin"}}
    (folder / "vae" / f"{WEIGHTS}.index.json").write_text(json.dumps(index))
    with pytest.raises(EngineError, match=r"shard\.bin cannot be read"):
        SparkVSRPipeline.from_pretrained(folder)
    assert not crater.exists()


def test_a_text_encoder_that_is_only_a_pickle_is_refused(folder: Path, crater: Path) -> None:
    """Asked for where the embedding of the empty prompt is missing."""
    pytest.importorskip("transformers")
    (folder / EMPTY_PROMPT_FILE).unlink()
    encoder = folder / "text_encoder"
    encoder.mkdir()
    (encoder / "config.json").write_text(json.dumps({"model_type": "t5", "d_model": 8}))
    (encoder / "pytorch_model.bin").write_bytes(pickle.dumps(Bomb(crater)))
    pipe = SparkVSRPipeline.from_pretrained(folder)
    with pytest.raises(EngineError):
        pipe(tiny_video(9))
    assert not crater.exists()
