"""Models on disk: which one is used, what differs, what is deleted."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from hub_server import REPO, SHARD, Hub
from sparkvsr import CancelledError, InputError, SettingsError
from sparkvsr.weights import (
    DEFAULT_REPO,
    Model,
    Transferred,
    WeightsEvent,
    find_model,
    list_models,
    list_unfinished,
    pull,
    remove,
    verify,
)


@pytest.fixture
def model(hub: Hub) -> Model:
    return pull(REPO)


def test_without_models_there_is_none(hub: Hub) -> None:
    assert find_model() is None
    assert list_models() == list_unfinished() == []


def test_the_default_is_used_before_what_was_fetched_last(hub: Hub) -> None:
    hub.repos["A/First"] = hub.repos["Z/Second"] = hub.repos[DEFAULT_REPO] = hub.repos[REPO]
    pull("Z/Second")
    first = pull("A/First")
    assert find_model() == first
    default = pull(DEFAULT_REPO)
    pull("A/First")
    assert find_model() == default
    assert len(list_models()) == 3


def test_a_folder_of_ones_own_is_used_before_all(
    model: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = tmp_path / "copied"
    shutil.copytree(model.folder, own)
    monkeypatch.setenv("SPARKVSR_MODEL", str(own))
    found = find_model()
    assert found is not None
    assert (found.folder, found.repo, found.revision) == (own, REPO, model.revision)
    assert verify(found) == []
    with pytest.raises(InputError, match="folder of your own"):
        remove(found)
    (own / SHARD).rename(own / "away")
    with pytest.raises(SettingsError, match=f"{SHARD} is missing or cut short"):
        find_model()
    (own / "away").rename(own / SHARD)
    (own / "manifest.json").unlink()
    found = find_model()
    assert found is not None
    assert (found.folder, found.repo, found.bytes) == (own, None, model.bytes)
    with pytest.raises(InputError, match="has no manifest"):
        verify(found)
    with pytest.raises(InputError, match="folder of your own"):
        remove(found)
    assert own.is_dir()


def test_a_folder_of_ones_own_without_a_pipeline_is_refused(
    model: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPARKVSR_MODEL", str(tmp_path / "nothing"))
    with pytest.raises(SettingsError, match="no such folder"):
        find_model()
    (tmp_path / "nothing").mkdir()
    with pytest.raises(SettingsError, match=r"has no model_index\.json"):
        find_model()


def test_verify_names_every_file_that_differs(model: Model) -> None:
    (model.folder / "README.md").unlink()
    (model.folder / "LICENSE").write_bytes(b"short")
    changed = bytearray((model.folder / SHARD).read_bytes())
    changed[1000] ^= 1
    (model.folder / SHARD).write_bytes(changed)
    found = {problem.file: problem.what for problem in verify(model)}
    assert found.keys() == {"README.md", "LICENSE", SHARD}
    assert found["README.md"] == "is missing"
    assert found["LICENSE"] == "has 5 bytes instead of 11"
    assert found[SHARD].startswith("has SHA-256")


def test_verify_tells_how_far_it_is_and_can_be_stopped(model: Model) -> None:
    events: list[WeightsEvent] = []
    verify(model, on_event=events.append)
    last = events[-1]
    assert isinstance(last, Transferred)
    assert (last.stage, last.bytes, last.of) == ("checking", model.bytes, model.bytes)
    with pytest.raises(CancelledError):
        verify(model, cancelled=lambda: True)


def test_a_removed_model_is_gone(model: Model) -> None:
    remove(model)
    assert not model.folder.exists()
    assert list_models() == list_unfinished() == []


def test_what_a_pull_has_left_can_be_removed(hub: Hub) -> None:
    with pytest.raises(CancelledError):
        pull(REPO, cancelled=lambda: SHARD in hub.fetched())
    (left,) = list_unfinished()
    assert left.bytes > 0
    assert left.revision is None
    remove(left)
    assert list_unfinished() == []


@pytest.mark.parametrize("manifest", ["", "{}", "[1]", '{"schema": 2}'])
def test_a_manifest_that_is_not_understood_does_not_make_a_model(
    model: Model, manifest: str
) -> None:
    (model.folder / "manifest.json").write_text(manifest)
    assert list_models() == []
    assert find_model() is None
    assert [left.repo for left in list_unfinished()] == [REPO]


def test_a_manifest_of_a_later_schema_is_not_guessed_at(model: Model) -> None:
    file = model.folder / "manifest.json"
    content = json.loads(file.read_text())
    assert content["schema"] == 1
    file.write_text(json.dumps({**content, "schema": 2}))
    assert list_models() == []
