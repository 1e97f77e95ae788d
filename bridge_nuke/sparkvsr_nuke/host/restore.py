"""A restoration: exported, handed to the agent, followed to its end, checked and shown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Optional

from sparkvsr_link import LinkError, RestorationCancelledError, Restored, restore_by_agent
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
from .show import Results, results_in, show_version

REPORT_NAME = "report.html"


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
        report = (version.path / REPORT_NAME).as_posix()
        restored = restore_by_agent(AGENT, job, report, run, found)
        return _read_back(node, run, version, restored)
    except (RunCancelledError, RestorationCancelledError, BridgeError, LinkError) as error:
        # Not where the script was closed: the job goes on and is found again. Nor where another
        # session of Nuke follows it already.
        if getattr(error, "code", "") != "busy":
            withdraw(version)
        raise


def _read_back(node: Any, run: Run, version: VersionFolder, restored: Restored) -> str:
    """Check every file, declare the version complete, show it."""
    run.enter(Phase.READING_BACK)
    submission = version.submission
    if submission is None:
        raise BridgeError(f"{version.path} has lost its job.json.", "Press Restore again.")
    frame_range = FrameRange(submission.job["first"], submission.job["last"])
    faults = check_sequence(version.result, frame_range, restored.size)
    if faults:
        raise BridgeError(" ".join(faults), "Press Restore again.")
    run.check()  # the last moment
    record = ResultRecord(
        *frame_range,
        *restored.size,
        stamp=submission.stamp,
        job=job_digest(submission.job),
        window=submission.window,
    )
    write_record(version.path, record)
    results = results_in(version.path.parent)
    if not on_main_thread(lambda: _show(node, version, results)):
        raise BridgeError(
            f"The result is complete, but its node is gone: {version.result.parent}.",
            "Undo the deletion of the node and choose the version there, or read these files.",
        )
    frames = _count(frame_range.last - frame_range.first + 1, "frame")
    text = f"{version.name}, {frames} in {_duration(restored.seconds)}."
    if restored.warnings:
        text += f" {_count(restored.warnings, 'warning')}: see the report."
    return text


def _show(node: Any, version: VersionFolder, results: Results) -> bool:
    shown = show_version(node, version, results)
    if shown:
        refresh(node)  # the plate may have changed while it was restored
    return shown


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{seconds:.1f} s"
