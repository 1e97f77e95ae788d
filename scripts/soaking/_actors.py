"""Clients that play a part, each in a process of its own: `python -m soaking._actors PART …`.

They tell what they do by one JSON object a line on stdout. Streams go on until they are killed.
"""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import json
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any, Final

from sparkvsr.engines import resolve_engine
from sparkvsr.errors import CancelledError, JobError, UnreachableError
from sparkvsr.job import Settings, Shot
from sparkvsr_daemon import _messages as m
from sparkvsr_daemon._channel import Channel
from sparkvsr_daemon._upload import Uploader, digest_of, layout_of, raw_bytes
from sparkvsr_daemon.client import Client, DaemonBackend, connect
from sparkvsr_daemon.connection import read_connection
from sparkvsr_daemon.manifest import make_manifest
from sparkvsr_daemon.paths import find_paths
from sparkvsr_daemon.protocol import VERSION, new_id

from ._pictures import UHD, Noise

_CREDIT: Final = 8


def tell(**facts: object) -> None:
    """Say something to who started this."""
    sys.stdout.write(json.dumps(facts) + "\n")
    sys.stdout.flush()


def batch(number: str, count: str) -> None:
    """Submit many small jobs at once, take their frames, and tell when each is done."""
    channel, jobs = _opened_channel(), int(count)
    names = _send_jobs(int(number), jobs)
    tell(ready=len(names))
    sys.stdin.readline()
    for name in names:
        channel.send(m.Submit(id=new_id(), manifest=name, credit=_CREDIT))
    accepted = 0
    while names:
        message = _received(channel)
        match message:
            case m.Accepted():
                accepted += 1
                if accepted == jobs:
                    tell(submitted=accepted)
            case m.FrameChunk():
                channel.send(m.Credit(n=1, job=message.job))
            case m.Done():
                names.remove(message.job)
                tell(done=message.job, at=time.monotonic())
            case m.Failed() | m.ErrorReply():
                tell(failed=message.message)
                return
    channel.close(0)


def blocker() -> None:
    """Keep the worker busy until this is told to end."""
    stop = threading.Event()

    def listen() -> None:
        sys.stdin.readline()
        stop.set()

    threading.Thread(target=listen, daemon=True).start()
    with connect(start=False) as client:
        noise = Noise((8, 8), 100_000, seed=1, different=1)
        backend = DaemonBackend(client)
        frames = backend.restore(
            noise.request("identity"), noise, on_notice=lambda notice: None, cancelled=stop.is_set
        )
        next(frames)
        tell(running=str(backend.job_id))
        with contextlib.suppress(CancelledError):
            for _ in frames:
                pass
    tell(ended=stop.is_set())


def reader(job: str) -> None:
    """Read the frames of a job; after a loss of the daemon go on with the next frame."""
    digests = list[str]()
    losses = 0
    while True:
        try:
            with connect(start=False) as client:
                for digest in _frames_of(client, job, first=len(digests)):
                    digests.append(digest)
                    tell(frame=len(digests))
        except (UnreachableError, JobError):
            losses += 1
            time.sleep(0.1)
            continue
        tell(finished=hashlib.sha256("".join(digests).encode()).hexdigest(), losses=losses)
        return


def results(job: str) -> None:
    """Read the frames of a job again and again."""
    with connect(start=False) as client:
        for _ in itertools.count():
            for _ in _frames_of(client, job, first=0):
                tell(frame=1)


def upload(seed: str) -> None:
    """Send 4K frames that the daemon does not have, one after the other."""
    (frame,) = Noise(UHD, 1, int(seed)).frames()
    data = bytearray(raw_bytes(frame))
    with connect(start=False) as client:
        uploader = Uploader(client, lambda: False)
        for number in itertools.count():
            data[:8] = number.to_bytes(8, "little")
            blob = bytes(data)
            uploader.offer({digest_of(blob): blob})
            tell(frame=1)


def restorations(seed: str) -> None:
    """Have short 4K shots restored, one after the other."""
    with connect(start=False) as client:
        for number in itertools.count(int(seed)):
            noise = Noise(UHD, 3, number, different=1)
            backend = DaemonBackend(client)
            for _ in backend.restore(
                noise.request("identity"),
                noise,
                on_notice=lambda notice: None,
                cancelled=lambda: False,
            ):
                tell(frame=1)


def _frames_of(client: Client, job: str, first: int) -> Iterator[str]:
    """Digests of the frames of a finished job."""
    attach = m.Attach(id=new_id(), job=job, first=first, credit=_CREDIT)
    client.follow(job, attach.id)
    accepted = client.request(attach, m.Accepted)
    digest, size = hashlib.sha256(), 0
    while True:
        event, chunk = client.next_event(lambda: False)
        if isinstance(event, m.Done):
            return
        if isinstance(event, m.FrameChunk):
            client.send(m.Credit(n=1, job=job))
            digest.update(chunk or b"")
            size += len(chunk or b"")
            if size >= accepted.job.layout.nbytes:
                yield digest.hexdigest()
                digest, size = hashlib.sha256(), 0


def _send_jobs(number: int, jobs: int) -> list[str]:
    """Bring everything that the jobs need into the store; their ids."""
    noise = Noise((64, 48), 17, seed=number)
    pictures = [raw_bytes(frame) for frame in noise.frames()]
    layout = layout_of(next(noise.frames()), "a frame")
    digests = [digest_of(picture) for picture in pictures]
    engine = resolve_engine("flow")
    manifests = dict(
        make_manifest(
            shot=Shot(width=64, height=48, frames=len(digests)),
            settings=Settings(engine="flow", upscale=1, seed=seed),
            engine=engine.name,
            engine_version=engine.version,
            depth="half",
            layout=layout,
            frames=digests,
            keyframes=(),
        )
        for seed in range(jobs)
    )
    with connect(start=False) as client:
        uploader = Uploader(client, lambda: False)
        uploader.offer(dict(zip(digests, pictures, strict=True)))
        uploader.offer(manifests)
    return list(manifests)


def _opened_channel() -> Channel:
    connection = read_connection(find_paths().connection_file)
    assert connection is not None  # noqa: S101 - who starts this has started the daemon
    channel = Channel(connection)
    channel.send(m.Hello(id=new_id(), v=VERSION))
    while not isinstance(_received(channel), m.Welcome):
        pass
    return channel


def _received(channel: Channel) -> Any:
    while (received := channel.receive(1.0)) is None:
        pass
    if isinstance(received[0], m.Ping):
        channel.send(m.Pong(re=received[0].id))
    return received[0]


PARTS: Final[dict[str, Callable[..., None]]] = {
    "batch": batch,
    "blocker": blocker,
    "reader": reader,
    "restorations": restorations,
    "results": results,
    "upload": upload,
}

if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # who has started this ends it
    PARTS[sys.argv[1]](*sys.argv[2:])
