"""A daemon of a test's own, and shots to send to it."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sparkvsr.backend import KeyframePicture, Notice, Request, RestoredFrame
from sparkvsr.errors import UnreachableError
from sparkvsr.job import Settings, Shot
from sparkvsr_daemon._channel import Channel
from sparkvsr_daemon._messages import JobInfo
from sparkvsr_daemon.client import Client, DaemonBackend, connect
from sparkvsr_daemon.connection import read_connection
from sparkvsr_daemon.paths import find_paths

WIDTH, HEIGHT = 32, 24

Pictures = Sequence[NDArray[Any]]


class ListSource:
    """The frames of a list, and how many have been read."""

    def __init__(self, frames: Pictures) -> None:
        self._frames = frames
        self.read = 0

    def frames(self) -> Iterator[NDArray[Any]]:
        for frame in self._frames:
            self.read += 1
            yield frame


class Job:
    """A shot with its request, ready for any backend."""

    def __init__(self, frames: Pictures, request: Request) -> None:
        self.frames = frames
        self.request = request
        self.notices: list[Notice] = []

    def run(
        self, backend: Any, cancelled: Callable[[], bool] = lambda: False
    ) -> Iterator[RestoredFrame]:
        found: Iterator[RestoredFrame] = backend.restore(
            self.request,
            ListSource(self.frames),
            on_notice=self.notices.append,
            cancelled=cancelled,
        )
        return found


def make_job(
    frames: int = 6,
    *,
    engine: str = "identity",
    seed: int = 0,
    dtype: str = "uint8",
    upscale: int = 1,
    size: tuple[int, int] = (WIDTH, HEIGHT),
    keyframes: Sequence[int] = (),
) -> Job:
    """A shot of noise; keyframes are their source frames, enlarged."""
    random = np.random.default_rng(seed)
    width, height = size
    shape = (height, width, 3)
    if np.dtype(dtype).kind == "u":
        top = np.iinfo(dtype).max
        pictures = [random.integers(0, top, shape, dtype, endpoint=True) for _ in range(frames)]
    else:
        pictures = [random.normal(0.5, 1.0, shape).astype(dtype) for _ in range(frames)]
    request = Request(
        Shot(width=width, height=height, frames=frames),
        tuple(
            KeyframePicture(k, pictures[k].repeat(upscale, 0).repeat(upscale, 1)) for k in keyframes
        ),
        Settings(upscale=upscale, engine=engine),  # type: ignore[arg-type]
        "float" if dtype == "float32" else "half",
    )
    return Job(pictures, request)


def make_long_job(seed: int = 0, frames: int = 20_000) -> Job:
    """A job that takes the daemon long, though its frames are one blob."""
    random = np.random.default_rng(seed)
    picture = random.integers(0, 255, (8, 8, 3), np.uint8)
    request = Request(
        Shot(width=8, height=8, frames=frames), (), Settings(upscale=1, engine="identity")
    )
    return Job([picture] * frames, request)


def make_moving_job(frames: int = 40, *, window: int = 9, seed: int = 0, **settings: Any) -> Job:
    """A shot of drifting noise that the flow engine restores in many windows, some by anchors."""
    random = np.random.default_rng(seed)
    plate = random.integers(0, 255, (HEIGHT + frames, WIDTH + frames, 3), np.uint8)
    pictures = [plate[i : i + HEIGHT, i : i + WIDTH].copy() for i in range(frames)]
    keyframe = 255 - pictures[frames // 2]
    given: dict[str, Any] = {"upscale": 1, "engine": "flow", "window": window, "anchors": "always"}
    request = Request(
        Shot(width=WIDTH, height=HEIGHT, frames=frames),
        (KeyframePicture(frames // 2, keyframe),),
        Settings(**given | settings),
        "half",
    )
    return Job(pictures, request)


def processes_of(home: Path) -> set[int]:
    """Every live process that was started with this home, but for the test's own."""
    wanted = f"SPARKVSR_HOME={home}".encode()
    found = set()
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if wanted in (folder / "environ").read_bytes().split(b"\0"):
                found.add(int(folder.name))
    return found - {os.getpid()}


def wait_until(condition: Callable[[], Any], patience_s: float = 20.0) -> None:
    """Wait for something that another process does; fail when it never does."""
    deadline = time.monotonic() + patience_s
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.01)


def _what(pid: int) -> str:
    with contextlib.suppress(OSError):
        folder = Path("/proc", str(pid))
        command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        return f"{command} {(folder / 'stat').read_text().split()[2]}"
    return "gone meanwhile"


class Daemon:
    """What tests do to the daemon of one home."""

    make_job = staticmethod(make_job)
    make_long_job = staticmethod(make_long_job)
    make_moving_job = staticmethod(make_moving_job)
    wait_until = staticmethod(wait_until)

    def __init__(self, home: Path) -> None:
        self.home = home
        self._clients: list[Client] = []
        self._channels: list[Channel] = []

    def connect(self) -> Client:
        client = connect()
        self._clients.append(client)
        return client

    def backend(self) -> DaemonBackend:
        return DaemonBackend(self.connect())

    def channel(self) -> Channel:
        """A bare connection, on which `hello` has not been said."""
        connection = read_connection(find_paths().connection_file)
        assert connection is not None
        channel = Channel(connection)
        self._channels.append(channel)
        return channel

    def processes(self) -> set[int]:
        return processes_of(self.home)

    def worker(self, client: Client) -> int:
        """Process id of the only worker."""
        (worker,) = client.status().workers
        return worker.pid

    def settings(self, **settings: float) -> None:
        """For the next daemon of this home."""
        self.home.mkdir(exist_ok=True)
        lines = [f"{name} = {value}\n" for name, value in settings.items()]
        (self.home / "daemon.toml").write_text("".join(lines))

    def kill(self, client: Client) -> None:
        """kill -9 of the supervisor; its workers follow it."""
        os.kill(client.status().pid, signal.SIGKILL)
        client.close()
        wait_until(lambda: not self.processes())

    def job(self, client: Client, name: str) -> JobInfo:
        """What the daemon says about one job."""
        (found,) = (job for job in client.jobs() if job.id == name)
        return found

    def close(self) -> None:
        for client in self._clients:
            client.close()
        for channel in self._channels:
            if not channel.closed:
                channel.close(0)
        try:
            with contextlib.suppress(FileNotFoundError):
                find_paths().connection_file.chmod(0o600)
            with contextlib.suppress(UnreachableError), connect(start=False) as client:
                client.shutdown()
        finally:
            self._end_what_is_left()

    def _end_what_is_left(self) -> None:
        """Who is still ending on a busy machine gets a while; who does not end is killed."""
        with contextlib.suppress(AssertionError):
            wait_until(lambda: not self.processes(), 5.0)
        left = {pid: _what(pid) for pid in self.processes()}
        for pid in left:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        assert not left, f"processes {left} outlived the daemon"
