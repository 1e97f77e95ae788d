"""The main job, files in and files out: the command line and a Python caller both come here."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from ._color_inputs import as_shown, color_of, output_like
from ._inputs import depth_for, read_keyframes, shot_of, source_of
from .backend import (
    Backend,
    Cancelled,
    KeyframePicture,
    Notice,
    OnNotice,
    Request,
    Source,
)
from .color import BUILTIN, ColorSpaces
from .depth import Frame
from .errors import NO_ROOM, DiskFullError, OutputError
from .events import Done, Notified, OnEvent, Progress, Started
from .inprocess import InProcess
from .job import Color, Job, Shot
from .media import MediaInfo, OutputWriter, is_movie, open_output
from .report import ReportRecorder


def restore(
    job: Job,
    backend: Backend | None = None,
    *,
    on_event: OnEvent = lambda event: None,
    cancelled: Cancelled = lambda: False,
    report: Path | None = None,
) -> Done:
    """Restore a shot from files to files.

    Args:
        job: what to do.
        backend: where; this process when None.
        on_event: told what happens, in order; the last one is the `Done` that is returned too.
        cancelled: asked between frames.
        report: where to write the report page; none is written when None.

    Raises:
        InputError: source, keyframes, output or settings are not usable; nothing was started.
        JobError: the work could not be finished.
        CancelledError: `cancelled()` answered True.

    In all three cases nothing stands in the output's place that was not there before.
    """
    try:
        return _restore(job, backend or InProcess(), on_event, cancelled, report)
    except OSError as error:
        if error.errno not in NO_ROOM:
            raise
        raise DiskFullError(
            f"The disk is full: {error.filename or tempfile.gettempdir()}.",
            "Make room there, or set TMPDIR to a folder with more, and run the job again.",
        ) from error


def _restore(
    job: Job, backend: Backend, on_event: OnEvent, cancelled: Cancelled, report: Path | None
) -> Done:
    if report and report.exists() and not job.overwrite:
        raise OutputError(f"{report} exists already.", "Choose another name, or use --overwrite.")
    begin = time.monotonic()
    notices: list[Notified] = []

    def notify(notice: Notice) -> None:
        notices.append(Notified(notice.kind, notice.text, notice.data))
        on_event(notices[-1])

    with source_of(job) as source:
        shot = shot_of(source.info, job)
        width, height = job.settings.output_size(shot.width, shot.height)
        noticed: list[Notice] = []  # told once the job has started
        color = color_of(job, source.info, noticed.append)
        with open_output(
            job.output,
            like=output_like(source.info, color, width, height),
            width=width,
            height=height,
            first_frame=shot.first_frame,
            audio_from=job.source if source.info.has_audio and is_movie(job.output) else None,
            extras_from=source,
            codec=job.codec,
            overwrite=job.overwrite,
        ) as output:
            keyframes = read_keyframes(job, shot, width, height, noticed.append)
            on_event(_started(job, source.info, keyframes, width, height))
            for notice in noticed:
                notify(notice)
            _warn_of_losses(job, source.info, output, notify)
            recorder = _Recorder(shot, keyframes, width, color) if report else None
            depth = depth_for(output.bits, output.is_float)
            request = Request(shot, keyframes, job.settings, depth, color)
            trust = 0.0
            started = time.monotonic()
            for frame in backend.restore(
                request, _Watched(source, recorder), on_notice=notify, cancelled=cancelled
            ):
                output.write(frame.picture)
                trust += frame.trust / shot.frames
                if recorder:
                    recorder.add_result(frame.index, frame.picture, frame.trust)
                on_event(_progress(frame.index + 1, shot.frames, time.monotonic() - started))
            output.commit()

    seconds = time.monotonic() - begin
    engine = next(
        ("{engine} {version}".format_map(n.data) for n in notices if n.kind == "started"),
        job.settings.engine,
    )
    done = Done(
        output=job.output,
        frames=shot.frames,
        seconds=round(seconds, 3),
        fps=round(shot.frames / seconds, 3),
        trust=round(trust, 4),
        engine=engine,
        report=str(report) if report else None,
    )
    if recorder and report:
        notes = [n.text for n in notices if n.kind in ("note", "warning")]
        recorder.write(report, _facts(job, source.info, done, width, height, color), notes)
    on_event(done)
    return done


class _Recorder(ReportRecorder):
    """Shows pictures of any colour space as they would look."""

    def __init__(
        self, shot: Shot, keyframes: tuple[KeyframePicture, ...], width: int, color: Color
    ) -> None:
        spaces = ColorSpaces(color.config or BUILTIN)
        names = (color.source, color.keyframes, color.output)
        self._of_source, of_keyframe, self._of_result = (as_shown(name, spaces) for name in names)
        shown = [KeyframePicture(k.index, of_keyframe(k.picture)) for k in keyframes]
        super().__init__(shot, shown, upscale=width / shot.width)

    def add_source(self, index: int, frame: Frame) -> None:
        super().add_source(index, self._of_source(frame))

    def add_result(self, index: int, frame: Frame, trust: float) -> None:
        super().add_result(index, self._of_result(frame), trust)


class _Watched:
    """The source, with every frame shown to the report once; a backend may read it again."""

    def __init__(self, source: Source, recorder: ReportRecorder | None) -> None:
        self._source = source
        self._recorder = recorder
        self._shown = 0

    def frames(self) -> Iterator[Frame]:
        for index, frame in enumerate(self._source.frames()):
            if self._recorder and index == self._shown:
                self._recorder.add_source(index, frame)
                self._shown += 1
            yield frame


def _warn_of_losses(job: Job, info: MediaInfo, output: OutputWriter, notify: OnNotice) -> None:
    for note in info.notes:
        notify(Notice("warning", note, {}))
    if output.dropped_channels:
        names = ", ".join(output.dropped_channels)
        notify(Notice("warning", f"{job.output} cannot hold {names} of {job.source}.", {}))
    if info.has_audio and not is_movie(job.output):
        notify(Notice("warning", f"The sound of {job.source} is not in {job.output}.", {}))


def _started(
    job: Job, info: MediaInfo, keyframes: tuple[KeyframePicture, ...], width: int, height: int
) -> Started:
    return Started(
        source=job.source,
        output=job.output,
        frames=info.frames,
        first_frame=info.first_frame,
        size=(info.width, info.height),
        output_size=(width, height),
        rate=str(info.rate),
        timecode=str(info.timecode) if info.timecode else None,
        keyframes=tuple(info.first_frame + keyframe.index for keyframe in keyframes),
    )


def _progress(frames: int, of: int, seconds: float) -> Progress:
    fps = frames / seconds if seconds > 0 else 0.0
    return Progress(frames, of, round(fps, 3), round((of - frames) / fps, 1) if fps else 0.0)


def _facts(
    job: Job, info: MediaInfo, done: Done, width: int, height: int, color: Color
) -> dict[str, str]:
    """What the report's table says."""
    last = info.first_frame + info.frames - 1
    settings = job.settings
    return {
        "Source": job.source,
        "Output": job.output,
        "Frames": f"{info.first_frame}–{last} ({info.frames})",
        "Size": f"{info.width}×{info.height} → {width}×{height}",
        "Rate": f"{float(info.rate):.6g} frames a second",
        "Timecode": f"from {info.timecode}" if info.timecode else "none",
        "Engine": done.engine,
        "Guidance": f"{settings.guidance:g}",
        "Colour": " → ".join(dict.fromkeys((color.source, color.output))),
        "Keyframes": ", ".join(str(k.frame) for k in job.keyframes) or "none",
        "Cuts": ", ".join(map(str, job.cuts)) or "none",
        "Mean trust": f"{done.trust:.2f}",
        "Time": f"{done.seconds:.1f} s, {done.fps:.1f} frames a second",
    }
