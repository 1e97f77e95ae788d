"""What is not imported: all that is wrong is named at once, and the models stay as they were."""

from __future__ import annotations

import errno
import json
import os
import pickle
import shutil
from collections import namedtuple
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hand_copy import content_of, look_of
from hub_server import NOT_FETCHED, REPO, SHARD, Hub, pipeline, weights
from sparkvsr import DiskFullError, InputError, OutputError, SparkVSRError
from sparkvsr.weights import (
    Transferred,
    WeightsEvent,
    _by_hand,
    _files,
    import_model,
    list_models,
    list_unfinished,
    pull,
    remove,
    weights_list,
    write_list,
)
from sparkvsr.weights._folders import locked

NEEDED = sorted(pipeline().keys() - NOT_FETCHED)


def refused(folder: Path, models: Path, list_file: Path | None = None) -> SparkVSRError:
    before, look = content_of(models), look_of(folder.parent)
    with pytest.raises(SparkVSRError) as caught:
        import_model(folder, list_file)
    assert caught.value.hint
    assert "\n" not in caught.value.message
    assert content_of(models) == before
    assert look_of(folder.parent) == look
    return caught.value


def flip(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


@pytest.mark.parametrize("model", ["none", "older"])
@pytest.mark.parametrize("file", NEEDED)
def test_any_file_that_is_missing_or_differs_is_named(
    hub: Hub, folder: Path, models: Path, file: str, model: str
) -> None:
    if model == "older":
        hub.repos[REPO][file] = weights(77) if file.endswith(".safetensors") else b"older"
        pull(REPO)
    good = (folder / file).read_bytes()
    damages: dict[str, Callable[[], object]] = {
        f"{file} is missing": (folder / file).unlink,
        f"{file} has {len(good) - 1} bytes instead of {len(good)}": (
            lambda: (folder / file).write_bytes(good[:-1])
        ),
        f"{file} has {len(good) + 1} bytes instead of {len(good)}": (
            lambda: (folder / file).write_bytes(good + b"\n")
        ),
        f"{file} has ": lambda: (folder / file).write_bytes(flip(good, len(good) // 2)),
    }
    for says, damage in damages.items():
        damage()
        error = refused(folder, models)
        assert isinstance(error, InputError)
        assert f"1 of its {len(NEEDED)} files" in error.message
        assert says in error.message
        assert "weights.json says where" in error.hint
        (folder / file).write_bytes(good)


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_any_flipped_byte_of_any_file_is_found(
    hub: Hub, folder: Path, models: Path, data: st.DataObject
) -> None:
    file = folder / data.draw(st.sampled_from(NEEDED))
    good = file.read_bytes()
    file.write_bytes(flip(good, data.draw(st.integers(0, len(good) - 1))))
    try:
        error = refused(folder, models)
    finally:
        file.write_bytes(good)
    assert f"{file.relative_to(folder).as_posix()} has " in error.message
    assert "instead of" in error.message


def test_all_that_is_wrong_is_named_at_once(hub: Hub, folder: Path, models: Path) -> None:
    (folder / "README.md").unlink()
    (folder / "vae/config.json").write_bytes(b"")
    message = refused(folder, models).message
    assert f"2 of its {len(NEEDED)} files" in message
    assert "README.md is missing; vae/config.json has 0 bytes instead of 2" in message


def test_all_whose_content_differs_are_named_at_once(
    hub: Hub, folder: Path, models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for file in (SHARD, "README.md"):
        (folder / file).write_bytes(flip((folder / file).read_bytes(), 0))
    unreadable = "LICENSE"
    real = _files.blocks_of

    def blocks_of(file: Path) -> Iterator[bytes]:
        if file.name == unreadable:
            raise OSError(errno.EIO, "Input/output error")
        return real(file)

    monkeypatch.setattr(_by_hand, "blocks_of", blocks_of)
    message = refused(folder, models).message
    assert f"3 of its {len(NEEDED)} files" in message
    assert f"{SHARD} has SHA-256 " in message
    assert "README.md has git's SHA-1 " in message
    assert "LICENSE cannot be read: Input/output error" in message


def test_a_pulled_folder_is_compared_with_its_manifest(
    hub: Hub, models: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "away" / "copy"
    shutil.copytree(pull(REPO).folder, folder)
    remove(list_models()[0])
    file = folder / "transformer" / "config.json"
    file.write_bytes(flip(file.read_bytes(), 3))
    error = refused(folder, models)
    assert "transformer/config.json has SHA-256" in error.message
    assert "manifest.json" not in error.hint


def test_without_anything_to_compare_with_nothing_is_imported(
    hub: Hub, folder: Path, models: Path
) -> None:
    (folder.parent / "weights.json").unlink()
    error = refused(folder, models)
    assert isinstance(error, InputError)
    assert "cannot be verified: it has no manifest.json" in error.message
    assert "sparkvsr model files --output weights.json" in error.hint


@pytest.mark.parametrize("text", ["", "{}", '{"schema": 2}', "x"])
def test_a_manifest_that_is_not_understood_is_not_passed_over(
    hub: Hub, folder: Path, models: Path, text: str
) -> None:
    (folder / "manifest.json").write_text(text)
    assert "is no manifest that this version understands" in refused(folder, models).message


@pytest.mark.parametrize("sha256", ["../../../../x", "A" * 64, "0" * 63])
def test_a_manifest_with_digests_that_are_none_is_not_believed(
    hub: Hub, models: Path, tmp_path: Path, sha256: str
) -> None:
    shutil.move(pull(REPO).folder, tmp_path / "copy")
    file = tmp_path / "copy" / "manifest.json"
    content = json.loads(file.read_text())
    content["files"][0]["sha256"] = sha256
    file.write_text(json.dumps(content))
    assert "is no manifest" in refused(tmp_path / "copy", models).message


@pytest.mark.parametrize("repo", ["../../etc", "a b", "", "/etc"])
def test_a_list_of_no_repository_is_refused(
    hub: Hub, folder: Path, models: Path, repo: str
) -> None:
    file = folder.parent / "weights.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), "repo": repo}))
    message = refused(folder, models).message
    assert "weights.json: " in message
    assert "is not the ID of a repository" in message


def test_a_list_that_is_no_pipeline_is_refused(hub: Hub, folder: Path, models: Path) -> None:
    file = folder.parent / "weights.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), "files": []}))
    assert "weights.json is not a SparkVSR pipeline" in refused(folder, models).message


def test_what_is_no_folder_is_refused(hub: Hub, tmp_path: Path, models: Path) -> None:
    (tmp_path / "file").touch()
    for name in ("nothing", "file"):
        with pytest.raises(InputError, match="There is no folder"):
            import_model(tmp_path / name)
    assert not models.exists()


@pytest.mark.parametrize("listed", [True, False])
@pytest.mark.parametrize("part", ["transformer", "vae"])
def test_weights_that_are_only_a_pickle_are_refused_by_name(
    hub: Hub, folder: Path, models: Path, part: str, listed: bool
) -> None:
    for path in list((folder / part).glob("*.safetensors*")):
        path.unlink()
    (folder / part / "diffusion_pytorch_model.bin").write_bytes(pickle.dumps({"weight": 1}))
    if not listed:
        (folder.parent / "weights.json").unlink()
    message = refused(folder, models).message
    assert f"only as a pickle ({part}/diffusion_pytorch_model.bin)" in message


def test_a_pickle_by_another_name_is_refused_though_a_list_has_it(
    hub: Hub, folder: Path, models: Path, tmp_path: Path
) -> None:
    hub.repos[REPO][SHARD] = pickle.dumps({"weight": list(range(1000))})
    (folder / SHARD).write_bytes(hub.repos[REPO][SHARD])
    write_list(weights_list(REPO), folder / "weights.json")
    assert f"{SHARD} of {folder} is not a safetensors file" in refused(folder, models).message


def test_links_to_what_is_no_file_or_is_gone_are_named(
    hub: Hub, folder: Path, models: Path, tmp_path: Path
) -> None:
    for file in (SHARD, "README.md", "LICENSE"):
        (folder / file).unlink()
    (folder / SHARD).symlink_to("../../blobs/gone")
    (folder / "README.md").symlink_to("/dev/zero")
    os.mkfifo(folder / "LICENSE")
    error = refused(folder, models)
    assert f"{SHARD} is a link that leads nowhere" in error.message
    assert "README.md is not a file" in error.message
    assert "LICENSE is not a file" in error.message
    assert "cp -rL" in error.hint


def test_what_a_link_leads_to_is_not_kept_unless_it_is_the_listed_file(
    hub: Hub, folder: Path, models: Path, tmp_path: Path
) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(bytes((folder / SHARD).stat().st_size))
    (folder / SHARD).unlink()
    (folder / SHARD).symlink_to(secret)
    assert f"{SHARD} has SHA-256" in refused(folder, models).message


def test_the_place_where_models_are_kept_is_not_imported(hub: Hub, models: Path) -> None:
    model = pull(REPO)
    assert f"is where {REPO} is kept" in refused(model.folder, models).message


def test_room_on_the_disk_is_checked_before_anything_is_copied(
    hub: Hub, folder: Path, models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(10**9, 10**9, 300_000))
    error = refused(folder, models)
    assert isinstance(error, DiskFullError)
    assert "300.0 kB free" in error.message
    assert list_unfinished() == []


def test_a_disk_that_fills_up_on_the_way_is_named_and_the_next_import_goes_on(
    hub: Hub, folder: Path, monkeypatch: pytest.MonkeyPatch, events: list[WeightsEvent]
) -> None:
    real, synced = os.fsync, 0

    def fsync(descriptor: int) -> None:
        nonlocal synced
        synced += 1
        if synced == 4:
            raise OSError(errno.ENOSPC, "No space left on device")
        real(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    with pytest.raises(DiskFullError, match="is full") as caught:
        import_model(folder)
    assert "goes on where it stopped" in caught.value.hint
    assert [left.repo for left in list_unfinished()] == [REPO]
    import_model(folder, on_event=events.append)
    copied = {e.file for e in events if isinstance(e, Transferred) and e.stage == "copying"}
    assert len(copied) == len(NEEDED) - 3


def test_a_home_that_cannot_be_written_is_named(
    hub: Hub, folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("SPARKVSR_HOME", str(tmp_path / "file"))
    with pytest.raises(OutputError, match="cannot be written"):
        import_model(folder)


def test_a_model_that_is_being_changed_is_left_alone(hub: Hub, folder: Path, models: Path) -> None:
    with locked(REPO):
        assert "Another process is" in refused(folder, models).message


def test_a_refused_import_keeps_what_an_interrupted_one_has_left(
    hub: Hub, folder: Path, models: Path
) -> None:
    hub.cut[SHARD] = [200_000]
    hub.status[SHARD] = [(200, ""), (503, "")]
    with pytest.raises(SparkVSRError):
        pull(REPO)
    assert list((models / "Somebody--Tiny" / ".partial").iterdir())
    (folder / SHARD).write_bytes(weights(300_000, 5))
    refused(folder, models)
