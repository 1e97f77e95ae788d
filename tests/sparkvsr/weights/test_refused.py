"""What cannot be fetched is refused in one sentence, with a hint, before anything is changed."""

from __future__ import annotations

import errno
import pickle
import shutil
from collections import namedtuple
from pathlib import Path

import huggingface_hub.constants
import pytest
from rich.filesize import decimal

from hub_server import NOT_FETCHED, REPO, SHARD, Hub
from sparkvsr import DiskFullError, InputError, JobError, OutputError, SparkVSRError
from sparkvsr.weights import find_model, list_models, pull
from sparkvsr.weights._hub import plain_errors


def refused(repo: str = REPO, revision: str | None = None) -> SparkVSRError:
    with pytest.raises(SparkVSRError) as caught:
        pull(repo, revision)
    assert caught.value.hint
    assert "\n" not in caught.value.message
    assert list_models() == []
    return caught.value


@pytest.mark.parametrize(
    ("status", "code", "says"),
    [
        (401, "GatedRepo", "is gated"),
        (403, "GatedRepo", "is gated"),
        (401, "", "refuses access"),
        (404, "RepoNotFound", "no repository"),
        (403, "", "refuses access"),
    ],
)
def test_no_access_is_bad_input(hub: Hub, status: int, code: str, says: str) -> None:
    hub.status[REPO] = [(status, code)]
    error = refused()
    assert isinstance(error, InputError)
    assert says in error.message
    assert REPO in error.message


def test_a_repository_may_list_its_files_and_still_be_gated(hub: Hub) -> None:
    hub.status["README.md"] = [(401, "GatedRepo")]
    error = refused()
    assert isinstance(error, InputError)
    assert "hf auth login" in error.hint


def test_an_unknown_repository_or_revision_is_bad_input(hub: Hub) -> None:
    assert isinstance(refused("Nobody/Nothing"), InputError)
    assert "no such revision" in refused(REPO, "v9").message
    assert pull(REPO, hub.commit(REPO)).revision == hub.commit(REPO)


@pytest.mark.parametrize("repo", ["../../etc", "a/b/c", "a--b/c", "", "a b"])
def test_what_is_no_repository_id_is_bad_input(hub: Hub, repo: str) -> None:
    assert isinstance(refused(repo), InputError)
    assert hub.requests == []


def test_a_network_that_fails_is_a_failed_job(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(huggingface_hub.constants, "ENDPOINT", "http://127.0.0.1:9")
    error = refused()
    assert isinstance(error, JobError)
    assert "connection failed" in error.message


def test_a_hub_that_fails_is_a_failed_job(hub: Hub) -> None:
    hub.status[REPO] = [(500, "")]
    error = refused()
    assert isinstance(error, JobError)
    assert "HTTP 500" in error.message


def test_a_machine_that_is_told_to_stay_offline_asks_nobody(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    error = refused()
    assert isinstance(error, JobError)
    assert "HF_HUB_OFFLINE" in error.message
    assert "SPARKVSR_MODEL" in error.hint
    assert hub.requests == []


@pytest.mark.parametrize("part", ["transformer", "vae"])
@pytest.mark.parametrize("suffix", [".bin", ".pt", ".ckpt"])
def test_weights_that_are_only_a_pickle_are_refused_by_name(
    hub: Hub, part: str, suffix: str
) -> None:
    files = hub.repos[REPO]
    for name in [name for name in files if name.startswith(part) and "pytorch_model" in name]:
        del files[name]
    files[f"{part}/diffusion_pytorch_model{suffix}"] = pickle.dumps({"weight": 1})
    error = refused()
    assert isinstance(error, InputError)
    assert f"{part}/diffusion_pytorch_model{suffix}" in error.message
    assert "pickle" in error.message
    assert hub.fetched() == []


def test_a_pickle_by_another_name_is_refused(hub: Hub) -> None:
    hub.repos[REPO][SHARD] = pickle.dumps({"weight": list(range(1000))})
    error = refused()
    assert isinstance(error, InputError)
    assert f"{SHARD} of {REPO} is not a safetensors file" in error.message
    assert find_model() is None


@pytest.mark.parametrize("file", ["model_index.json", "vae/config.json"])
def test_what_is_no_pipeline_is_refused(hub: Hub, file: str) -> None:
    del hub.repos[REPO][file]
    assert f"has no {file}" in refused().message
    assert hub.fetched() == []


def test_room_on_the_disk_is_checked_before_anything_is_fetched(
    hub: Hub, monkeypatch: pytest.MonkeyPatch, models: Path
) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(10**9, 10**9, 300_000))
    error = refused()
    assert isinstance(error, DiskFullError)
    needed = sum(len(data) for file, data in hub.repos[REPO].items() if file not in NOT_FETCHED)
    assert f"needs {decimal(needed)} more" in error.message
    assert "300.0 kB free" in error.message
    assert str(models) in error.message
    assert hub.fetched() == []


def test_a_disk_that_fills_up_on_the_way_is_named() -> None:
    with pytest.raises(DiskFullError, match="The disk is full"), plain_errors(REPO):
        raise OSError(errno.ENOSPC, "No space left on device")


def test_a_home_that_cannot_be_written_is_named(
    hub: Hub, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("SPARKVSR_HOME", str(tmp_path / "file"))
    with pytest.raises(OutputError, match="cannot be written"):
        pull(REPO)
