"""Installs, removes and looks at the entry that starts the daemon at log-in. All or nothing."""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass
from typing import Final, Literal

from sparkvsr.errors import InputError, JobError, OutputError, SparkVSRError, UnreachableError

from ._service_entry import MARKER
from ._service_managers import Manager
from .client import connect

ANSWER_S: Final = 20.0
_ASK_AGAIN_S: Final = 0.2

Entry = Literal["none", "ours", "outdated", "foreign"]


@dataclass(frozen=True)
class Installed:
    """What `install` came to.

    Attributes:
        pid: of the daemon that answers.
        was_running: it ran before already, and goes on.
    """

    pid: int
    was_running: bool


@dataclass(frozen=True)
class ServiceState:
    """What there is.

    Attributes:
        entry: `outdated` is ours, and would be written differently now; `foreign` is not ours.
        loaded: the daemon is started at the next log-in.
    """

    entry: Entry
    loaded: bool


def install(manager: Manager, *, force: bool = False, patience_s: float = ANSWER_S) -> Installed:
    """Have the daemon started now and at every log-in.

    If that fails, everything is as before; a daemon that runs already is left alone.

    Args:
        force: replace an entry of this name that is not ours.
        patience_s: how long the daemon may take to answer.

    Raises:
        InputError: the system's manager cannot be reached.
        OutputError: there is an entry of this name that is not ours.
        JobError: the manager refused.
        UnreachableError: it did what it was told, but no daemon answers.
    """
    manager.check()
    before = manager.existing()
    if before is not None and not _is_ours(before) and not force:
        raise OutputError(
            f"{manager.place} is there, and was not written by SparkVSR.",
            "Look at it; replace it with --force.",
        )
    loaded_before, ran_before = manager.loaded(), _running_daemon()
    manager.put(manager.entry())
    try:
        manager.load()
        pid = _wait_for_daemon(manager, patience_s)
    except BaseException:
        with contextlib.suppress(SparkVSRError, OSError):
            manager.remove()
        if before is not None:
            manager.put(before)
        if loaded_before:
            with contextlib.suppress(SparkVSRError):
                manager.load()
        raise
    return Installed(pid, pid == ran_before)


def remove(manager: Manager) -> bool:
    """Stop the daemon that the service started, and delete the entry.

    Returns:
        Whether there was one.

    Raises:
        OutputError: the entry is not ours.
        JobError: the entry is deleted, but the daemon could not be stopped.
    """
    state = service_state(manager)
    if state.entry == "foreign":
        raise OutputError(
            f"{manager.place} was not written by SparkVSR; it is left alone.",
            "Look at it, and delete it yourself.",
        )
    if state.entry == "none" and not state.loaded:
        return False
    try:
        manager.remove()
    except SparkVSRError as error:
        raise JobError(
            f"{manager.place} is deleted, but the daemon that it started could not be stopped. "
            + error.message,
            "End it with: sparkvsr daemon stop.",
        ) from error
    return True


def service_state(manager: Manager) -> ServiceState:
    """What there is; changes nothing."""
    entry = _judged(manager, manager.existing())
    try:
        return ServiceState(entry, manager.loaded())
    except InputError:  # whoever would start it is not here
        return ServiceState(entry, False)


def _judged(manager: Manager, existing: bytes | None) -> Entry:
    if existing is None:
        return "none"
    if not _is_ours(existing):
        return "foreign"
    return "ours" if manager.is_current(existing) else "outdated"


def _is_ours(entry: bytes) -> bool:
    return MARKER.encode() in entry.replace(b"\0", b"")  # of UTF-16 too


def _running_daemon() -> int:
    """Process of the daemon that answers; 0 if none does."""
    try:
        return _ask_daemon()
    except UnreachableError:
        return 0


def _wait_for_daemon(manager: Manager, patience_s: float) -> int:
    """Process of the daemon, as soon as one answers."""
    deadline = time.monotonic() + patience_s
    while True:
        try:
            return _ask_daemon()
        except UnreachableError as error:
            if time.monotonic() > deadline:
                raise UnreachableError(
                    f"{manager.name} took the service, but no daemon answered within "
                    f"{patience_s:.0f} seconds, so it was taken away again. {error.message}",
                    f"See what {manager.name} has to say: {manager.log}.",
                ) from error
        time.sleep(_ASK_AGAIN_S)


def _ask_daemon() -> int:
    with connect(start=False) as client:
        return client.status().pid
