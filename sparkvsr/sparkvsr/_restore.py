"""The main job, files in and files out: the command line and a Python caller both come here."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np

from .backend import (
    Backend,
    Cancelled,
    KeyframePicture,
    Notice,
    OnNotice,
    Request,
    Source,
)
from .depth import Frame, as_picture
from .errors import NO_ROOM, DiskFullError, KeyframeError, OutputError, SettingsError
from .events import Done, Notified, OnEvent, Progress, Started
from .inprocess import InProcess
from .job import Depth, Job, Shot
from .media import MediaInfo, OutputWriter, is_movie, open_output, open_source, read_picture
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

    with open_source(
        job.source, first=job.first, last=job.last, allow_truncated=job.allow_truncated
    ) as source:
        shot = _shot(source.info, job)
        upscale = job.settings.upscale
        width, height = shot.width * upscale, shot.height * upscale
        with open_output(
            job.output,
            like=source.info,
            width=width,
            height=height,
            first_frame=shot.first_frame,
            audio_from=job.source if source.info.has_audio and is_movie(job.output) else None,
            overwrite=job.overwrite,
        ) as output:
            keyframes = _keyframes(job, shot, width, height, notify)
            on_event(_started(job, shot, keyframes, width, height))
            _warn_of_losses(job, source.info, notify)
            recorder = ReportRecorder(shot, keyframes, upscale=upscale) if report else None
            request = Request(shot, keyframes, job.settings, _depth(output))
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
        recorder.write(report, _facts(job, shot, done, width, height), notes)
    on_event(done)
    return done


class _Watched:
    """The source, with every frame shown to the report as it passes."""

    def __init__(self, source: Source, recorder: ReportRecorder | None) -> None:
        self._source = source
        self._recorder = recorder

    def frames(self) -> Iterator[Frame]:
        for index, frame in enumerate(self._source.frames()):
            if self._recorder:
                self._recorder.add_source(index, frame)
            yield frame


def _depth(output: OutputWriter) -> Depth:
    """The smallest depth that holds what the output holds."""
    if output.is_float:
        return "half" if output.bits == 16 else "float"
    return "uint8" if output.bits == 8 else "half" if output.bits == 10 else "float"


def _warn_of_losses(job: Job, info: MediaInfo, notify: OnNotice) -> None:
    if info.dropped_channels:
        names = ", ".join(info.dropped_channels)
        notify(Notice("warning", f"Of {job.source} only R, G, B are carried; not {names}.", {}))
    if info.has_audio and not is_movie(job.output):
        notify(Notice("warning", f"The sound of {job.source} is not in {job.output}.", {}))


def _shot(info: MediaInfo, job: Job) -> Shot:
    cuts = []
    for number in sorted(set(job.cuts)):
        if not info.first_frame < number < info.first_frame + info.frames:
            raise SettingsError(
                f"The cut at frame {number} is not inside {info.name}, frames {info.first_frame} "
                f"to {info.first_frame + info.frames - 1}.",
                "A cut is the number of the first frame of a new scene.",
            )
        cuts.append(number - info.first_frame)
    return Shot(
        width=info.width,
        height=info.height,
        frames=info.frames,
        first_frame=info.first_frame,
        rate=info.rate.as_integer_ratio(),
        pixel_aspect=info.pixel_aspect.as_integer_ratio(),
        cuts=tuple(cuts),
    )


def _keyframes(
    job: Job, shot: Shot, width: int, height: int, notify: OnNotice
) -> tuple[KeyframePicture, ...]:
    """Read and check the keyframes; each comes back at output size."""
    last = shot.frame_number(shot.frames - 1)
    seen: dict[int, str] = {}
    pictures = []
    for keyframe in job.keyframes:
        number, name = keyframe.frame, keyframe.picture
        if not shot.first_frame <= number <= last:
            raise KeyframeError(
                f"Keyframe {number} ({name}) is outside of the shot, frames {shot.first_frame} "
                f"to {last}.",
                "Check the frame number, or the range given by --first and --last.",
            )
        if number in seen:
            raise KeyframeError(
                f"Frame {number} has two keyframes: {seen[number]} and {name}.",
                "Keep one of them.",
            )
        seen[number] = name
        picture = read_picture(Path(name))
        key_height, key_width = picture.shape[:2]
        if not _same_aspect(key_width, key_height, width, height):
            raise KeyframeError(
                f"Keyframe {number} ({name}) is {key_width}x{key_height}; the result is "
                f"{width}x{height}, which has another aspect ratio.",
                "Crop or pad the keyframe to the frame's aspect ratio.",
            )
        if (key_width, key_height) != (width, height):
            notify(
                Notice(
                    "note",
                    f"Keyframe {number} is {key_width}x{key_height} and was resized to "
                    f"{width}x{height}.",
                    {},
                )
            )
            smaller = key_width > width
            interpolation = cv2.INTER_AREA if smaller else cv2.INTER_CUBIC
            resized = cv2.resize(as_picture(picture), (width, height), interpolation=interpolation)
            picture = np.asarray(resized, np.float32)
        pictures.append(KeyframePicture(number - shot.first_frame, picture))
    return tuple(pictures)


def _same_aspect(width: int, height: int, like_width: int, like_height: int) -> bool:
    """Equal but for the rounding of one pixel on either side."""
    return (
        abs(width - like_width * height / like_height) <= 1
        or abs(height - like_height * width / like_width) <= 1
    )


def _started(
    job: Job, shot: Shot, keyframes: tuple[KeyframePicture, ...], width: int, height: int
) -> Started:
    return Started(
        source=job.source,
        output=job.output,
        frames=shot.frames,
        first_frame=shot.first_frame,
        size=(shot.width, shot.height),
        output_size=(width, height),
        rate=str(Fraction(*shot.rate)),
        keyframes=tuple(shot.frame_number(keyframe.index) for keyframe in keyframes),
    )


def _progress(frames: int, of: int, seconds: float) -> Progress:
    fps = frames / seconds if seconds > 0 else 0.0
    return Progress(frames, of, round(fps, 3), round((of - frames) / fps, 1) if fps else 0.0)


def _facts(job: Job, shot: Shot, done: Done, width: int, height: int) -> dict[str, str]:
    """What the report's table says."""
    last = shot.frame_number(shot.frames - 1)
    settings = job.settings
    return {
        "Source": job.source,
        "Output": job.output,
        "Frames": f"{shot.first_frame}–{last} ({shot.frames})",
        "Size": f"{shot.width}×{shot.height} → {width}×{height}",
        "Rate": f"{float(shot.fps):.6g} frames a second",
        "Engine": done.engine,
        "Guidance": f"{settings.guidance:g}",
        "Keyframes": ", ".join(str(k.frame) for k in job.keyframes) or "none",
        "Cuts": ", ".join(map(str, job.cuts)) or "none",
        "Mean trust": f"{done.trust:.2f}",
        "Time": f"{done.seconds:.1f} s, {done.fps:.1f} frames a second",
    }
