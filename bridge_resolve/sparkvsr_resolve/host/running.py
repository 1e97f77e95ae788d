"""One action from its beginning to an exit code, whatever goes wrong."""

from __future__ import annotations

import threading
import time
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Optional

from sparkvsr_link import (
    AgentSession,
    BridgeError,
    LinkError,
    RestorationCancelledError,
    data_folder,
)
from sparkvsr_resolve.core.cancel_file import CancelFile

from .actions import ACTIONS, Run
from .bench import Bench
from .cancelling import CancelledError
from .connect import connect
from .voice import Voice

DONE, BAD_INPUT, FAILED, CANCELLED, UNREACHABLE = 0, 2, 3, 4, 5
"""Exit codes, those of the command line."""

_NO_AGENT = {"not_installed", "agent_missing", "agent_gone", "agent_slow", "agent_confused"}
_LOGS_KEPT = 20


def run_action(
    name: str,
    voice: Voice,
    resolve: Optional[Any] = None,
    asked: Optional[threading.Event] = None,
    changed: Optional[Mapping[str, Any]] = None,
    recapture: bool = False,
) -> int:
    """Do one of ACTIONS; no exception leaves it. Gives its exit code.

    Args:
        resolve: of a menu script; None reaches a running Resolve from outside.
        asked: set from any thread when the person wants to stop; a script that cancels can ask,
            too.
    """
    run: Optional[Run] = None
    wish = asked or threading.Event()

    def start() -> None:
        nonlocal run
        if name == "cancel" and _stop_owner(voice):
            return
        run = Run(open_bench(resolve, voice.say, wish.is_set), voice, changed or {}, recapture)
        ACTIONS[name](run)

    try:
        return guarded(name, voice, start, lambda: run is not None and run.begun)
    finally:
        if run is not None:
            close_agent(run.bench)


def open_bench(
    resolve: Optional[Any], say: Callable[[str], None], cancelled: Callable[[], bool]
) -> Bench:
    """A bench whose work another script can cancel; the calling thread is the API's.

    Raises:
        BridgeError: there is no Resolve that scripts can use.
    """
    wish = CancelFile(own_folder())
    wish.forget()
    desk = connect(resolve, None, say, lambda: cancelled() or wish.asked)
    return Bench(desk, AgentSession("Resolve"))


def close_agent(bench: Bench) -> None:
    """Nothing is wanted of the agent any more; a job that runs all the same goes on."""
    if bench.agent.process is not None:
        bench.agent.process.detach()


def guarded(
    name: str, voice: Voice, work: Callable[[], None], begun: Callable[[], bool] = lambda: False
) -> int:
    """Do it, and say in a sentence what went wrong; gives the exit code.

    Args:
        name: of the log file, which is written only where nobody foresaw what happened.
        begun: whether it was more than a look.
    """
    try:
        work()
        return DONE
    except (RestorationCancelledError, CancelledError):
        voice.fail("cancelled", "It was cancelled.", "Start it again when you like.")
        return CANCELLED
    except LinkError as error:
        voice.fail(error.code, error.message, error.hint)
        return _code_of(error)
    except BridgeError as error:
        voice.fail("resolve", error.message, error.hint)
        return FAILED if begun() else BAD_INPUT
    except BaseException as error:
        what = f"{type(error).__name__}: {error}".strip()
        log = _write_log(name)
        hint = f"Please report the file {log}." if log else traceback.format_exc()
        voice.fail("internal", f"Something that nobody foresaw happened: {what}.", hint)
        return FAILED


def own_folder() -> Path:
    """Of the lock, the crash file and the logs."""
    return data_folder() / "resolve"


def _stop_owner(voice: Voice) -> bool:
    """Ask the script that works in Resolve, if there is one. Resolve itself is not asked for it:
    it answers late or never while it is worked in."""
    owner = CancelFile(own_folder()).ask()
    if owner is not None:
        voice.tell("done", f"Process {owner}, which works in Resolve, was asked to stop.")
    return owner is not None


def _code_of(error: LinkError) -> int:
    if error.code.startswith("bad_"):
        return BAD_INPUT
    if error.code == "unreachable" or error.code in _NO_AGENT:
        return UNREACHABLE
    return FAILED


def _write_log(name: str) -> Optional[Path]:
    """The traceback of the exception that is being handled; None where it cannot be written."""
    folder = own_folder() / "log"
    path = folder / f"{time.strftime('%Y-%m-%d_%H-%M-%S')}_{name}.txt"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        path.write_text(traceback.format_exc(), encoding="utf-8")
        for old in sorted(folder.glob("*.txt"))[:-_LOGS_KEPT]:
            old.unlink()
    except OSError:
        return None
    return path
