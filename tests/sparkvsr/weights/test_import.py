"""A model that was copied by hand is taken in: from what, compared with what, and what is kept."""

from __future__ import annotations

import hashlib
import os
import shutil
from pathlib import Path

import pytest

from hand_copy import content_of, look_of, write_files
from hub_server import NOT_FETCHED, REPO, SHARD, Hub, weights
from sparkvsr import InputError, JobError, Notified
from sparkvsr.weights import (
    EMBEDDING_FILE,
    PullDone,
    PullStarted,
    Transferred,
    WeightsEvent,
    _embedding,
    find_model,
    import_model,
    list_models,
    list_unfinished,
    pull,
    remove,
    verify,
    weights_list,
    write_list,
)
from sparkvsr.weights._manifest import read_manifest

Events = list[WeightsEvent]
EMBEDDING = weights(50_000, 7)


def needed(hub: Hub) -> dict[str, bytes]:
    return {path: data for path, data in hub.repos[REPO].items() if path not in NOT_FETCHED}


def files_in(folder: Path) -> dict[str, bytes]:
    found = content_of(folder)
    del found["manifest.json"]
    return {path: data for path, data in found.items() if data != b"a folder"}


def copied(events: Events) -> set[str]:
    return {e.file for e in events if isinstance(e, Transferred) and e.stage == "copying"}


def test_a_folder_fetched_by_hand_becomes_the_model_that_pull_would_have_made(
    hub: Hub, folder: Path, models: Path, events: Events
) -> None:
    look = look_of(folder.parent)
    model = import_model(folder, on_event=events.append)
    assert hub.requests == []
    assert (model.folder, model.repo) == (models / "Somebody--Tiny", REPO)
    assert model.revision == hub.commit(REPO)
    assert files_in(model.folder) == needed(hub)
    assert find_model() == model
    assert list_models() == [model]
    assert list_unfinished() == []
    assert verify(model) == []
    assert look_of(folder.parent) == look
    imported = read_manifest(model.folder)
    remove(model)
    fetched = read_manifest(pull(REPO).folder)
    assert imported is not None
    assert fetched is not None
    assert imported.files == fetched.files


def test_events_tell_every_byte_once(hub: Hub, folder: Path, events: Events) -> None:
    model = import_model(folder, on_event=events.append)
    assert isinstance(events[0], Notified)
    assert events[0].kind == "licence"
    assert events[1] == PullStarted(
        REPO, hub.commit(REPO), str(model.folder), len(needed(hub)), model.bytes
    )
    assert events[-1] == PullDone(
        REPO, hub.commit(REPO), str(model.folder), model.bytes, embedding=True
    )
    told = [event for event in events[2:-1] if isinstance(event, Transferred)]
    assert {(event.stage, event.of) for event in told} == {("copying", model.bytes)}
    counts = [event.bytes for event in told]
    assert counts == sorted(counts)
    assert counts[-1] == model.bytes


def test_each_file_is_read_once(
    folder: Path, monkeypatch: pytest.MonkeyPatch, events: Events
) -> None:
    opened: list[str] = []
    real = Path.open

    def opening(path: Path, *arguments: object, **options: object) -> object:
        if path.is_relative_to(folder):
            opened.append(path.relative_to(folder).as_posix())
        return real(path, *arguments, **options)  # type: ignore[call-overload]

    monkeypatch.setattr(Path, "open", opening)
    model = import_model(folder)
    assert sorted(opened) == sorted(files_in(model.folder))


def test_a_copy_of_a_pulled_folder_needs_no_list(hub: Hub, models: Path, tmp_path: Path) -> None:
    pulled = pull(REPO)
    shutil.copytree(pulled.folder, tmp_path / "copy")
    remove(pulled)
    look = look_of(tmp_path / "copy")
    model = import_model(tmp_path / "copy")
    assert files_in(model.folder) == needed(hub)
    assert verify(model) == []
    assert look_of(tmp_path / "copy") == look


def test_a_read_only_folder_is_enough(hub: Hub, folder: Path) -> None:
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o555 if path.is_dir() else 0o444)
    model = import_model(folder)
    assert files_in(model.folder) == needed(hub)
    assert (model.folder / SHARD).stat().st_mode & 0o200  # ours, not the mode of theirs
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o755)


@pytest.mark.parametrize("place", ["in", "beside", "named"])
def test_a_list_is_found_in_the_folder_beside_it_or_by_name(
    hub: Hub, folder: Path, tmp_path: Path, place: str
) -> None:
    beside = folder.parent / "weights.json"
    named = None
    if place == "in":
        beside.rename(folder / "weights.json")
        (folder.parent / "weights.json").write_text("not asked")
    elif place == "named":
        named = beside.rename(tmp_path / "my list.json")
        (folder / "weights.json").write_text("not asked")
        (folder / "manifest.json").write_text("not asked")
    assert verify(import_model(folder, named)) == []


def test_a_snapshot_of_a_hub_cache_is_made_of_links(hub: Hub, folder: Path, tmp_path: Path) -> None:
    cache = tmp_path / "models--Somebody--Tiny"
    snapshot = cache / "snapshots" / hub.commit(REPO)
    for name, data in hub.repos[REPO].items():
        write_files(cache / "blobs", {hashlib.sha256(data).hexdigest(): data})
        (snapshot / name).parent.mkdir(parents=True, exist_ok=True)
        blob = cache / "blobs" / hashlib.sha256(data).hexdigest()
        (snapshot / name).symlink_to(os.path.relpath(blob, (snapshot / name).parent))
    model = import_model(snapshot, folder.parent / "weights.json")
    assert files_in(model.folder) == needed(hub)
    assert not any(path.is_symlink() for path in model.folder.rglob("*"))
    assert verify(model) == []


def test_the_folder_and_its_parts_may_be_links(folder: Path, tmp_path: Path) -> None:
    (folder / "vae").rename(tmp_path / "other disk")
    (folder / "vae").symlink_to(tmp_path / "other disk")
    (tmp_path / "link").symlink_to(folder)
    assert verify(import_model(tmp_path / "link")) == []


@pytest.fixture
def pinned(hub: Hub, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder without an embedding, and a list that says where it is published."""
    monkeypatch.setattr(_embedding, "SHA256", hashlib.sha256(EMBEDDING).hexdigest())
    monkeypatch.setattr(_embedding, "SIZE", len(EMBEDDING))
    del hub.repos[REPO][EMBEDDING_FILE]
    (folder / EMBEDDING_FILE).unlink()
    (folder.parent / "weights.json").unlink()
    write_list(weights_list(REPO), folder.parent / "weights.json")
    return folder


PUBLISHED_NAME = _embedding.PUBLISHED.rpartition("/")[2]


@pytest.mark.parametrize("name", [EMBEDDING_FILE, PUBLISHED_NAME])
def test_the_embedding_has_its_own_name_or_the_published_one(pinned: Path, name: str) -> None:
    (pinned / name).write_bytes(EMBEDDING)
    model = import_model(pinned)
    assert model.embedding is not None
    assert model.embedding.read_bytes() == EMBEDDING
    assert verify(model) == []


def test_the_embedding_may_be_where_the_variable_says(
    pinned: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mine").write_bytes(EMBEDDING)
    monkeypatch.setenv("SPARKVSR_EMBEDDING", str(tmp_path / "mine"))
    assert verify(import_model(pinned)) == []


@pytest.mark.parametrize("name", [EMBEDDING_FILE, PUBLISHED_NAME])
def test_another_embedding_is_refused_whatever_a_list_says(
    pinned: Path, name: str, models: Path
) -> None:
    other = weights(50_000, 8)
    assert len(other) == len(EMBEDDING)
    (pinned / name).write_bytes(other)
    listed = pinned.parent / "weights.json"
    mine, theirs = (hashlib.sha256(data).hexdigest() for data in (EMBEDDING, other))
    listed.write_text(listed.read_text().replace(mine, theirs))
    with pytest.raises(InputError, match=f"{EMBEDDING_FILE} has SHA-256 {theirs[:12]}"):
        import_model(pinned)
    assert content_of(models) == {}


def test_a_missing_embedding_is_named_with_the_other_name_that_it_may_have(pinned: Path) -> None:
    with pytest.raises(InputError, match=f"{EMBEDDING_FILE} is missing") as caught:
        import_model(pinned)
    assert PUBLISHED_NAME in caught.value.hint


def test_a_pulled_folder_that_has_no_embedding_is_completed_by_one_beside(
    pinned: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPARKVSR_EMBEDDING", str(tmp_path / "nothing"))
    pulled = pull(REPO)
    shutil.move(pulled.folder, tmp_path / "copy")
    with pytest.raises(InputError, match=f"{EMBEDDING_FILE} is missing"):
        import_model(tmp_path / "copy")
    (tmp_path / "copy" / PUBLISHED_NAME).write_bytes(EMBEDDING)
    assert verify(import_model(tmp_path / "copy")) == []


def test_the_same_again_copies_nothing(folder: Path, events: Events) -> None:
    model = import_model(folder)
    look = look_of(model.folder)
    assert import_model(folder, on_event=events.append) == model
    assert [type(event) for event in events] == [PullDone]
    assert look_of(model.folder) == look


def test_what_was_pulled_is_not_copied_and_what_was_imported_is_not_fetched(
    hub: Hub, folder: Path, events: Events
) -> None:
    pull(REPO)
    import_model(folder, on_event=events.append)
    assert copied(events) == set()
    remove(list_models()[0])
    model = import_model(folder)
    hub.requests.clear()
    assert pull(REPO) == model
    assert hub.fetched() == []


def test_a_missing_or_damaged_file_alone_is_copied_again(
    hub: Hub, folder: Path, events: Events
) -> None:
    model = import_model(folder)
    (model.folder / SHARD).unlink()
    (model.folder / "README.md").write_bytes(b"# Tony\n")
    assert verify(import_model(folder, on_event=events.append)) == []
    assert copied(events) == {SHARD, "README.md"}


def test_a_list_that_says_other_of_the_same_commit_is_not_taken_for_the_same(
    hub: Hub, folder: Path, events: Events
) -> None:
    content = {SHARD: weights(300_000, 99)}
    old = import_model(folder)
    listed = folder.parent / "weights.json"
    was, now = (hashlib.sha256(data[SHARD]).hexdigest() for data in (hub.repos[REPO], content))
    listed.write_text(listed.read_text().replace(was, now))
    write_files(folder, content)
    model = import_model(folder, on_event=events.append)
    assert model.revision == old.revision
    assert copied(events) == {SHARD}
    assert verify(model) == []


def test_what_is_right_in_its_place_already_is_not_read_in_the_folder(
    hub: Hub, folder: Path, events: Events
) -> None:
    model = import_model(folder)
    (model.folder / "README.md").unlink()
    (folder / SHARD).write_bytes(bytes((folder / SHARD).stat().st_size))
    model = import_model(folder, on_event=events.append)
    assert files_in(model.folder) == needed(hub)
    assert copied(events) == {"README.md"}


def test_another_commit_replaces_the_one_that_is_here(
    hub: Hub, folder: Path, tmp_path: Path, events: Events
) -> None:
    old = import_model(folder)
    files = hub.repos[REPO]
    files[SHARD] = weights(300_000, 99)
    del files["LICENSE"]
    write_files(tmp_path / "new", files)
    write_list(weights_list(REPO), tmp_path / "new" / "weights.json")
    new = import_model(tmp_path / "new", on_event=events.append)
    assert new.revision == hub.commit(REPO) != old.revision
    assert files_in(new.folder) == needed(hub)
    assert verify(new) == []
    assert copied(events) == {SHARD}


def test_a_model_is_changed_by_one_process_at_a_time(folder: Path) -> None:
    def meanwhile(event: WeightsEvent) -> None:
        if isinstance(event, PullStarted):
            with pytest.raises(JobError, match="is fetching, importing or removing"):
                import_model(folder)
            with pytest.raises(JobError, match="is fetching, importing or removing"):
                pull(REPO)

    assert verify(import_model(folder, on_event=meanwhile)) == []


def test_the_licence_notice_is_shown_once(hub: Hub, folder: Path, events: Events) -> None:
    def notices() -> list[str]:
        events.clear()
        remove(import_model(folder, on_event=events.append))
        return [event.kind for event in events if isinstance(event, Notified)]

    assert notices() == ["licence"]
    assert notices() == []
