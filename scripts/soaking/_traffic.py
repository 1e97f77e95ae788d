"""What a client really says in a session, recorded part by part."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np

from hostile import Parts
from sparkvsr.backend import KeyframePicture, Request
from sparkvsr.job import Settings, Shot
from sparkvsr_daemon import _messages as m
from sparkvsr_daemon._channel import Channel
from sparkvsr_daemon.client import DaemonBackend, connect
from sparkvsr_daemon.protocol import encode

_FRAMES, _WIDTH, _HEIGHT = 4, 40, 30


class _Pictures:
    """Frames of noise."""

    def __init__(self) -> None:
        random = np.random.default_rng(0)
        self.all = random.integers(0, 255, (_FRAMES, _HEIGHT, _WIDTH, 3), np.uint8)

    def frames(self) -> Any:
        return iter(self.all)


def record() -> tuple[list[Parts], bytes]:
    """Run a small job, ask about everything, and cancel it: what was sent, and the manifest."""
    spoken: list[Parts] = []
    send = Channel.send

    def and_note(self: Channel, message: m.Message, chunk: Any = None) -> None:
        spoken.append([bytes(part) for part in encode(message, chunk)])
        send(self, message, chunk)

    Channel.send = and_note  # type: ignore[method-assign]
    try:
        with connect() as client:
            backend = DaemonBackend(client)
            source = _Pictures()
            request = Request(
                Shot(width=_WIDTH, height=_HEIGHT, frames=_FRAMES),
                (KeyframePicture(0, source.all[0]),),
                Settings(engine="identity", upscale=1),
            )
            for _ in backend.restore(
                request, source, on_notice=lambda notice: None, cancelled=lambda: False
            ):
                pass
            job = str(backend.job_id)
            client.jobs()
            client.status()
            client.cancel(job)
    finally:
        Channel.send = send  # type: ignore[method-assign]
    manifest = next(p[2] for p in spoken if p[2:] and hashlib.sha256(p[2]).hexdigest() == job)
    return spoken, manifest
