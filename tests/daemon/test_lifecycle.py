"""Starting, racing, cancelling, dying and stopping, with real processes."""

from __future__ import annotations

import hashlib
import os
import re
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sparkvsr.errors import CancelledError, JobError
from sparkvsr_daemon import _messages as m
from sparkvsr_daemon._channel import Channel
from sparkvsr_daemon.client import DaemonBackend
from sparkvsr_daemon.errors import UnknownJobError
from sparkvsr_daemon.paths import find_paths
from sparkvsr_daemon.protocol import VERSION

Daemon = Any


def test_ten_clients_at_once_start_one_daemon(daemon: Daemon) -> None:
    with ThreadPoolExecutor(10) as pool:
        clients = list(pool.map(lambda _: daemon.connect(), range(10)))
    assert len({client.boot for client in clients}) == 1
    daemon.wait_until(lambda: len(daemon.processes()) == 1)  # the losers have left


def test_the_second_daemon_leaves_the_first_alone_and_is_content(daemon: Daemon) -> None:
    client = daemon.connect()
    second = subprocess.run(
        [sys.executable, "-I", "-m", "sparkvsr_daemon"], timeout=30, check=False
    )
    assert second.returncode == 0
    assert client.status().boot == daemon.connect().boot


def test_a_daemon_that_a_host_with_a_foreign_python_starts_is_not_misled(
    daemon: Daemon, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "zmq.py").write_text("raise SystemExit(3)")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setenv("PYTHONHOME", str(tmp_path))
    assert len(list(daemon.make_job(2).run(daemon.backend()))) == 2


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_daemon_and_worker_and_withdraws_the_connection(
    daemon: Daemon, number: signal.Signals
) -> None:
    client = daemon.connect()
    list(daemon.make_job(3).run(DaemonBackend(client)))
    assert len(daemon.processes()) == 2
    os.kill(client.status().pid, number)
    daemon.wait_until(lambda: not daemon.processes())
    assert not find_paths().connection_file.exists()


def test_shutdown_stops_a_running_job_and_leaves_nothing_half_written(daemon: Daemon) -> None:
    client = daemon.connect()
    stream = daemon.make_long_job().run(daemon.backend())
    next(stream)
    client.shutdown()
    daemon.wait_until(lambda: not daemon.processes())
    assert not find_paths().connection_file.exists()
    assert list((daemon.home / "data" / "store").rglob("*.part")) == []
    assert list((daemon.home / "data" / "scratch").iterdir()) == []
    with pytest.raises(JobError, match="was stopped"):
        list(stream)


def test_cancelling_the_running_job_tells_its_client_and_lets_the_next_one_run(
    daemon: Daemon,
) -> None:
    client = daemon.connect()
    backend = daemon.backend()
    stream = daemon.make_long_job().run(backend)
    next(stream)
    assert client.cancel(str(backend.job_id)[:12]).state == "cancelling"
    with pytest.raises(CancelledError, match="was cancelled"):
        list(stream)
    assert client.jobs()[0].state == "cancelled"
    worker = daemon.worker(client)
    assert len(list(daemon.make_job(3).run(daemon.backend()))) == 3
    assert daemon.worker(client) == worker  # it stopped when asked, and was not killed


def test_a_backend_that_is_asked_to_cancel_cancels_in_the_daemon(daemon: Daemon) -> None:
    client = daemon.connect()
    seen: list[int] = []
    with pytest.raises(CancelledError):
        for frame in daemon.make_long_job().run(
            DaemonBackend(client), cancelled=lambda: len(seen) >= 3
        ):
            seen.append(frame.index)
    assert seen == [0, 1, 2]
    daemon.wait_until(lambda: client.jobs()[0].state == "cancelled")


def test_cancelling_a_queued_job_leaves_the_running_one_alone(daemon: Daemon) -> None:
    client = daemon.connect()
    running, waiting = daemon.backend(), daemon.backend()
    first = daemon.make_long_job(1).run(running)
    next(first)
    with ThreadPoolExecutor(1) as pool:
        job = daemon.make_job(4)
        second = pool.submit(lambda: list(job.run(waiting)))
        daemon.wait_until(lambda: len(client.jobs()) == 2)
        assert client.status().queued == 1
        assert client.cancel(client.jobs()[1].id).state == "cancelled"
        with pytest.raises(CancelledError):
            second.result(timeout=30)
    assert any(n.text.endswith("waits for 1 other job.") for n in job.notices)
    assert [job.state for job in client.jobs()] == ["running", "cancelled"]
    assert next(first).index == 1


def test_a_cancelled_job_can_be_run_again(daemon: Daemon) -> None:
    client = daemon.connect()
    backend = DaemonBackend(client)
    stream = daemon.make_long_job().run(backend)
    next(stream)
    stream.close()
    client.cancel(str(backend.job_id))
    daemon.wait_until(lambda: client.jobs()[0].state == "cancelled")
    again = daemon.make_long_job().run(backend)
    assert next(again).index == 0
    again.close()
    client.cancel(str(backend.job_id))


def test_cancelling_what_does_not_exist_is_an_error(daemon: Daemon) -> None:
    with pytest.raises(UnknownJobError, match="no job 0123abcd"):
        daemon.connect().cancel("0123abcd")


def test_a_worker_that_does_not_stop_is_killed(daemon: Daemon) -> None:
    client = daemon.connect()
    backend = daemon.backend()
    stream = daemon.make_long_job().run(backend)
    next(stream)
    worker = daemon.worker(client)
    os.kill(worker, signal.SIGSTOP)
    client.cancel(str(backend.job_id))
    with pytest.raises(CancelledError):
        list(stream)
    assert client.status().workers == ()
    assert len(list(daemon.make_job(3).run(daemon.backend()))) == 3
    assert daemon.worker(client) != worker


def test_a_killed_daemon_takes_its_worker_along_and_is_replaced(daemon: Daemon) -> None:
    client = daemon.connect()
    stream = daemon.make_long_job().run(DaemonBackend(client))
    next(stream)
    os.kill(client.status().pid, signal.SIGKILL)
    with pytest.raises(JobError, match="was lost while job") as caught:
        list(stream)
    assert "Run it again" in caught.value.hint
    daemon.wait_until(lambda: not daemon.processes())
    assert find_paths().connection_file.exists()  # the dead cannot tidy up
    fresh = daemon.connect()
    assert fresh.boot != client.boot
    stream = daemon.make_long_job().run(DaemonBackend(fresh))
    next(stream)
    assert fresh.status().blobs_received == 0  # the frames had been kept


def test_a_client_that_dies_in_the_middle_of_a_blob_leaves_nothing(daemon: Daemon) -> None:
    client = daemon.connect()
    channel: Channel = daemon.channel()
    channel.send(m.Hello(id="h", v=VERSION))
    channel.send(m.Put(id="p", digest="00" * 32, nbytes=1000))
    channel.send(m.Chunk(put="p", offset=0), b"x" * 10)
    blobs = daemon.home / "data" / "store" / "blobs"
    daemon.wait_until(lambda: list(blobs.glob("*/*.part")))
    channel.send(m.Bye())
    daemon.wait_until(lambda: not list(blobs.glob("*/*.part")))
    assert client.status().blobs_received == 0


def test_a_slow_reader_neither_fills_the_daemons_memory_nor_stops_the_others(
    daemon: Daemon,
) -> None:
    client = daemon.connect()
    slow = daemon.make_job(24, size=(640, 360), upscale=2).run(daemon.backend())  # 5.3 MiB a frame
    next(slow)
    rss = resident_bytes(client.status().pid)
    daemon.wait_until(lambda: client.jobs()[0].state == "done")
    assert len(list(daemon.make_job(6, seed=9).run(DaemonBackend(client)))) == 6
    assert resident_bytes(client.status().pid) < rss + (48 << 20)  # the result has 127 MiB
    assert len(list(slow)) == 23


def resident_bytes(pid: int) -> int:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def test_the_supervisor_imports_no_pixel_or_tensor_library(daemon: Daemon) -> None:
    client = daemon.connect()
    list(daemon.make_job(3, engine="flow", size=(64, 48)).run(DaemonBackend(client)))
    mapped = Path(f"/proc/{client.status().pid}/maps").read_text()
    code = (
        "import sys, sparkvsr_daemon.supervisor; "
        "print(*sorted({name.partition('.')[0] for name in sys.modules}))"
    )
    imported = subprocess.run(
        [sys.executable, "-I", "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    for library in ("torch", "numpy", "cv2", "av", "OpenImageIO", "diffusers"):
        assert f"/site-packages/{library}/" not in mapped, (
            f"the running supervisor loaded {library}"
        )
        assert library not in imported


def test_log_lines_hold_no_key(daemon: Daemon) -> None:
    client = daemon.connect()
    list(daemon.make_job(3).run(DaemonBackend(client)))
    log = Path(client.status().log).read_text()
    assert re.search(r" INFO [0-9a-f]{12} sparkvsr_daemon: ", log)
    published = find_paths().connection_file.read_text()
    for key in ("server_public", "client_public", "client_secret"):
        assert published.split(f'"{key}":"')[1].split('"')[0] not in log


def test_what_a_worker_writes_is_logged_with_its_job(daemon: Daemon) -> None:
    client = daemon.connect()
    job, backend = daemon.make_long_job(), DaemonBackend(client)
    next(job.run(backend))
    client.cancel(str(backend.job_id))
    daemon.wait_until(lambda: client.jobs()[0].state == "cancelled")
    picture = find_paths().store / "blobs"
    (blob,) = picture.glob(f"*/{hashlib.sha256(job.frames[0]).hexdigest()}")
    blob.write_bytes(bytes(blob.stat().st_size))  # damaged: its hash is another one now
    client.retry(str(backend.job_id))
    daemon.wait_until(lambda: client.jobs()[0].state == "failed")
    assert "damaged" in client.jobs()[0].reason
    short = str(backend.job_id)[:12]
    lines = Path(client.status().log).read_text().splitlines()
    said = [line for line in lines if "sparkvsr_daemon.worker: " in line]
    assert any("Traceback" in line for line in said)
    assert all(f" {short} sparkvsr_daemon.worker: " in line for line in said)
    again = job.run(DaemonBackend(client))  # the client sends it again
    np.testing.assert_array_equal(next(again).picture, np.float16(job.frames[0] / np.float32(255)))
    client.cancel(short)


def test_two_sessions_of_one_user_do_not_share_a_store(daemon: Daemon) -> None:
    daemon.connect()
    other = find_paths().runtime.with_name("other")
    other.mkdir(mode=0o700)
    (other / "data").symlink_to(find_paths().data)
    second = subprocess.run(
        [sys.executable, "-m", "sparkvsr_daemon"],
        env=os.environ | {"SPARKVSR_HOME": str(other)},
        timeout=60,
        check=False,
    )
    assert second.returncode == 1
    assert "another session" in (other / "log" / "daemon.log").read_text()
