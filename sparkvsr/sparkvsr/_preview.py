"""One frame of a job, quickly: what a new guidance value or a changed keyframe will look like."""

from __future__ import annotations

import time
from pathlib import Path

import msgspec

from ._color_inputs import color_of
from ._inputs import depth_for, read_keyframes, shot_of, source_of
from .backend import Backend, Cancelled, Notice, Request
from .errors import JobError, OutputError, SettingsError
from .events import Notified, OnEvent, Previewed
from .inprocess import InProcess
from .job import Job
from .media import is_picture, parse_pattern, picture_depth, write_picture


def preview(
    job: Job,
    frame_number: int,
    output: Path,
    backend: Backend | None = None,
    *,
    guidance: float | None = None,
    overwrite: bool = False,
    on_event: OnEvent = lambda event: None,
    cancelled: Cancelled = lambda: False,
) -> Previewed:
    """Restore one frame of a job into a picture; the job's own output is not touched.

    Of the diffusion model only what this frame needs is decoded, with less context than in the
    whole shot: the picture is close to the final frame, not the same to the bit.

    Args:
        frame_number: the host's.
        output: a picture file; its extension says which kind.
        backend: where; this process when None.
        guidance: in place of the job's.
        overwrite: replace an existing picture.

    Raises:
        InputError: job, frame or output are not usable; nothing was started.
        JobError: the work could not be finished.
        CancelledError: `cancelled()` answered True.
    """
    begin = time.monotonic()
    _check_output(job, output, overwrite)
    settings = job.settings
    if guidance is not None:
        settings = msgspec.structs.replace(settings, guidance=guidance)

    def notify(notice: Notice) -> None:
        on_event(Notified(notice.kind, notice.text, notice.data))

    with source_of(job) as source:
        shot = shot_of(source.info, job)
        index = frame_number - shot.first_frame
        if not 0 <= index < shot.frames:
            last = shot.frame_number(shot.frames - 1)
            raise SettingsError(
                f"Frame {frame_number} is outside of the shot.",
                f"The shot has the frames {shot.first_frame} to {last}.",
            )
        width, height = settings.output_size(shot.width, shot.height)
        color = color_of(job, source.info, notify)
        keyframes = read_keyframes(job, shot, width, height, notify)
        bits, is_float = picture_depth(output.suffix, source.info.bits, source.info.is_float)
        request = Request(shot, keyframes, settings, depth_for(bits, is_float), color, index)
        run = (backend or InProcess()).restore
        frames = list(run(request, source, on_notice=notify, cancelled=cancelled))
    if [frame.index for frame in frames] != [index]:
        raise JobError(f"The preview of frame {frame_number} gave {len(frames)} frames.")
    write_picture(output, frames[0].picture)
    done = Previewed(
        output=str(output),
        frame=frame_number,
        guidance=settings.guidance,
        trust=round(frames[0].trust, 4),
        seconds=round(time.monotonic() - begin, 3),
    )
    on_event(done)
    return done


def _check_output(job: Job, output: Path, overwrite: bool) -> None:
    if not is_picture(str(output)):
        raise OutputError(f"{output} is no picture.", "Write a .png, .tif or .exr file.")
    mine = {Path(name).resolve() for name in (job.source, *(k.picture for k in job.keyframes))}
    plate = parse_pattern(job.source)
    if plate:
        mine |= {plate.path(number).resolve() for number in plate.find()}
    if output.resolve() in mine:
        raise OutputError(f"{output} would replace an input.", "Choose another name.")
    if output.exists() and not overwrite:
        raise OutputError(f"{output} exists already.", "Choose another name, or use --overwrite.")
