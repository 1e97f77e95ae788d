"""1080p half-float frames to the daemon's store and from it, encrypted, beside a plain copy."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from random import Random
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from sparkvsr_daemon import _messages as m
from sparkvsr_daemon._upload import Uploader, digest_of, raw_bytes
from sparkvsr_daemon.client import Client, connect
from sparkvsr_daemon.protocol import new_id

from ._home import Home
from ._measure import MB
from ._pictures import HD, Noise, restore
from ._report import Outcome, Table
from ._scale import Scale

_REPEATS: Final = 5
_CREDIT: Final = 8


def run(scale: Scale, random: Random, outcome: Outcome) -> None:
    """See the module."""
    noise = Noise(HD, scale.frames, random.getrandbits(16), different=scale.frames)
    nbytes = sum(frame.nbytes for frame in noise.frames())
    copies = [frame.copy() for frame in noise.frames()]
    with Home(), connect() as client:
        job = restore(client, noise)
        measured = {
            "memcpy": _median(lambda: _copy(noise, copies)),
            "from the store to the client": _median(lambda: _download(client, job)),
            "from the client to the store": _median(lambda: _upload(client, noise, random)),
        }
    rows = [
        (
            name,
            f"{nbytes / seconds / MB:,.0f}",
            f"{scale.frames / seconds:.0f}",
            f"{measured['memcpy'] / seconds:.3f}",
        )
        for name, seconds in measured.items()
    ]
    header = ("way", "MB/s", "frames a second", "of memcpy")
    title = f"{scale.frames} frames of 1920x1080 half RGB at once, medians of {_REPEATS}"
    outcome.tables.append(Table(title, header, rows))


def _median(work: Callable[[], float]) -> float:
    return statistics.median(work() for _ in range(_REPEATS))


def _copy(noise: Noise, targets: Sequence[NDArray[Any]]) -> float:
    begin = time.perf_counter()
    for frame, target in zip(noise.frames(), targets, strict=True):
        np.copyto(target, frame)
    return time.perf_counter() - begin


def _download(client: Client, job: str) -> float:
    """Each frame put together in memory, as the backend does it."""
    attach = m.Attach(id=new_id(), job=job, credit=_CREDIT)
    client.follow(job, attach.id)
    begin = time.perf_counter()
    accepted = client.request(attach, m.Accepted)
    buffer = bytearray()
    while True:
        event, chunk = client.next_event(lambda: False)
        if isinstance(event, m.Done):
            return time.perf_counter() - begin
        if isinstance(event, m.FrameChunk):
            client.send(m.Credit(n=1, job=job))
            buffer += chunk or b""
            if len(buffer) >= accepted.job.layout.nbytes:
                buffer = bytearray()


def _upload(client: Client, noise: Noise, random: Random) -> float:
    """Frames that the daemon has not seen: hashed, sent, hashed there, written and synced."""
    frames = [frame.copy() for frame in noise.frames()]
    for frame in frames:
        frame[0, 0] = random.random()
    uploader = Uploader(client, lambda: False)
    begin = time.perf_counter()
    for frame in frames:
        data = raw_bytes(frame)
        uploader.offer({digest_of(data): data})
    return time.perf_counter() - begin
