"""One node of one script restored in a terminal session: for farms, one task for the whole shot."""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Sequence
from typing import Any, Union

import nuke

from sparkvsr_link import LinkError
from sparkvsr_nuke.core import BridgeError, ExitCode, Phase, RenderError, exit_code

from .agent import AGENT
from .node import is_sparkvsr, read_request
from .prepare import remove_unsubmitted
from .progress import PrintedProgress
from .restore import restore
from .run import Run, finish


def main(arguments: Sequence[str]) -> int:
    """Restore; gives the exit code, one of `ExitCode`."""
    asked = _parser().parse_args(list(arguments))
    try:
        nuke.scriptOpen(asked.script)
    except RuntimeError as error:
        return _say(ExitCode.NO_SCRIPT, f"{asked.script} cannot be opened: {error}")
    node = nuke.toNode(asked.node)
    if node is None or not is_sparkvsr(node):
        return _say(ExitCode.NO_NODE, f"{asked.script} has no SparkVSR node called {asked.node}.")
    try:
        code = _restore(node)
    finally:
        remove_unsubmitted()
        if AGENT.process is not None:
            AGENT.process.close()
    return _save(asked.script) if code is ExitCode.DONE and asked.save else code


def _save(script: str) -> ExitCode:
    try:
        nuke.scriptSave(script)
    except RuntimeError as error:
        return _say(
            ExitCode.JOB_FAILED,
            f"The result is complete, but {script} cannot be saved: {error} A render on a machine "
            "with SparkVSR finds it all the same.",
        )
    return ExitCode.DONE


def _restore(node: Any) -> ExitCode:
    try:
        request = read_request(node)
    except BridgeError as error:
        return _say(ExitCode.BAD_INPUT, f"{error.message} {error.hint}")
    run = Run(node, PrintedProgress())
    before = {number: signal.signal(number, lambda *_: run.cancel()) for number in _STOPS}
    try:
        failure = finish(run, lambda run: restore(node, request, run))
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    if failure is None:
        done = run.state.phase is Phase.DONE
        return _say(ExitCode.DONE if done else ExitCode.CANCELLED, run.state.status())
    if not isinstance(failure, (BridgeError, LinkError)):  # its traceback is printed already
        return _say(ExitCode.CRASHED, run.state.status())
    return _say(_code_of(failure, run), f"{failure.message} {failure.hint}")


_STOPS = (signal.SIGINT, signal.SIGTERM)  # how render managers stop a task


def _code_of(failure: Union[BridgeError, LinkError], run: Run) -> ExitCode:
    if isinstance(failure, LinkError):
        return exit_code(failure.code)
    if isinstance(failure, RenderError):
        return ExitCode.EXPORT_FAILED
    if run.failed_in is Phase.READING_BACK:
        return ExitCode.BAD_RESULT
    return ExitCode.BAD_INPUT


def _say(code: ExitCode, text: str) -> ExitCode:
    stream = sys.stdout if code is ExitCode.DONE else sys.stderr
    print(f"SparkVSR: {text.strip()}", file=stream, flush=True)
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="nuke -t sparkvsr_batch.py",
        description="Restore the shot of one SparkVSR node. One task for the whole shot: frames "
        "depend on each other, so it cannot be split into chunks.",
    )
    parser.add_argument("script", help="the Nuke script")
    parser.add_argument("--node", required=True, help="name of the SparkVSR node")
    parser.add_argument(
        "--save",
        action="store_true",
        help="save the script with the new result; without it, a later render on a machine with "
        "SparkVSR finds the result by itself",
    )
    return parser
