"""Restores a shot through the daemon, with the same interface as in-process."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from sparkvsr.backend import Cancelled, Notice, OnNotice, Request, RestoredFrame, Source
from sparkvsr.engines import resolve_engine
from sparkvsr.errors import CancelledError, JobError, SourceError, UnreachableError

from . import _messages as m
from ._client import Client
from ._config import upload_config
from ._upload import Uploader, batches, digest_of, layout_of, raw_bytes
from .errors import OrderError, from_wire
from .manifest import KeyframeBlob, make_manifest
from .protocol import new_id

RESULT_CREDIT: Final = 8


class DaemonBackend:
    """Implements `sparkvsr.backend.Backend`. The job goes on in the daemon when this process dies.

    Attributes:
        job_id: of the last job, once the daemon has accepted it.
    """

    def __init__(self, client: Client) -> None:
        self.job_id: str | None = None
        self._client = client

    def restore(
        self, request: Request, source: Source, *, on_notice: OnNotice, cancelled: Cancelled
    ) -> Iterator[RestoredFrame]:
        """Send what the daemon does not hold, submit, and yield the frames as they are finished.

        The same job twice is the same job: what was restored before is not computed again.
        A cancel ends it for every client that follows it.

        Raises:
            SourceError: the source does not give the frames that the shot promises.
            EngineError, JobError: the work could not be finished.
            CancelledError: `cancelled()` answered True, or somebody else cancelled the job.
            UnreachableError: nobody answers; nothing was started.
        """
        job = self._send_job(request, source, on_notice, cancelled)
        submit = m.Submit(id=new_id(), manifest=job, credit=RESULT_CREDIT)
        self._client.follow(job, submit.id)
        accepted = self._client.request(submit, m.Accepted)
        self.job_id = job
        for text in _situation(accepted):
            on_notice(Notice("note", text, {"job": job}))
        try:
            first = request.preview or 0
            for frame in self._frames(job, accepted.job, on_notice, cancelled):
                yield replace(frame, index=first + frame.index)
        except UnreachableError as error:
            raise JobError(
                f"The daemon was lost while job {job[:12]} ran: {error.message}",
                "Run it again: the frames already sent are kept, the restoration begins anew.",
            ) from error

    def _send_job(
        self, request: Request, source: Source, on_notice: OnNotice, cancelled: Cancelled
    ) -> str:
        engine = resolve_engine(request.settings.engine)
        if engine.why:
            on_notice(Notice("note", engine.why, {"engine": engine.name}))
        uploader = Uploader(self._client, cancelled)
        shot, digests, layouts = request.shot, list[str](), set[m.Layout]()

        def frames() -> Iterator[tuple[str, memoryview]]:
            for index, frame in enumerate(source.frames()):
                layouts.add(layout_of(frame, f"Frame {shot.frame_number(index)}"))
                if len(layouts) > 1:
                    raise SourceError(
                        f"Frame {shot.frame_number(index)} differs from the first in size or type.",
                        "All frames of a shot must agree.",
                    )
                data = raw_bytes(frame)
                digests.append(digest_of(data))
                yield digests[-1], data

        for batch in batches(frames()):
            uploader.offer(batch)
            data = {"frames": len(digests), "of": shot.frames, "bytes": uploader.bytes_sent}
            text = f"{len(digests)} of {shot.frames} frames are in the daemon's store."
            on_notice(Notice("upload", text, data))
        if len(digests) != shot.frames:
            raise SourceError(
                f"The source gave {len(digests)} frames; the shot has {shot.frames}.",
                "Check the range.",
            )
        keyframes = []
        for keyframe in request.keyframes:
            layout = layout_of(
                keyframe.picture, f"The keyframe of frame {shot.frame_number(keyframe.index)}"
            )
            data_of_keyframe = raw_bytes(keyframe.picture)
            digest = digest_of(data_of_keyframe)
            uploader.offer({digest: data_of_keyframe})
            keyframes.append(KeyframeBlob(keyframe.index, digest, layout))
        job, manifest = make_manifest(
            shot=shot,
            settings=request.settings,
            engine=engine.name,
            engine_version=engine.version,
            depth=request.depth,
            layout=layouts.pop(),
            frames=digests,
            keyframes=keyframes,
            color=upload_config(request.color, uploader),
            preview=request.preview,
        )
        uploader.offer({job: manifest})
        return job

    def _frames(
        self, job: str, info: m.JobInfo, on_notice: OnNotice, cancelled: Cancelled
    ) -> Iterator[RestoredFrame]:
        """The job's frames, counted from the first that it gives."""
        assembly = _Assembly(info.layout)
        while True:
            event, chunk = self._next(job, cancelled)
            match event:
                case m.FrameChunk():
                    self._client.send(m.Credit(n=1, job=job))
                    picture = assembly.take(event, chunk or b"")
                    if picture is not None:
                        yield RestoredFrame(event.index, picture, event.trust)
                case m.NoticeEvent():
                    on_notice(Notice(event.kind, event.text, {"job": job} | event.data))
                case m.Done():
                    if assembly.finished != info.frames:
                        raise OrderError("The daemon ended the job before its last frame.")
                    return
                case m.Failed():
                    raise from_wire(event.code, event.message, event.hint)
                case m.CancelledEvent():
                    raise CancelledError(f"Job {job[:12]} was cancelled.")

    def _next(self, job: str, cancelled: Callable[[], bool]) -> tuple[m.AnyMessage, bytes | None]:
        try:
            return self._client.next_event(cancelled)
        except CancelledError:
            self._client.cancel(job)
            raise


class _Assembly:
    """Puts the pieces of frames together, one frame at a time, in order."""

    def __init__(self, layout: m.Layout) -> None:
        self.finished = 0
        self._layout = layout
        self._buffer = bytearray()

    def take(self, piece: m.FrameChunk, chunk: bytes) -> NDArray[Any] | None:
        """Add a piece; the picture (H W 3) when it is complete by that."""
        expected = (self.finished, len(self._buffer), self._layout)
        if (piece.index, piece.offset, piece.layout) != expected:
            raise OrderError(f"Frame {piece.index} came where {self.finished} was expected.")
        self._buffer += chunk
        if len(self._buffer) < self._layout.nbytes:
            return None
        if len(self._buffer) > self._layout.nbytes:
            raise OrderError(f"Frame {piece.index} has more bytes than it should.")
        picture = np.frombuffer(self._buffer, self._layout.dtype).reshape(self._layout.shape)
        self.finished += 1
        self._buffer = bytearray()
        return picture


def _situation(accepted: m.Accepted) -> Iterator[str]:
    short = accepted.job.id[:12]
    if accepted.job.state == "done":
        yield f"Job {short} was finished before; its frames come from the daemon's store."
    elif accepted.ahead:
        yield f"Job {short} waits for {accepted.ahead} other job{'s' * (accepted.ahead > 1)}."
