"""What is kept of the stages: the same bits, within its cap, and never in the way of a job."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from sparkvsr import CancelledError, SettingsError
from sparkvsr.engines.diffusion import StageCache
from sparkvsr.engines.diffusion._cache import key_of, open_stage_cache

CPU = torch.device("cpu")


class Computing:
    """Gives a tensor, and counts how often it had to."""

    def __init__(self, tensor: Tensor) -> None:
        self.tensor = tensor
        self.times = 0

    def __call__(self) -> Tensor:
        self.times += 1
        return self.tensor


def files(folder: Path) -> list[Path]:
    return sorted(p for p in folder.rglob("*") if p.is_file())


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_a_stage_comes_back_bit_by_bit_also_from_a_part_of_a_tensor(
    tmp_path: Path, dtype: torch.dtype
) -> None:
    whole = torch.randn(4, 6, dtype=dtype)
    for tensor in (whole, whole[1:3, ::2], whole.T):
        compute, key = Computing(tensor), key_of(tensor.shape, tensor.stride())
        assert torch.equal(StageCache(tmp_path, 1 << 20).get(key, compute, CPU), tensor)
        assert torch.equal(StageCache(tmp_path, 1 << 20).get(key, compute, CPU), tensor)
        assert compute.times == 1
    assert sum(file.stat().st_size for file in files(tmp_path)) < 2000  # not the whole storage


def test_what_was_not_used_for_longest_leaves_first(tmp_path: Path) -> None:
    cache = StageCache(tmp_path, 3000)
    keys = [key_of(i) for i in range(3)]
    for age, key in enumerate(keys):
        cache.get(key, Computing(torch.zeros(200)), CPU)
        (file,) = tmp_path.glob(f"*/{key}.safetensors")
        os.utime(file, (time.time() - 100 + age,) * 2)
    cache.get(keys[0], Computing(torch.zeros(200)), CPU)  # used again
    cache.get(key_of("new"), Computing(torch.zeros(200)), CPU)
    kept = {file.stem for file in files(tmp_path)}
    assert keys[0] in kept
    assert key_of("new") in kept
    assert keys[1] not in kept
    assert sum(file.stat().st_size for file in files(tmp_path)) <= 3000


def test_nothing_larger_than_the_cap_is_kept(tmp_path: Path) -> None:
    cache, compute = StageCache(tmp_path, 100), Computing(torch.zeros(200))
    for _ in range(2):
        assert cache.get("ab", compute, CPU).shape == (200,)
    assert compute.times == 2
    assert files(tmp_path) == []


def test_a_damaged_file_is_computed_again(tmp_path: Path) -> None:
    cache, compute = StageCache(tmp_path, 1 << 20), Computing(torch.ones(50))
    cache.get("ab", compute, CPU)
    (file,) = files(tmp_path)
    file.write_bytes(file.read_bytes()[:40])
    assert torch.equal(cache.get("ab", compute, CPU), torch.ones(50))
    assert compute.times == 2
    assert torch.equal(cache.get("ab", compute, CPU), torch.ones(50))
    assert compute.times == 2


@settings(max_examples=25, deadline=None)
@given(share=st.floats(0.0, 1.0, exclude_max=True))
def test_a_half_written_file_is_never_believed(
    tmp_path_factory: pytest.TempPathFactory, share: float
) -> None:
    folder = tmp_path_factory.mktemp("stages")
    cache, compute = StageCache(folder, 1 << 20), Computing(torch.ones(50))
    cache.get("ab", compute, CPU)
    (file,) = files(folder)
    file.write_bytes(file.read_bytes()[: int(share * file.stat().st_size)])
    for reader in (cache, StageCache(folder, 1 << 20)):
        assert torch.equal(reader.get("ab", compute, CPU), torch.ones(50))
    assert compute.times == 2


def test_nothing_stays_of_a_stage_that_was_stopped(tmp_path: Path) -> None:
    def compute() -> Tensor:
        raise CancelledError("The job was cancelled.")

    cache = StageCache(tmp_path, 1 << 20)
    with pytest.raises(CancelledError):
        cache.get("ab", compute, CPU)
    assert files(tmp_path) == []
    assert torch.equal(cache.get("ab", Computing(torch.ones(3)), CPU), torch.ones(3))


def test_a_process_that_dies_while_it_writes_leaves_nothing_that_is_believed(
    tmp_path: Path,
) -> None:
    script = f"""
import os, torch
from pathlib import Path
from sparkvsr.engines.diffusion import StageCache
Path.replace = lambda *_: os._exit(9)
StageCache(Path({str(tmp_path)!r}), 1 << 20).get("ab", lambda: torch.ones(50), torch.device("cpu"))
"""
    assert subprocess.run([sys.executable, "-c", script]).returncode == 9
    (part,) = files(tmp_path)
    assert part.suffix == ".part"
    compute = Computing(torch.full((50,), 2.0))
    assert torch.equal(StageCache(tmp_path, 1 << 20).get("ab", compute, CPU), compute.tensor)
    assert compute.times == 1


def test_a_folder_that_cannot_be_written_costs_only_the_keeping(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    cache = StageCache(tmp_path / "stages", 1 << 20)
    (tmp_path / "stages" / "ab").write_text("a file where a folder should be")
    compute = Computing(torch.ones(3))
    for _ in range(2):
        assert torch.equal(cache.get("abc", compute, CPU), torch.ones(3))
    assert "could not be kept" in caplog.text


def test_only_its_owner_can_look_into_it_and_leftovers_go(tmp_path: Path) -> None:
    folder = tmp_path / "stages"
    StageCache(folder, 1 << 20).get("ab", Computing(torch.ones(3)), CPU)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    old, new = folder / "ab" / "x.1.part", folder / "ab" / "y.2.part"
    for part in (old, new):
        part.write_bytes(b"half")
    os.utime(old, (time.time() - 7200,) * 2)
    StageCache(folder, 1 << 20)
    assert not old.exists()
    assert new.exists()  # somebody may be writing it just now


def test_the_cap_is_a_setting_of_the_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPARKVSR_HOME", str(tmp_path))
    monkeypatch.setenv("SPARKVSR_CACHE_GB", "0")
    compute = Computing(torch.ones(3))
    for _ in range(2):
        open_stage_cache().get("ab", compute, CPU)
    assert compute.times == 2
    for wrong in ("much", "-1", "nan"):
        monkeypatch.setenv("SPARKVSR_CACHE_GB", wrong)
        with pytest.raises(SettingsError, match="SPARKVSR_CACHE_GB"):
            open_stage_cache()
