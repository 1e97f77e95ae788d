"""The store: nothing wrong, nothing half, nothing left over, and clear words on a full disk."""

from __future__ import annotations

import errno
import hashlib
import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from sparkvsr.errors import DiskFullError
from sparkvsr_daemon._receiving import Upload
from sparkvsr_daemon.errors import BlobError
from sparkvsr_daemon.store import Store

DATA = b"pixels" * 100
DIGEST = hashlib.sha256(DATA).hexdigest()
JOB = "ab" * 32


@pytest.fixture
def store(tmp_path: Path) -> Store:
    made = Store(tmp_path)
    made.prepare()
    return made


def files(folder: Path) -> list[str]:
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file())


def test_a_blob_lies_under_its_hash_once_it_is_committed(store: Store, tmp_path: Path) -> None:
    writer = store.blob_writer(DIGEST, len(DATA))
    writer.write(DATA[:100])
    assert store.blob_size(DIGEST) is None
    writer.write(DATA[100:])
    writer.commit()
    assert store.blob_size(DIGEST) == len(DATA)
    assert store.blob_path(DIGEST).read_bytes() == DATA
    assert files(tmp_path) == [f"blobs/{DIGEST[:2]}/{DIGEST}"]


def test_bytes_of_another_hash_are_refused_and_leave_nothing(store: Store, tmp_path: Path) -> None:
    writer = store.blob_writer(DIGEST, len(DATA))
    writer.write(DATA[:-1] + b"x")
    with pytest.raises(BlobError, match="another hash"):
        writer.commit()
    writer.abort()
    assert files(tmp_path) == []


def test_more_bytes_than_announced_are_refused(store: Store, tmp_path: Path) -> None:
    writer = store.blob_writer(DIGEST, 10)
    with pytest.raises(BlobError, match="more than the 10 bytes"):
        writer.write(DATA)
    writer.abort()
    assert files(tmp_path) == []


def test_two_writers_of_one_blob_do_not_disturb_each_other(store: Store, tmp_path: Path) -> None:
    writers = [store.blob_writer(DIGEST, len(DATA)) for _ in range(2)]
    for writer in writers:
        writer.write(DATA)
    for writer in writers:
        writer.commit()
    assert files(tmp_path) == [f"blobs/{DIGEST[:2]}/{DIGEST}"]


def test_what_a_dead_daemon_left_unfinished_is_removed(store: Store, tmp_path: Path) -> None:
    writer = store.blob_writer(DIGEST, len(DATA))
    writer.write(DATA)
    store.write_result(JOB, 0, DATA)
    store.write_result("cd" * 32, 0, DATA)
    store.complete("cd" * 32, b"{}")
    Store(tmp_path).prepare()
    assert files(tmp_path) == [f"results/{'cd' * 32}/0.raw", f"results/{'cd' * 32}/complete.json"]
    writer.abort()


def test_results_are_read_in_pieces(store: Store) -> None:
    store.write_result(JOB, 3, memoryview(DATA))
    assert store.read_result(JOB, 3, 10, 20) == DATA[10:30]
    assert store.read_result(JOB, 3, 590, 1000) == DATA[590:]


def test_a_job_is_complete_only_when_its_record_says_so(store: Store) -> None:
    store.write_result(JOB, 0, DATA)
    assert store.completed(JOB) is None
    assert store.completed_jobs("abab") == []
    store.complete(JOB, b"record")
    assert store.completed(JOB) == b"record"
    assert store.completed_jobs("abab") == [JOB]
    store.drop_results(JOB)
    assert store.completed(JOB) is None


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")  # noqa: PTH110
def test_a_full_disk_is_named_with_its_figure(store: Store, tmp_path: Path) -> None:
    folder = tmp_path / "results" / JOB
    folder.mkdir()
    (folder / "0.raw.part").symlink_to("/dev/full")
    with pytest.raises(DiskFullError, match=r"2\.0 MB") as caught:
        store.write_result(JOB, 0, bytes(2_000_000))
    assert "SPARKVSR_HOME" in caught.value.hint
    assert files(tmp_path) == []


def test_a_limit_on_file_sizes_is_not_mistaken_for_success(tmp_path: Path) -> None:
    code = (
        "import signal, sys; from pathlib import Path; from sparkvsr_daemon.store import Store\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "store = Store(Path(sys.argv[1])); store.prepare()\n"
        "try: store.write_result('ab' * 32, 0, bytes(100_000))\n"
        "except OSError: sys.exit(7)\n"
    )
    limited = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)],
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000)),
        check=False,
    )
    assert limited.returncode == 7
    assert files(tmp_path) == []


def test_an_upload_that_meets_a_full_disk_swallows_its_rest_and_leaves_nothing(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_room(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    upload = Upload(store, "p", DIGEST, len(DATA))
    upload.begin()
    upload.take(0, DATA[:100])
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", no_room)
        with pytest.raises(DiskFullError):
            upload.take(100, DATA[100:])
    assert files(tmp_path) == []

    refused = Upload(store, "p", DIGEST, len(DATA))  # it never got as far as `begin`
    assert not refused.take(0, DATA[:100])
    assert not refused.complete
    assert not refused.take(100, DATA[100:])
    assert refused.complete
    assert files(tmp_path) == []
