"""What a job reads before anything runs: the shot's geometry and the keyframes."""

from __future__ import annotations

from pathlib import Path

from .backend import KeyframePicture, Notice, OnNotice
from .depth import as_picture
from .errors import KeyframeError, SettingsError
from .job import Depth, Job, Shot
from .media import MediaInfo, SourceReader, open_source, read_picture
from .resample import resized


def source_of(job: Job) -> SourceReader:
    """Open the source of a job, with the rate and the timecode that the job tells of it.

    Raises:
        SourceError, SettingsError: as `open_source` does.
    """
    return open_source(
        job.source,
        first=job.first,
        last=job.last,
        allow_truncated=job.allow_truncated,
        rate=job.rate,
        timecode=job.timecode,
    )


def shot_of(info: MediaInfo, job: Job) -> Shot:
    """The shot that a job is about.

    Raises:
        SettingsError: a cut is not inside of it.
    """
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


def read_keyframes(
    job: Job, shot: Shot, width: int, height: int, notify: OnNotice
) -> tuple[KeyframePicture, ...]:
    """Read and check the keyframes of a job.

    Args:
        width, height: of the output, in pixels. A keyframe of this size or of the source's comes
            back as it is, any other at the output's.

    Raises:
        KeyframeError: one is outside of the shot, no picture, of another shape, or there twice.
    """
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
        sizes = (key_width, key_height), (width, height), (shot.width, shot.height)
        if sizes[0] not in sizes[1:]:
            if not _same_aspect(key_width, key_height, width, height):
                raise KeyframeError(
                    f"Keyframe {number} ({name}) is {key_width}x{key_height}; the result is "
                    f"{width}x{height}, which has another aspect ratio.",
                    "Crop or pad the keyframe to the frame's aspect ratio.",
                )
            picture = resized(as_picture(picture), width, height)
            text = f"Keyframe {number} is {key_width}x{key_height} and was resized to"
            notify(Notice("note", f"{text} {width}x{height}.", {}))
        elif sizes[0] != sizes[1]:
            text = f"Keyframe {number} has the size of the source: its look is carried, no detail."
            notify(Notice("note", text, {}))
        pictures.append(KeyframePicture(number - shot.first_frame, picture))
    return tuple(pictures)


def _same_aspect(width: int, height: int, like_width: int, like_height: int) -> bool:
    """Equal but for the rounding of one pixel on either side."""
    return (
        abs(width - like_width * height / like_height) <= 1
        or abs(height - like_height * width / like_width) <= 1
    )


def depth_for(bits: int, is_float: bool) -> Depth:
    """The smallest depth that holds what a file of such a depth holds."""
    if is_float:
        return "half" if bits == 16 else "float"
    return "uint8" if bits == 8 else "half" if bits == 10 else "float"
