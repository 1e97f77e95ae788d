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


def test_what_a_dead_daemon_left_half_written_is_removed(store: Store, tmp_path: Path) -> None:
    writer = store.blob_writer(DIGEST, len(DATA))
    writer.write(DATA)
    store.write_result(JOB, 0, DATA)
    window = store.window_path(JOB, "33-whole", 2)
    window.parent.mkdir(parents=True)
    window.with_name(f"{window.name}.part").write_bytes(DATA)
    Store(tmp_path).prepare()
    assert files(tmp_path) == [f"results/{JOB}/0.raw"]
    writer.abort()


def test_results_are_read_in_pieces(store: Store) -> None:
    store.write_result(JOB, 3, memoryview(DATA))
    assert store.read_result(JOB, 3, 10, 20) == DATA[10:30]
    assert store.read_result(JOB, 3, 590, 1000) == DATA[590:]


def test_frames_and_windows_are_dropped_with_the_bytes_that_they_took(store: Store) -> None:
    for index in range(4):
        store.write_result(JOB, index, DATA)
    window = store.window_path(JOB, "33-whole", 2)
    window.parent.mkdir(parents=True)
    window.write_bytes(DATA)
    assert store.windows(JOB, "33-whole") == {2: 600}
    assert store.jobs() == [(JOB, 3000)]
    assert store.drop_frames(JOB, 1) == 1800
    assert [store.result_size(JOB, index) for index in (0, 1)] == [600, None]
    assert store.drop_windows(JOB) == 600
    assert store.jobs() == [(JOB, 600)]


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
    upload.write(DATA[:100], is_last=False)
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", no_room)
        with pytest.raises(DiskFullError):
            upload.write(DATA[100:], is_last=True)
    assert files(tmp_path) == []
    assert upload.failed

    refused = Upload(store, "p", DIGEST, len(DATA))  # it never got as far as `begin`
    refused.write(DATA[:100], is_last=False)
    refused.write(DATA[100:], is_last=True)
    assert refused.failed
    assert files(tmp_path) == []
