"""What a person may ask for without a panel: from a menu or from a terminal.

Each says what it does and how it ended through the run's voice, and raises what went wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Optional

from sparkvsr_link import BridgeError
from sparkvsr_resolve.core import ClipSettings, ScriptLock, find_problems, print_plan

from .background import follow
from .bench import Bench, Looked, look
from .bring_back import Returned
from .captured_before import forget_previews, keep_stamp
from .cleanup import find_leftovers, remove_leftovers
from .doctor import examine
from .latest import cancel_job, keep_latest
from .preview import frame_at_playhead
from .preview import preview as preview_frame
from .ready import check_ready
from .restore import Prepared, folder_of, prepare
from .resume import Found, ask_agent, find_under_way, latest_version
from .under_way import UnderWay, begin, finish
from .viewer import open_picture
from .voice import Voice


@dataclass
class Run:
    """One action of a person.

    Attributes:
        changed: settings in place of those that the project has.
        recapture: no picture that was captured before is used.
        begun: it went beyond looking; what fails from now on is no wrong input.
    """

    bench: Bench
    voice: Voice
    changed: Mapping[str, Any] = field(default_factory=dict)
    recapture: bool = False
    begun: bool = False

    def settings(self) -> ClipSettings:
        return replace(self.bench.settings(), **self.changed)


def restore(run: Run) -> None:
    """Restore the clip at hand and place the result; one that is under way is taken up."""
    bench, voice = run.bench, run.voice
    looked, settings = _begin(run)
    left = _left_under_way(run, looked)
    if left is not None:
        voice.say("Taking up the restoration that an earlier run began")
        _carry_out(run, left.under_way, left.answer)
        return
    prepared = prepare(bench, looked, settings)
    for warning in prepared.warnings[len(looked.warnings) :]:
        voice.warn(warning)
    keep_stamp(prepared)
    forget_previews(folder_of(bench, looked.clip, settings), prepared.version)
    keep_latest(bench.folder, prepared)
    _carry_out(run, begin(bench, prepared))


def _left_under_way(run: Run, looked: Looked) -> Optional[Found]:
    """A restoration of the clip that was begun and not ended, as far as the agent knows of it."""
    bench = run.bench
    try:
        left = find_under_way(looked, latest_version(bench, looked))
        return ask_agent(bench.agent, left) if left else None
    except BridgeError as error:  # nothing to take up: the clip is restored anew
        run.voice.warn(error.message)
        return None


def _carry_out(run: Run, under_way: UnderWay, found: Optional[Mapping[str, Any]] = None) -> None:
    bench, voice, prepared = run.bench, run.voice, under_way.prepared
    voice.say("Restoring; Resolve is yours meanwhile")
    follow(bench, under_way, voice, found)
    voice.say("Placing the result")
    try:
        returned = finish(bench, under_way)
    except BridgeError:
        voice.say(f"The restored clip is kept: {prepared.job['output']}")
        raise
    for warning in returned.warnings:
        voice.warn(warning)
    _tell_placed(voice, prepared, returned)


def preview(run: Run) -> None:
    """Show the frame at the playhead as it would be restored."""
    bench, voice = run.bench, run.voice
    looked, settings = _begin(run)
    frame = frame_at_playhead(bench, looked.clip.span)
    shown = preview_frame(bench, looked, settings, frame, voice, run.recapture)
    timecode = looked.clip.span.timecode(shown.frame)
    text = f"The frame at {timecode}, at guidance {shown.guidance:g}: {shown.picture}"
    if not open_picture(shown.picture):
        voice.warn("No viewer for pictures was found: open the file yourself.")
    voice.tell("done", text, picture=str(shown.picture), timecode=timecode)


def cancel(run: Run) -> None:
    """Cancel the job of the clip at hand, or the latest one."""
    clip = cancel_job(run.bench)
    if clip is None:
        raise BridgeError("No restoration runs that could be cancelled.")
    run.voice.tell("done", f"The restoration of `{clip}` is cancelled.")


def clean_up(run: Run) -> None:
    """Remove what runs that ended too early have left, and put back what the user had."""
    bench, voice = run.bench, run.voice
    with ScriptLock.take(bench.folder) as lock:
        left = find_leftovers(bench.desk, lock)
        if not left.any:
            voice.tell("done", "Nothing is left of earlier runs.")
            return
        for line in left.describe():
            voice.say(f"Cleaning up: {line}")
        run.begun = True
        problems = remove_leftovers(bench.desk, lock, bench.able, left)
    if problems:
        raise BridgeError(f"Not cleaned up: {'; '.join(problems)}.", "Clean up again after that.")
    voice.tell("done", "All of that is cleaned up.")


def plan(run: Run) -> None:
    """Show which frames would be keyframes; changes nothing."""
    looked = _look(run, run.settings())
    run.voice.tell("done", f"{len(looked.plan.keyframes)} keyframes.")


def doctor(run: Run) -> None:
    """Say what is wrong with this Resolve; changes nothing."""
    bench = run.bench
    try:
        settings = run.settings()
    except BridgeError:  # without a project, which the page says, too
        settings = replace(ClipSettings(), **run.changed)
    page = examine(bench.desk, bench.abilities, bench.folder, settings)
    run.voice.tell("done", page)


ACTIONS: Mapping[str, Callable[[Run], None]] = {
    "restore": restore,
    "preview": preview,
    "cancel": cancel,
    "clean-up": clean_up,
    "plan": plan,
    "doctor": doctor,
}


def _begin(run: Run) -> tuple[Looked, ClipSettings]:
    """Look at everything that a person can get wrong; nothing is changed before."""
    bench = run.bench
    check_ready(bench.desk, bench.able, bench.folder)
    _refuse_leftovers(run)
    settings = run.settings()
    looked = _look(run, settings)
    looked.plan.check(looked.clip.name)
    problems = find_problems(settings, looked.clip.verdict)
    if problems:
        raise BridgeError(" ".join(problems), "Change the settings.")
    folder_of(bench, looked.clip, settings)  # there must be one
    run.begun = True
    return looked, settings


def _refuse_leftovers(run: Run) -> None:
    """Nothing is cleaned up without being asked for; a new run would lose what is to be put back.

    Raises:
        BridgeError: a run ended in the midst of its work.
    """
    with ScriptLock.take(run.bench.folder) as lock:
        left = find_leftovers(run.bench.desk, lock)
    if left.snapshot is not None:
        raise BridgeError(
            f"An earlier run ended too early and left this: {'; '.join(left.describe())}.",
            "Run SparkVSR's Clean up first.",
        )
    if left.any:
        lines = "; ".join(left.describe())
        run.voice.warn(f"Left by an earlier run: {lines}. SparkVSR's Clean up removes it.")


def _look(run: Run, settings: ClipSettings) -> Looked:
    looked = look(run.bench, settings)
    clip, found = looked.clip, looked.plan
    where = f"{clip.span.frames} frames from {clip.span.timecode(clip.span.record_in)} on"
    run.voice.tell(
        "plan",
        f"{clip.name}: {where}\n{print_plan(found)}",
        clip=clip.name,
        frames=clip.span.frames,
        timecode=clip.span.timecode(clip.span.record_in),
        keyframes=[
            {"timecode": key.timecode, "frame": key.index, "status": key.status}
            for key in found.keyframes
        ],
    )
    for warning in looked.warnings:
        run.voice.warn(warning)
    return looked


def _tell_placed(voice: Voice, prepared: Prepared, returned: Returned) -> None:
    clip, place = prepared.looked.clip, returned.place
    output = Path(prepared.job["output"])
    timecode = clip.span.timecode(place.start)
    kind = "the selected take" if prepared.settings.placement == "take" else "the result"
    voice.tell(
        "done",
        f"On video track {place.track} from {timecode} on is {kind} of `{clip.name}`: {output}",
        output=str(output),
        track=place.track,
        timecode=timecode,
        frames=place.frames,
    )
