"""Shots of noise straight from memory, and the jobs made of them, for clients that play a part."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from sparkvsr.backend import Request
from sparkvsr.job import Settings, Shot
from sparkvsr_daemon._client import Client
from sparkvsr_daemon.client import DaemonBackend

HD = (1920, 1080)
UHD = (3840, 2160)


@dataclass
class Noise:
    """Half-float frames, finite and from 0 to 1; a few different ones, again and again."""

    size: tuple[int, int]
    count: int
    seed: int
    different: int = 3

    def __post_init__(self) -> None:
        random = np.random.default_rng(self.seed)
        width, height = self.size
        shape = (height, width, 3)
        self._some = [
            random.integers(0, 0x3C00, shape, np.uint16).view(np.float16)
            for _ in range(min(self.different, self.count))
        ]

    def frames(self) -> Iterator[NDArray[Any]]:
        """As a source gives them."""
        return (self._some[index % len(self._some)] for index in range(self.count))

    def request(self, engine: Literal["identity", "flow"]) -> Request:
        """To get as many frames of this size back."""
        width, height = self.size
        shot = Shot(width=width, height=height, frames=self.count)
        return Request(shot, (), Settings(engine=engine, upscale=1))


def restore(client: Client, noise: Noise, engine: Literal["identity", "flow"] = "identity") -> str:
    """Run a job to its end, frames thrown away; its id."""
    backend = DaemonBackend(client)
    for _ in backend.restore(
        noise.request(engine), noise, on_notice=lambda notice: None, cancelled=lambda: False
    ):
        pass
    return str(backend.job_id)
