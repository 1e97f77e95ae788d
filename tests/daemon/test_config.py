"""A config of OpenColorIO travels to the daemon with its files, and nothing but those is read."""

from __future__ import annotations

import hashlib
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from shows import SHOW, cube, in_space, make_show, named, spi1d
from sparkvsr import InProcess
from sparkvsr.color._archive import MAX_ARCHIVE, write_archive
from sparkvsr.errors import JobError, SettingsError
from sparkvsr.job import Color
from sparkvsr_daemon._config import stored_config
from sparkvsr_daemon.client import DaemonBackend
from sparkvsr_daemon.store import Store

Daemon = Any
Job = Any


def colours(config: Path) -> Color:
    return named(in_space(config, output="cct"))


def job_in(daemon: Daemon, color: Color) -> Job:
    """A job whose pixels depend on the show's files, in and out."""
    job = daemon.make_job(5, engine="flow", upscale=2, keyframes=(0, 4))
    job.request = replace(job.request, color=color, depth="float")
    return job


def test_a_config_with_files_gives_the_same_pixels_in_the_daemon(
    daemon: Daemon, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    daemon.connect()
    monkeypatch.setenv("LOOK", "night")  # the daemon has been started with another environment
    job = job_in(daemon, colours(make_show(tmp_path / "show")))
    expected = list(job.run(InProcess()))
    restored = list(job.run(daemon.backend()))
    for ours, theirs in zip(restored, expected, strict=True):
        np.testing.assert_array_equal(ours.picture, theirs.picture)
        assert ours.trust == theirs.trust
    other = job_in(daemon, colours(make_show(tmp_path / "other", power=1.0)))
    changed = list(other.run(daemon.backend()))
    assert np.abs(changed[2].picture - expected[2].picture).max() > 0.05


def test_the_config_is_sent_once_and_not_needed_afterwards(daemon: Daemon, tmp_path: Path) -> None:
    client = daemon.connect()
    backend = DaemonBackend(client)
    list(job_in(daemon, colours(make_show(tmp_path / "a"))).run(backend))
    first, received = backend.job_id, client.status().blobs_received
    shutil.rmtree(tmp_path / "a")
    list(job_in(daemon, colours(make_show(tmp_path / "b"))).run(backend))
    assert (backend.job_id, client.status().blobs_received) == (first, received)
    list(job_in(daemon, colours(make_show(tmp_path / "b", gain=0.3))).run(backend))
    assert backend.job_id != first
    assert client.status().blobs_received == received + 2  # the archive and the manifest
    assert not list((daemon.home / "run").rglob("*.ocio*"))


def test_a_config_that_changes_before_it_is_sent_is_not_sent(
    daemon: Daemon, tmp_path: Path
) -> None:
    job = job_in(daemon, colours(make_show(tmp_path)))
    (tmp_path / "luts" / "curve.spi1d").write_text(spi1d(1.1))
    with pytest.raises(SettingsError, match="has changed since the job was made"):
        list(job.run(daemon.backend()))
    assert daemon.connect().jobs() == ()


def test_a_hostile_config_reads_no_file_of_the_daemons_machine(
    daemon: Daemon, tmp_path: Path
) -> None:
    outside = tmp_path / "outside.spi1d"
    outside.write_text(spi1d(1.0))
    files = {
        "config.ocio": SHOW.replace("src: curve.spi1d", f"src: {outside}").encode(),
        "looks/day/grade.cube": cube(1.0).encode(),
    }
    archive = tmp_path / "archive"
    archive.write_bytes(write_archive(files))
    digest = hashlib.sha256(archive.read_bytes()).hexdigest()
    color = msgspec.structs.replace(in_space(archive), config_digest=digest)
    client = daemon.connect()
    with pytest.raises(SettingsError, match="could not be loaded"):
        list(job_in(daemon, color).run(DaemonBackend(client)))
    good = job_in(daemon, colours(make_show(tmp_path / "show")))
    assert len(list(good.run(DaemonBackend(client)))) == 5


def test_an_archive_that_is_none_fails_in_the_worker_with_a_sentence(
    daemon: Daemon, tmp_path: Path
) -> None:
    noise = tmp_path / "noise"
    noise.write_bytes(b"PK\3\4 and then nothing")
    digest = hashlib.sha256(noise.read_bytes()).hexdigest()
    color = msgspec.structs.replace(in_space(noise), config_digest=digest)
    with pytest.raises(
        SettingsError, match="The job's OpenColorIO config cannot be read"
    ) as caught:
        list(job_in(daemon, color).run(daemon.backend()))
    assert str(daemon.home) not in caught.value.message


def test_a_blob_that_is_no_longer_what_it_was_is_not_used(tmp_path: Path) -> None:
    store = Store(tmp_path)
    color = Color(config_digest=hashlib.sha256(b"config").hexdigest())
    blob = store.blob_path(color.config_digest)
    with pytest.raises(JobError, match="config is damaged or gone"):
        stored_config(color, store)
    blob.parent.mkdir(parents=True)
    blob.write_bytes(b"conf")
    with pytest.raises(JobError, match="config is damaged or gone"):
        stored_config(color, store)
    blob.write_bytes(b"config")
    assert stored_config(color, store) == msgspec.structs.replace(color, config=str(blob))
    with blob.open("ab") as file:
        file.truncate(MAX_ARCHIVE + 1)
    with pytest.raises(SettingsError, match="config has 256 MiB") as caught:
        stored_config(color, store)
    assert str(tmp_path) not in caught.value.message
    assert stored_config(Color(), store) == Color()
