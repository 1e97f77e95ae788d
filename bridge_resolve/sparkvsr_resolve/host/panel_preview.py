"""A preview of the frame at the playhead, from pictures that were captured for previews."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Optional

from sparkvsr_resolve.core import (
    BridgeError,
    ClipSettings,
    job_settings,
    parse_timecode,
    remove_version,
)

from .bench import Bench, Looked
from .clip import Clip
from .restore import Prepared, prepare


def playhead_index(bench: Bench, clip: Clip) -> int:
    """The 0-based frame of the shot at the playhead.

    Raises:
        BridgeError: the playhead is not on the clip.
    """
    desk, span = bench.desk, clip.span
    timeline = desk.timeline
    if desk.asked("the unique id of the timeline", timeline.GetUniqueId) != clip.timeline:
        raise BridgeError(
            f"The timeline of `{clip.name}` is not the one that is shown.",
            "Open it, or look again.",
        )
    timecode: Optional[str] = timeline.GetCurrentTimecode()
    if not timecode:
        raise BridgeError(
            "Resolve shows no playhead on this page.", "Go to the Edit or the Color page."
        )
    frame = parse_timecode(timecode, span.rate)
    if not span.holds(frame):
        raise BridgeError(
            f"The playhead, at {timecode}, is not on `{clip.name}`.",
            "Park it on the clip, or look again.",
        )
    return span.shot_index(frame)


def preview_job(prepared: Prepared, settings: ClipSettings) -> dict[str, Any]:
    """The job of a preview with the settings of now; its picture is one that every viewer knows."""
    return {
        **prepared.job,
        "output": prepared.version.movie.as_posix(),
        "codec": "prores4444",
        "settings": job_settings(settings),
    }


@dataclass
class PreviewPictures:
    """What was captured for previews: used again while clip, plan and base stay the same.

    Resolve does not tell a grade, so a grade that was changed since is not seen: `drop` then.
    """

    _prepared: Optional[Prepared] = None

    @property
    def prepared(self) -> Optional[Prepared]:
        return self._prepared

    def get(self, bench: Bench, looked: Looked, settings: ClipSettings) -> Prepared:
        """The pictures of a clip, captured if there are none that fit.

        Raises:
            BridgeError: they cannot be captured; CancelledError among them.
        """
        found = self._prepared
        if found is None or _made_from(found.looked, found.settings) != _made_from(
            looked, settings
        ):
            found = prepare(bench, looked, settings)
            self.drop()  # not before: the base may be used again
            self._prepared = found
        return found

    def drop(self) -> None:
        """Remove them from the disk."""
        if self._prepared is not None:
            remove_version(self._prepared.version)
            self._prepared = None


def _made_from(looked: Looked, settings: ClipSettings) -> Mapping[str, Any]:
    """All that decides what is captured."""
    return {
        "clip": looked.clip,
        "frames": looked.plan.frames,
        "base": settings.base,
        "deliver": settings.deliver,
    }
