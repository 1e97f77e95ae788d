"""The backend that needs no daemon: the executor in this process, over a spool of the source."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import replace
from typing import Self

import msgspec
import numpy as np

from . import executor
from ._look import digest_of
from .backend import Cancelled, Notice, OnNotice, Request, RestoredFrame, Source
from .cancel import stop_if
from .depth import Frame
from .engines import resolve_engine
from .errors import SourceError


class InProcess:
    """Restores in this process; implements `Backend`."""

    def restore(
        self, request: Request, source: Source, *, on_notice: OnNotice, cancelled: Cancelled
    ) -> Iterator[RestoredFrame]:
        """See `Backend.restore`."""
        engine = resolve_engine(request.settings.engine, cancelled)
        if engine.why:
            on_notice(Notice("note", engine.why, {"engine": engine.name}))
        settings = msgspec.structs.replace(request.settings, engine=engine.name)
        request = replace(request, settings=settings)
        with _Spool(source, request, cancelled) as spool:
            yield from executor.run(request, spool, on_notice=on_notice, cancelled=cancelled)


class _Spool:
    """Gives any source frame again, while each is decoded once: what was read waits in a file.

    A movie is only safe to read forward, and windows ask for frames ahead (the next keyframe's) and
    behind (their overlap). The file has no name, so that not even a crash leaves it behind.
    """

    def __init__(self, source: Source, request: Request, cancelled: Cancelled) -> None:
        self._frames = source.frames()
        self._shot = request.shot
        self._cancelled = cancelled
        self._digests: list[str] = []
        self._file = tempfile.TemporaryFile(prefix="sparkvsr-source-")  # noqa: SIM115
        self._like: Frame | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._file.close()

    def at(self, index: int) -> Frame:
        """The frame of an index; reads ahead as far as needed.

        Raises:
            SourceError: the source ended before it.
            CancelledError: while frames before it were read.
        """
        self._read_up_to(index)
        assert self._like is not None  # noqa: S101 - at least one frame was read above
        self._file.seek(index * self._like.nbytes)
        data = self._file.read(self._like.nbytes)
        return np.frombuffer(data, self._like.dtype).reshape(self._like.shape)

    def digest(self, index: int) -> str:
        """A name of the frame's pixels; raises as `at` does."""
        self._read_up_to(index)
        return self._digests[index]

    def _read_up_to(self, index: int) -> None:
        while len(self._digests) <= index:
            stop_if(self._cancelled)
            frame = next(self._frames, None)
            if frame is None:
                raise SourceError(
                    f"The source ended before frame {self._shot.frame_number(len(self._digests))}.",
                    "Use --allow-truncated to restore what decodes.",
                )
            self._like = frame
            self._file.seek(len(self._digests) * frame.nbytes)
            self._file.write(np.ascontiguousarray(frame).data)
            self._digests.append(digest_of(frame))
