"""Restores a shot through the daemon, with the same interface as in-process."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace

from sparkvsr.backend import Cancelled, Notice, OnNotice, Request, RestoredFrame, Source
from sparkvsr.engines import resolve_engine
from sparkvsr.errors import JobError, SourceError, UnreachableError

from . import _messages as m
from ._client import Client
from ._config import upload_config
from ._following import Following
from ._line import Line
from ._shipment import Shipment
from ._upload import batches, digest_of, layout_of, raw_bytes
from .errors import ConnectionFileError, IncompatibleError
from .manifest import KeyframeBlob, make_manifest


class DaemonBackend:
    """Implements `sparkvsr.backend.Backend`. The job goes on in the daemon when this process dies.

    Args:
        client: the caller's; closed early only if its daemon is lost.
        reconnect: gives another client then, starting a daemon if need be; None: a daemon that is
            lost is an error.

    Attributes:
        job_id: of the last job, once all that it depends on was sent.
    """

    def __init__(self, client: Client, reconnect: Callable[[], Client] | None = None) -> None:
        self.job_id: str | None = None
        self._client = client
        self._reconnect = reconnect

    def restore(
        self, request: Request, source: Source, *, on_notice: OnNotice, cancelled: Cancelled
    ) -> Iterator[RestoredFrame]:
        """Send what the daemon does not hold, submit, and yield the frames as they are finished.

        The same job twice is the same job: what was restored before is not computed again.
        A cancel ends it for every client that follows it. When the daemon is lost, the job goes on
        in the next one, with the frame that is missing; notices say so.

        Raises:
            SourceError: the source does not give the frames that the shot promises.
            EngineError, JobError: the work could not be finished.
            CancelledError: `cancelled()` answered True, or somebody else cancelled the job.
            UnreachableError: nobody answers; nothing was started.
        """
        with closing(Line(self._client, self._reconnect, on_notice, cancelled)) as line:
            shipment = Shipment(line, request.shot, source, cancelled)
            self.job_id = job = self._send_job(request, source, on_notice, cancelled, shipment)
            following = Following(job, line, shipment.send_again, on_notice, cancelled)
            first = request.preview or 0
            try:
                for frame in following.frames():
                    yield replace(frame, index=first + frame.index)
            except (IncompatibleError, ConnectionFileError):
                raise
            except UnreachableError as error:
                what = f"The daemon was lost while job {job[: m.SHORT_ID]} ran: {error.message}"
                if line.client.stopped:
                    what = f"The daemon was stopped while job {job[: m.SHORT_ID]} ran."
                raise JobError(
                    what, "Run it again: what is finished is kept, and the job goes on from there."
                ) from error

    def _send_job(
        self,
        request: Request,
        source: Source,
        on_notice: OnNotice,
        cancelled: Cancelled,
        uploader: Shipment,
    ) -> str:
        engine = resolve_engine(request.settings.engine, cancelled)
        if engine.why:
            on_notice(Notice("note", engine.why, {"engine": engine.name}))
        shot, digests, layouts = request.shot, uploader.frames, set[m.Layout]()

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
            uploader.offer_frames(batch)
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
