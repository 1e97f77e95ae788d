"""The weights list: what it says, and what is not taken for one."""

from __future__ import annotations

import errno
import hashlib
import json
from pathlib import Path

import pytest
from huggingface_hub.utils.sha import git_hash

from hub_server import NOT_FETCHED, REPO, SHARD, Hub
from sparkvsr import DiskFullError, InputError, OutputError
from sparkvsr.weights import (
    EMBEDDING_FILE,
    WeightsList,
    _embedding,
    read_list,
    weights_list,
    write_list,
)


def test_it_names_what_pull_fetches_and_nothing_is_fetched(hub: Hub) -> None:
    weights = weights_list(REPO)
    assert (weights.schema, weights.repo, weights.revision) == (1, REPO, hub.commit(REPO))
    needed = {path: data for path, data in hub.repos[REPO].items() if path not in NOT_FETCHED}
    assert {file.path: file.bytes for file in weights.files} == {
        path: len(data) for path, data in needed.items()
    }
    for file in weights.files:
        data = needed[file.path]
        large = file.path.endswith(".safetensors")
        assert file.sha256 == (hashlib.sha256(data).hexdigest() if large else None)
        assert file.git_sha1 == (None if large else git_hash(data))
        assert file.url == f"{hub.endpoint}/{REPO}/resolve/{weights.revision}/{file.path}"
    assert weights.embedding is None
    assert hub.fetched() == []


def test_the_embedding_is_named_where_the_repository_has_none(hub: Hub) -> None:
    del hub.repos[REPO][EMBEDDING_FILE]
    embedding = weights_list(REPO).embedding
    assert embedding is not None
    assert embedding.path == EMBEDDING_FILE
    assert (embedding.bytes, embedding.sha256) == (_embedding.SIZE, _embedding.SHA256)
    assert embedding.url == _embedding.PUBLISHED


def test_a_revision_is_listed_by_its_commit(hub: Hub) -> None:
    assert weights_list(REPO, hub.commit(REPO)).revision == hub.commit(REPO)
    with pytest.raises(InputError, match="no such revision"):
        weights_list(REPO, "v9")


def test_what_pull_refuses_is_not_listed(hub: Hub) -> None:
    for name in [name for name in hub.repos[REPO] if name.endswith(".safetensors")]:
        del hub.repos[REPO][name]
    with pytest.raises(InputError, match="only as a pickle"):
        weights_list(REPO)


def test_a_list_that_was_written_is_read_again(hub: Hub, tmp_path: Path) -> None:
    weights = weights_list(REPO)
    file = tmp_path / "new folder" / "weights.json"
    write_list(weights, file)
    assert read_list(file) == weights
    content = json.loads(file.read_text())
    assert content["schema"] == 1
    assert {"path", "bytes", "sha256", "url"} == content["files"][-1].keys()
    assert list(file.parent.iterdir()) == [file]
    with pytest.raises(OutputError, match="exists already"):
        write_list(weights, file)


def test_a_full_disk_leaves_no_list(
    hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    weights = weights_list(REPO)

    def full(path: Path, data: bytes) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(DiskFullError, match="No room left"):
        write_list(weights, tmp_path / "new" / "weights.json")
    assert not (tmp_path / "new").exists()


SHA256 = "0" * 64


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"[]",
        b"\xff\xfe{\x00",
        b'{"schema": 2, "repo": "a/b", "revision": "c", "files": []}',
        b'{"repo": "a/b", "revision": "c", "files": []}',
        b'{"event": "error", "code": "bad_input", "message": "", "hint": ""}',
        b'{"schema": 1, "repo": "a/b", "revision": "c", "files": [{"path": "x", "bytes": 1}]}',
        *(
            f'{{"schema": 1, "repo": "a/b", "revision": "c", "files": [{file}]}}'.encode()
            for file in (
                f'{{"path": "x", "bytes": -1, "sha256": "{SHA256}"}}',
                f'{{"path": "x", "bytes": 1, "sha256": "{SHA256}\\n"}}',
                '{"path": "x", "bytes": 1, "sha256": "../../../x"}',
                f'{{"path": "x", "bytes": 1, "git_sha1": "{SHA256}"}}',
                '{"path": "x", "bytes": 1, "git_sha1": ""}',
            )
        ),
        b"[" * 100_000,
    ],
)
def test_what_is_no_list_is_refused(tmp_path: Path, text: bytes) -> None:
    (tmp_path / "weights.json").write_bytes(text)
    with pytest.raises(InputError, match="is no weights list") as caught:
        read_list(tmp_path / "weights.json")
    assert "sparkvsr model files" in caught.value.hint
    assert "\n" not in caught.value.message


def test_a_list_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"nothing\.json cannot be read: No such file"):
        read_list(tmp_path / "nothing.json")


def test_only_needed_files_are_wanted_of_a_list_each_once(hub: Hub) -> None:
    weights = weights_list(REPO)
    (shard,) = [file for file in weights.files if file.path == SHARD]
    strange = [
        type(shard)(path, shard.bytes, shard.sha256)
        for path in ("../../x", "/etc/passwd", "transformer/x.bin", "./model_index.json", "")
    ]
    files = (*strange, *weights.files, shard)
    longer = WeightsList(1, REPO, weights.revision, files)
    assert longer.wanted == weights.files
