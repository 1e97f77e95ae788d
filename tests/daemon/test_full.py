"""A full store and a full disk: what is needed stays, work waits or is refused with the figures."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sparkvsr import InProcess
from sparkvsr.errors import DiskFullError
from sparkvsr_daemon._messages import JobInfo
from sparkvsr_daemon.client import DaemonBackend
from sparkvsr_daemon.errors import StoreFullError

Daemon = Any


def test_a_job_whose_results_cannot_be_held_is_refused_with_the_figures(daemon: Daemon) -> None:
    job = daemon.make_job(10)  # 23 kB of pictures; 46 kB of results, 92 kB of windows
    daemon.settings(store_gb=50e3 / 1e9)
    client = daemon.connect()
    with pytest.raises(StoreFullError, match=r"Job .* needs 0\.14 MB .* may hold 0\.05 MB") as e:
        list(job.run(DaemonBackend(client)))
    assert "store_gb" in e.value.hint
    assert client.jobs() == ()
    client.close()
    client = daemon.connect()
    daemon.wait_until(lambda: client.store().needed == 0)


def test_a_picture_that_cannot_be_held_is_refused(daemon: Daemon) -> None:
    daemon.settings(store_gb=2000 / 1e9)
    with pytest.raises(StoreFullError, match=r"Picture .* 0\.00 MB in the daemon's store"):
        list(daemon.make_job(10).run(daemon.backend()))


def test_the_results_used_longest_ago_make_room_for_the_next(daemon: Daemon) -> None:
    daemon.settings(store_gb=260e3 / 1e9)
    client = daemon.connect()
    names = []
    for seed in (1, 2, 1, 3):  # the first is used again before the third comes
        backend = DaemonBackend(client)
        assert len(list(daemon.make_job(10, seed=seed).run(backend))) == 10
        names.append(backend.job_id)
    held = {job.id for job in client.jobs()}
    assert names[0] in held
    assert names[3] in held
    assert names[1] not in held
    store = client.store()
    assert store.used <= store.cap == 260_000
    assert client.status().frames_computed == 30
    cleaned = client.clean()
    assert (cleaned.used, cleaned.freed) == (0, store.used)


@pytest.fixture
def small_disk(daemon: Daemon) -> Iterator[Callable[[int], None]]:
    """Sets the size, in kB, of the disk that the store is on."""
    data: Path = daemon.home / "data"
    data.mkdir(parents=True)
    mount = shutil.which("mount")
    command = [str(mount), "-t", "tmpfs", "-o", "size=100k,mode=700", "tmpfs", str(data)]
    if mount is None or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("no disk can be mounted here")

    def resize(kilobytes: int) -> None:
        size = f"remount,size={kilobytes}k"
        subprocess.run([str(mount), "-o", size, str(data)], check=True)

    yield resize
    daemon.close()
    subprocess.run(["umount", str(data)], check=True)


def test_a_job_waits_while_the_disk_is_full_and_goes_on_when_there_is_room(
    daemon: Daemon, small_disk: Callable[[int], None]
) -> None:
    small_disk(20_000)
    daemon.settings(store_gb=1)
    client = daemon.connect()
    job = daemon.make_job(1000, engine="flow", keyframes=(0,))  # needs 4.6 MB for results
    restored = []
    states: list[JobInfo] = []
    backend = DaemonBackend(client)
    watcher = daemon.connect()
    stream = job.run(backend)
    restored.append(next(stream))
    small_disk(shutil.disk_usage(daemon.home / "data").used // 1000 + 1000)

    def is_paused() -> bool:
        states.append(watcher.jobs()[0])
        return states[-1].state == "paused"

    daemon.wait_until(is_paused)
    assert "full" in states[-1].reason or "No room" in states[-1].reason
    assert 0 < states[-1].done < 1000
    small_disk(40_000)
    restored += stream
    for a, b in zip(job.run(InProcess()), restored, strict=True):
        np.testing.assert_array_equal(a.picture, b.picture)
    assert watcher.jobs()[0].windows_repeated == 0
    assert any("is paused" in notice.text for notice in job.notices)


def test_pictures_that_find_the_disk_full_are_refused_and_nothing_half_stays(
    daemon: Daemon, small_disk: Callable[[int], None]
) -> None:
    small_disk(400)
    daemon.settings(store_gb=1)
    client = daemon.connect()
    with pytest.raises(DiskFullError, match="full"):
        list(daemon.make_job(10, size=(320, 240)).run(DaemonBackend(client)))
    client.close()
    daemon.wait_until(lambda: not list((daemon.home / "data" / "store").rglob("*.part")))
