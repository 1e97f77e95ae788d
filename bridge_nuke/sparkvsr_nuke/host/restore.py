"""A restoration: exported, handed to the agent, followed to its end, checked and shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from queue import Empty
from typing import Any, Optional

from sparkvsr_link import Link, LinkError
from sparkvsr_nuke.core import (
    BridgeError,
    FrameRange,
    Phase,
    ResultRecord,
    VersionFolder,
    check_sequence,
    job_digest,
    write_record,
)

from .agent import AGENT
from .freshness import refresh
from .main_thread import on_main_thread
from .node import Request
from .prepare import prepare, submit, withdraw
from .run import Run, RunCancelledError
from .show import show_version

REPORT_NAME = "report.html"
_POLL_S = 0.1
_NEW_AGENTS = 2  # how often a restoration outlives the death of its agent


@dataclass
class _Heard:
    """What the agent said of a restoration that succeeded."""

    size: tuple[int, int] = (0, 0)
    seconds: float = 0.0
    warnings: int = 0


def restore(node: Any, request: Request, run: Run) -> str:
    """Restore as the node asks, in a new version; from any thread. Gives a sentence.

    Raises:
        BridgeError, LinkError: what went wrong; the node shows what it showed before.
        RunCancelledError, RunLeftError, ExportCancelledError: as `Run.check`.
    """
    run.enter(Phase.CONNECTING)
    AGENT.call_while(run.check, "status")  # is SparkVSR there at all? Before anything is exported
    prepared = prepare(node, request, run)
    run.enter(Phase.SUBMITTING)
    submit(prepared)
    return _carry_out(node, run, prepared.version, prepared.submission.job)


def take_up(node: Any, version: VersionFolder, found: Mapping[str, Any], run: Run) -> str:
    """Follow what was submitted in an earlier session of Nuke, to its end; gives a sentence.

    Args:
        found: what the agent said of it when it was asked to attach.

    Raises:
        As `restore`.
    """
    run.enter(Phase.RUNNING)
    submission = version.submission
    if submission is None:
        raise BridgeError(f"{version.path} was never submitted.", "Press Restore.")
    return _carry_out(node, run, version, submission.job, found)


def _carry_out(
    node: Any,
    run: Run,
    version: VersionFolder,
    job: Mapping[str, Any],
    found: Optional[Mapping[str, Any]] = None,
) -> str:
    try:
        heard = _follow(run, version, job, found)
        return _read_back(node, run, version, heard)
    except (RunCancelledError, BridgeError, LinkError):
        withdraw(version)  # not where the script was closed: the job goes on and is found again
        raise


def _submit(version: VersionFolder, job: Mapping[str, Any]) -> str:
    report = (version.path / REPORT_NAME).as_posix()
    return str(AGENT.call("restore", job=dict(job), report=report)["ticket"])


def _ticket_of(found: Optional[Mapping[str, Any]]) -> str:
    """The ticket of a job that runs or has ended, its events to be heard again; empty for none."""
    if found is None or found["state"] == "interrupted":
        return ""
    ticket = str(found["ticket"])
    queue = AGENT.events(ticket)
    for event in found["events"]:
        queue.put({"ticket": ticket, **event})
    return ticket


def _follow(
    run: Run, version: VersionFolder, job: Mapping[str, Any], found: Optional[Mapping[str, Any]]
) -> _Heard:
    """Submit unless a job was found, and wait for the end.

    An agent that dies does not end its job: a new agent takes it up.
    """
    for attempt in range(_NEW_AGENTS + 1):
        try:
            agent = AGENT.link()
            if attempt:
                found = AGENT.call("attach", output=job["output"])
            if run.cancelled and found is not None and found["state"] == "interrupted":
                AGENT.call("cancel", ticket=found["ticket"])  # nobody else would
                raise RunCancelledError
            return _listen(run, agent, _ticket_of(found) or _submit(version, job))
        except LinkError as error:
            if error.code != "agent_gone" or attempt == _NEW_AGENTS:
                raise
    raise AssertionError("the last attempt returns or raises")


def _listen(run: Run, agent: Link, ticket: str) -> _Heard:
    """Wait for the last event of a ticket that this agent, or one after it, gave."""
    events, heard = AGENT.events(ticket), _Heard()
    asked_to_cancel = False
    try:
        while True:
            if run.cancelled:
                asked_to_cancel = asked_to_cancel or _cancel(ticket)
            else:
                run.check()  # left
            try:
                event = events.get(timeout=_POLL_S)
            except Empty:
                if agent.ended is not None:
                    raise agent.ended from None
                continue
            kind = event["event"]
            if kind == "started":
                heard.size = (event["output_size"][0], event["output_size"][1])
                run.state.advance(Phase.RUNNING, event["frames"])
                run.tell()
            elif kind == "notice" and event["kind"] == "warning":
                heard.warnings += 1
            elif kind == "progress":
                run.step(event["frames"])
            elif kind == "done":
                heard.seconds = event["seconds"]
                return heard
            elif kind == "error":
                if event["code"] == "cancelled":
                    raise RunCancelledError
                raise LinkError(event["code"], event["message"], event["hint"])
    finally:
        AGENT.forget(ticket)


def _cancel(ticket: str) -> bool:
    """Ask the agent to cancel; False when it is to be asked again."""
    try:
        AGENT.call("cancel", ticket=ticket)
    except LinkError as error:
        if error.code == "busy":
            return False
        raise
    return True


def _read_back(node: Any, run: Run, version: VersionFolder, heard: _Heard) -> str:
    """Check every file, declare the version complete, show it."""
    run.enter(Phase.READING_BACK)
    submission = version.submission
    if submission is None:
        raise BridgeError(f"{version.path} has lost its job.json.", "Press Restore again.")
    frame_range = FrameRange(submission.job["first"], submission.job["last"])
    faults = check_sequence(version.result, frame_range, heard.size)
    if faults:
        raise BridgeError(" ".join(faults), "Press Restore again.")
    run.check()  # the last moment
    record = ResultRecord(
        *frame_range,
        *heard.size,
        stamp=submission.stamp,
        job=job_digest(submission.job),
        window=submission.window,
    )
    write_record(version.path, record)
    if not on_main_thread(lambda: _show(node, version)):
        raise BridgeError(
            f"The result is complete, but its node is gone: {version.result.parent}.",
            "Undo the deletion of the node and choose the version there, or read these files.",
        )
    frames = _count(frame_range.last - frame_range.first + 1, "frame")
    text = f"{version.name}, {frames} in {_duration(heard.seconds)}."
    if heard.warnings:
        text += f" {_count(heard.warnings, 'warning')}: see the report."
    return text


def _show(node: Any, version: VersionFolder) -> bool:
    shown = show_version(node, version)
    if shown:
        refresh(node)  # the plate may have changed while it was restored
    return shown


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{seconds:.1f} s"
