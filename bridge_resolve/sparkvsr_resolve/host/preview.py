"""One frame of the clip at hand as it would be restored."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sparkvsr_link import BridgeError
from sparkvsr_resolve.core import ClipSettings, ClipSpan, VersionFolder, parse_timecode

from .bench import Bench, Looked
from .cancelling import check_cancelled
from .captured_before import find_before, forget_previews, keep_stamp
from .playhead import read_playhead
from .restore import folder_of, prepare
from .voice import Voice

FOLDER_NAME = "preview"


@dataclass(frozen=True)
class Previewed:
    """A picture of one frame, in the folder of its version.

    Attributes:
        frame: absolute.
        guidance: with which it was made.
    """

    picture: Path
    frame: int
    guidance: float


def frame_at_playhead(bench: Bench, span: ClipSpan) -> int:
    """The absolute frame of a clip that the viewer shows.

    Raises:
        BridgeError: the playhead is elsewhere, as when a clip was chosen by selecting it.
    """
    timecode = read_playhead(bench.desk)
    frame = parse_timecode(timecode, span.rate)
    if not span.holds(frame):
        first, last = map(span.timecode, span.render_marks)
        raise BridgeError(
            f"The playhead is at {timecode}, and the clip goes from {first} to {last}.",
            "Park it on the frame that you want to see.",
        )
    return frame


def preview(
    bench: Bench,
    looked: Looked,
    settings: ClipSettings,
    frame: int,
    voice: Voice,
    recapture: bool = False,
) -> Previewed:
    """Restore one frame; the clip is captured unless it was before.

    Args:
        frame: absolute, of the clip.
        recapture: in any case, as when its grade has changed: Resolve does not tell.

    Raises:
        BridgeError, LinkError: why not; CancelledError among them.
    """
    version, job = _captured(bench, looked, settings, voice, recapture)
    number = job["first"] + looked.clip.span.shot_index(frame)
    voice.say(f"Restoring the frame at {looked.clip.span.timecode(frame)}")
    answer = bench.agent.call_while(
        lambda: check_cancelled(bench.desk), "preview", job=dict(job), frame=number
    )
    picture = _take_over(Path(answer["picture"]), version)
    return Previewed(picture, frame, answer["guidance"])


def _captured(
    bench: Bench, looked: Looked, settings: ClipSettings, voice: Voice, recapture: bool
) -> tuple[VersionFolder, Mapping[str, Any]]:
    folder = folder_of(bench, looked.clip, settings)
    before = None if recapture else find_before(folder, looked, settings)
    if before is not None:
        voice.say(f"Uses the pictures of {before.version.path.name}, captured {before.when}")
        return before.version, before.job
    prepared = prepare(bench, looked, settings)
    for warning in prepared.warnings[len(looked.warnings) :]:
        voice.warn(warning)
    keep_stamp(prepared, for_preview=True)
    forget_previews(folder, prepared.version)
    return prepared.version, prepared.job


def _take_over(source: Path, version: VersionFolder) -> Path:
    """The agent removes its own picture when it ends, and a viewer reads it when it likes."""
    folder = version.path / FOLDER_NAME
    picture = folder / source.name
    try:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(exist_ok=True)  # on Windows an open picture keeps its folder
        shutil.copyfile(source, picture)
    except OSError as error:
        raise BridgeError(
            f"The preview cannot be kept in {folder}: {error.strerror}.", "Make room on that disk."
        ) from error
    return picture
