"""A restoration from the captured pictures to its end.

While the agent works Resolve is the user's, and nothing of it is asked. If this session ends
meanwhile, a later one takes the restoration up: see `resume`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Optional

from sparkvsr_link import (
    AgentSession,
    BridgeError,
    LinkError,
    RestorationCancelledError,
    Watcher,
    restore_by_agent,
)
from sparkvsr_resolve.core import (
    ClipState,
    Run,
    VersionFolder,
    job_digest,
    keyframe_digest,
    read_run,
    remove_run,
    remove_version,
    write_run,
)

from .again import identity_of
from .alone import alone
from .bench import Bench
from .bring_back import Returned
from .marks import read_state, write_state
from .restore import REPORT_NAME, Prepared, place

AGENT_TROUBLE = {"not_installed", "agent_missing", "agent_gone", "agent_slow", "agent_confused"}
"""Codes of errors that say nothing of the restoration itself: it can still be taken up."""


@dataclass(frozen=True)
class UnderWay:
    """A restoration that the agent does, or has done, and whose result is not placed yet.

    Attributes:
        earlier: file of the clip's earlier result; empty for none.
    """

    prepared: Prepared
    earlier: str = ""

    @property
    def report(self) -> Path:
        return self.prepared.version.path / REPORT_NAME


def restore(bench: Bench, prepared: Prepared, watcher: Watcher) -> Returned:
    """Let the agent restore what was captured, and place the result; waits for it here.

    Raises:
        BridgeError, LinkError: why not; the timeline is as it was, and the result, where there is
            one, on the disk.
        RestorationCancelledError: the watcher wanted it.
    """
    under_way = begin(bench, prepared)
    await_agent(bench.agent, under_way, watcher)
    return finish(bench, under_way)


def begin(bench: Bench, prepared: Prepared) -> UnderWay:
    """Remember that a clip is about to be restored: in its marker, and in the version folder.

    Raises:
        BridgeError: it cannot be remembered; nothing is left of it.
    """
    desk, clip, version = bench.desk, prepared.looked.clip, prepared.version
    try:
        with alone(bench):
            before = read_state(desk, bench.able, clip)
            earlier = before.placed if before else ""
            write_run(version, Run(prepared.settings, prepared.colour, identity_of(clip), earlier))
            write_state(desk, bench.able, clip, prepared.looked.plan, _state(prepared, earlier))
    except BaseException:
        give_up(version)
        raise
    return UnderWay(prepared, earlier)


def await_agent(
    agent: AgentSession,
    under_way: UnderWay,
    watcher: Watcher,
    found: Optional[Mapping[str, Any]] = None,
) -> None:
    """Wait until the agent has restored; calls nothing of Resolve, so any thread may wait.

    What failed or was cancelled is given up, and its pictures are removed. Where only the agent
    could not be reached, the restoration is still under way.

    Args:
        found: what the agent said when it was asked to attach to the result.

    Raises:
        LinkError: it failed, or there is no agent.
        RestorationCancelledError: the watcher wanted it.
        Whatever `watcher.check` raises.
    """
    prepared = under_way.prepared
    try:
        restore_by_agent(agent, prepared.job, under_way.report.as_posix(), watcher, found)
    except RestorationCancelledError:
        give_up(prepared.version)
        raise
    except LinkError as error:
        if error.code not in AGENT_TROUBLE:
            give_up(prepared.version)
        raise


def finish(bench: Bench, under_way: UnderWay) -> Returned:
    """Place a result that the agent has made; it is not under way any more then.

    Raises:
        BridgeError: why not; Resolve is as it was. It is still under way, unless another script
            has placed it.
    """
    prepared = under_way.prepared
    if read_run(prepared.version) is None:
        raise BridgeError(
            f"Another script has placed the result of `{prepared.looked.clip.name}`.",
            "Look at the timeline.",
        )
    with alone(bench):
        returned = place(bench, prepared, under_way.earlier)
        warnings = _remember_placed(bench, prepared)
    remove_run(prepared.version)
    return replace(returned, warnings=returned.warnings + warnings)


def give_up(version: VersionFolder) -> None:
    """Forget a restoration that will have no result, with the pictures that were captured for it.

    Raises:
        BridgeError: it cannot be forgotten.
    """
    remove_run(version)
    remove_version(version)


def _remember_placed(bench: Bench, prepared: Prepared) -> tuple[str, ...]:
    """So that the next result takes this one's place; what failed, a sentence.

    A take needs none: the next one is a take of the same clip.
    """
    if prepared.settings.placement == "take":
        return ()
    looked = prepared.looked
    state = _state(prepared, prepared.job["output"])
    try:
        write_state(bench.desk, bench.able, looked.clip, looked.plan, state)
    except BridgeError as error:
        return (f"The next result will not take the place of this one: {error.message}",)
    return ()


def _state(prepared: Prepared, placed: str) -> ClipState:
    looked, job = prepared.looked, prepared.job
    # Resolve does not tell a grade, so that of a captured frame counts as changed.
    digests = {key.source_frame: keyframe_digest(key, "") for key in looked.plan.keyframes}
    return ClipState(
        looked.clip.item,
        job_digest(job),
        prepared.version.number,
        job["output"],
        digests,
        placed,
    )
