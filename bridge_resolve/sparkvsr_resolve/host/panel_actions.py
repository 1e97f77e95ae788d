"""What the buttons of the panel do; each in the thread of the API, outside of handlers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Optional

from sparkvsr_resolve.core import (
    BridgeError,
    ClipSettings,
    ScriptLock,
    find_problems,
    left_out_lines,
    plan_rows,
)

from .bench import Bench, Looked, look
from .cancelling import check_cancelled
from .cleanup import Leftovers, find_leftovers, remove_leftovers
from .marks import read_plan
from .panel_follow import Wishes, follow
from .panel_preview import PreviewPictures, playhead_index, preview_job
from .panel_window import PanelWindow
from .ready import check_ready
from .restore import REPORT_NAME, Prepared, prepare
from .resume import ask_agent, find_under_way, latest_version
from .under_way import UnderWay, begin
from .viewer import open_file
from .waiting import wait_for


class Actions:
    """What the panel knows of the clip at hand, and what can be done with it.

    Args:
        bench: its desk's clock serves the window.
    """

    def __init__(self, bench: Bench, window: PanelWindow, wishes: Wishes) -> None:
        self._bench, self._window, self._wishes = bench, window, wishes
        cancelled = bench.desk.cancelled
        desk = replace(bench.desk, cancelled=lambda: cancelled() or wishes.close)
        self._hurried = replace(bench, desk=desk)  # what a closed window ends
        self._settings = window.settings()
        self._looked: Optional[Looked] = None
        self._left: Optional[Leftovers] = None
        self._pictures = PreviewPictures()
        self._preview: Optional[tuple[int, Path]] = None  # frame of the shot, and its picture
        self._report: Optional[Path] = None

    @property
    def has_clip(self) -> bool:
        return self._looked is not None

    @property
    def has_report(self) -> bool:
        return self._report is not None and self._report.is_file()

    @property
    def has_picture(self) -> bool:
        return self._preview is not None

    def look(self) -> None:
        """Find the clip at hand, and take its restoration up if one is under way."""
        self._forget_clip()
        self._window.say("Looking at Resolve")
        self._find_leftovers()
        looked = look(self._bench, self._settle())
        self._show(looked)
        version = latest_version(self._bench, looked)
        self._report = version.path / REPORT_NAME if version else None
        self._window.say("Ready")
        under_way = find_under_way(looked, version)
        if under_way is not None:
            self._window.say("Taking up the restoration that was begun")
            found = self._wait(lambda: ask_agent(self._bench.agent, under_way))
            self._follow(under_way, found.answer)

    def restore(self) -> None:
        """Restore the clip that is shown."""
        shown = self._looked
        settings = self._settle()
        looked = self._look_closer()
        if shown is None or looked.plan.frames != shown.plan.frames:
            self._window.say("The markers were changed: see the table, then press Restore again.")
            return
        prepared = prepare(self._hurried, looked, settings)
        self._forget_preview()  # not before: its base may be used again
        self._warn(prepared.warnings)
        self._follow(begin(self._bench, prepared))

    def preview(self) -> None:
        """Preview the frame at the playhead, with the settings of now."""
        settings = self._settle()
        looked = self._look_closer()
        index = playhead_index(self._bench, looked.clip)
        prepared = self._pictures.get(self._hurried, looked, settings)
        self._show_preview(prepared, index)

    def change_settings(self) -> None:
        """Keep what was changed; a preview that is shown follows the guidance."""
        before = self._settings
        now = self._settle()
        prepared = self._pictures.prepared
        if now.guidance != before.guidance and prepared is not None and self._preview is not None:
            self._show_preview(prepared, self._preview[0])

    def clean_up(self) -> None:
        """Remove what a run that ended too early has left, then look again."""
        bench = self._bench
        self._window.say("Cleaning up")
        with ScriptLock.take(bench.folder) as lock:
            left = find_leftovers(bench.desk, lock)
            problems = remove_leftovers(bench.desk, lock, bench.able, left)
        if problems:
            raise BridgeError(
                f"Not everything could be cleaned up: {'; '.join(problems)}.",
                "Look at Resolve, then clean up again.",
            )
        self.look()

    def open_report(self) -> None:
        if self._report is not None:
            open_file(self._report)

    def open_picture(self) -> None:
        if self._preview is not None:
            open_file(self._preview[1])

    def end(self) -> None:
        """Leave nothing behind but a restoration that is under way."""
        self._pictures.drop()
        link = self._bench.agent.process
        if link is not None:
            link.detach()

    def _look_closer(self) -> Looked:
        """The clip that is shown, with its markers of now; not the one that is selected by now."""
        shown = self._looked
        if shown is None:
            raise BridgeError("There is no clip to work on.", "Look again.")
        bench, settings, clip = self._bench, self._settings, shown.clip
        check_ready(bench.desk, bench.able, bench.folder)
        chosen = settings.marker_filter, settings.painted_only
        looked = Looked(clip, read_plan(bench.desk, bench.able, clip, *chosen))
        self._show(looked)
        return looked

    def _settle(self) -> ClipSettings:
        """Keep the settings if they were changed; gives them."""
        before, now = self._settings, self._window.settings()
        if now != before:
            self._bench.keep(now)
            self._settings = now
            if self._looked is not None:
                self._look_closer()
        return now

    def _follow(self, under_way: UnderWay, answer: Optional[Mapping[str, Any]] = None) -> None:
        self._report = under_way.report
        returned = follow(self._bench, self._window, self._wishes, under_way, answer)
        self._warn(returned.warnings)
        name, track = under_way.prepared.looked.clip.name, returned.place.track
        self._window.say(f"The result of `{name}` is on video track {track}.")

    def _show_preview(self, prepared: Prepared, index: int) -> None:
        bench, settings = self._bench, self._settings
        span = prepared.looked.clip.span
        timecode = span.timecode(span.record_in + index)
        self._window.say(f"Previewing {timecode}")
        job, frame = preview_job(prepared, settings), prepared.job["first"] + index
        answer = self._wait(lambda: bench.agent.call("preview", None, job=job, frame=frame))
        self._preview = index, Path(answer["picture"])
        self._window.show_picture(self._preview[1])
        self._window.say(f"Preview of {timecode} at guidance {settings.guidance:g}.")

    def _wait(self, work: Callable[[], Any]) -> Any:
        """Wait for an answer of the agent; a person need not."""
        desk = self._hurried.desk
        return wait_for(desk.clock, work, lambda: check_cancelled(desk))

    def _find_leftovers(self) -> None:
        with ScriptLock.take(self._bench.folder) as lock:
            self._left = find_leftovers(self._bench.desk, lock)
        self._window.offer_clean_up(self._left.any)
        self._warn(())

    def _show(self, looked: Looked) -> None:
        self._looked = looked
        clip, span = looked.clip, looked.clip.span
        timecode = span.timecode(span.record_in)
        self._window.show_clip(
            f"{clip.name}: {span.frames} frames from {timecode}, video track {clip.track}"
        )
        self._window.show_plan(plan_rows(looked.plan))
        self._warn(())

    def _warn(self, more: tuple[str, ...]) -> None:
        """Show all that a person should know of what is left, the clip, its settings, and more."""
        lines: list[str] = []
        if self._left is not None and self._left.any:
            left = "; ".join(self._left.describe())
            lines.append(f"A run that ended too early has left something: {left}.")
        if self._looked is not None:
            lines += self._looked.warnings
            lines += left_out_lines(self._looked.plan)
            lines += find_problems(self._settings, self._looked.clip.verdict)
        self._window.show_warnings([*lines, *(line for line in more if line not in lines)])

    def _forget_clip(self) -> None:
        self._looked = self._report = None
        self._forget_preview()
        self._window.show_clip("No clip")
        self._window.show_plan(())
        self._warn(())

    def _forget_preview(self) -> None:
        self._preview = None
        self._pictures.drop()
        self._window.hide_picture()
