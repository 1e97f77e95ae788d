"""The parts of operating systems that start things when a user logs in, behind one interface."""

from __future__ import annotations

import contextlib
import os
import secrets
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Final, Protocol
from xml.etree import ElementTree

import platformdirs

from sparkvsr.errors import InputError, JobError

from ._service_entry import LABEL, Launch, launch_agent, scheduled_task, systemd_unit
from ._service_tools import NOT_NEEDED, ask, said, tell
from .paths import find_paths

UNIT: Final = "sparkvsr.service"
TASK: Final = "SparkVSR daemon"
_END_S: Final = 60.0


class Manager(Protocol):
    """One of them, and the entry that it has, or is to have, for the daemon.

    Attributes:
        name: as people call it.
        place: where the entry is.
        log: where it keeps what it has to say of the daemon.

    All methods raise `InputError` if it cannot be reached for this user, and `JobError` if it
    refuses.
    """

    name: str
    place: str
    log: str

    def check(self) -> None:
        """Raise unless it can be reached."""
        ...

    def entry(self) -> bytes:
        """What it is to be told."""
        ...

    def existing(self) -> bytes | None:
        """The entry that it has; None if there is none."""
        ...

    def is_current(self, existing: bytes) -> bool:
        """Whether an entry of ours runs what `entry` would."""
        ...

    def loaded(self) -> bool:
        """Whether it will start the daemon at the next log-in."""
        ...

    def put(self, entry: bytes) -> None:
        """Place an entry, replacing what is there, without starting anything."""
        ...

    def load(self) -> None:
        """Take the entry that is there into account, now and at every log-in; starts the daemon."""
        ...

    def remove(self) -> None:
        """Stop the daemon that it started, and delete the entry; also what is left of one."""
        ...


class _FileManager:
    """What those have in common that read their entries from files."""

    def __init__(self, path: Path, entry: bytes) -> None:
        self.place = str(path)
        self._path = path
        self._entry = entry

    def entry(self) -> bytes:
        return self._entry

    def is_current(self, existing: bytes) -> bool:
        return existing == self._entry

    def existing(self) -> bytes | None:
        try:
            return self._path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise InputError(
                f"{self.place} cannot be read: {error.strerror}.", "Look at it, or remove it."
            ) from error

    def put(self, entry: bytes) -> None:
        part = self._path.with_name(f".{self._path.name}.{secrets.token_hex(4)}.part")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            part.write_bytes(entry)
            part.replace(self._path)
        except OSError as error:
            raise InputError(
                f"{self.place} cannot be written: {error.strerror}.", "Check its permissions."
            ) from error
        finally:
            with contextlib.suppress(OSError):
                part.unlink(missing_ok=True)


class Systemd(_FileManager):
    """The systemd instance of this user."""

    name = "systemd"
    log = f"journalctl --user -u {UNIT}"

    def __init__(self, launch: Launch) -> None:
        folder = platformdirs.user_config_path() / "systemd" / "user"
        super().__init__(folder / UNIT, systemd_unit(launch))

    def check(self) -> None:
        asked = ask("systemctl", "--user", "show", "--property=Version")
        if asked.returncode:
            raise InputError(f"systemd does not run for this user here: {said(asked)}.", NOT_NEEDED)

    def loaded(self) -> bool:
        return ask("systemctl", "--user", "is-enabled", UNIT).returncode == 0

    def load(self) -> None:
        tell("systemctl", "--user", "daemon-reload")
        tell("systemctl", "--user", "enable", "--now", UNIT)

    def remove(self) -> None:
        try:
            tell("systemctl", "--user", "disable", "--now", UNIT)
        finally:
            self._path.unlink(missing_ok=True)
            (self._path.parent / "default.target.wants" / UNIT).unlink(missing_ok=True)
            ask("systemctl", "--user", "daemon-reload")
            ask("systemctl", "--user", "reset-failed", UNIT)


class Launchd(_FileManager):
    """launchd on macOS, in the session of this user."""

    name = "launchd"

    def __init__(self, launch: Launch) -> None:
        stderr = find_paths().log / "launchd.log"
        folder = Path.home() / "Library" / "LaunchAgents"
        super().__init__(folder / f"{LABEL}.plist", launch_agent(launch, stderr))
        self._session = f"gui/{os.getuid()}"
        self._target = f"{self._session}/{LABEL}"
        self.log = str(stderr)

    def check(self) -> None:
        asked = ask("launchctl", "print", self._session)
        if asked.returncode:
            raise InputError(
                f"Nobody is logged in at this Mac as this user: {said(asked)}.", NOT_NEEDED
            )

    def loaded(self) -> bool:
        return ask("launchctl", "print", self._target).returncode == 0

    def load(self) -> None:
        self._unload()
        find_paths().create()  # launchd opens its log there before it starts anything
        tell("launchctl", "enable", self._target)
        tell("launchctl", "bootstrap", self._session, self.place)

    def remove(self) -> None:
        try:
            self._unload()
        finally:
            self._path.unlink(missing_ok=True)

    def _unload(self) -> None:
        """`bootout` may return before the daemon has ended; until then nothing can be loaded."""
        if self.loaded():
            tell("launchctl", "bootout", self._target)
        deadline = time.monotonic() + _END_S
        while self.loaded():
            if time.monotonic() > deadline:
                raise JobError("launchd does not end the daemon.", "Log out and in again.")
            time.sleep(0.1)


class TaskScheduler:
    """The Task Scheduler of Windows. It keeps the entry itself."""

    name = "Task Scheduler"
    place = f"the task “{TASK}”"
    log = "taskschd.msc"

    def __init__(self, launch: Launch) -> None:
        without_console = Path(launch.python).with_name("pythonw.exe")
        self._launch = (
            replace(launch, python=str(without_console)) if without_console.exists() else launch
        )

    def check(self) -> None:
        asked = ask("schtasks", "/Query", "/FO", "LIST")
        if asked.returncode:
            raise InputError(f"The Task Scheduler does not answer: {said(asked)}.", NOT_NEEDED)

    def entry(self) -> bytes:
        user = f"{os.environ.get('USERDOMAIN', '.')}\\{os.environ.get('USERNAME', '')}"
        return scheduled_task(self._launch, user)

    def existing(self) -> bytes | None:
        asked = ask("schtasks", "/Query", "/TN", TASK, "/XML")
        return None if asked.returncode else asked.stdout.encode("utf-16")

    def is_current(self, existing: bytes) -> bool:
        return _actions(existing) == _actions(self.entry())

    def loaded(self) -> bool:
        return self.existing() is not None

    def put(self, entry: bytes) -> None:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder, "task.xml")
            file.write_bytes(entry)
            tell("schtasks", "/Create", "/TN", TASK, "/XML", str(file), "/F")

    def load(self) -> None:
        tell("schtasks", "/Run", "/TN", TASK)

    def remove(self) -> None:
        ask("schtasks", "/End", "/TN", TASK)
        tell("schtasks", "/Delete", "/TN", TASK, "/F")


def find_manager(launch: Launch, system: str = sys.platform) -> Manager:
    """The one of this system.

    Raises:
        InputError: none is known.
    """
    if system == "linux":
        return Systemd(launch)
    if system == "darwin":
        return Launchd(launch)
    if system == "win32":
        return TaskScheduler(launch)
    raise InputError(f"How {system} starts services is not known here.", NOT_NEEDED)


def _actions(task: bytes) -> list[str | None]:
    """What a task runs."""
    root = ElementTree.fromstring(task)  # noqa: S314 - our own task
    return [e.text for e in root.iter() if e.tag.endswith(("}Command", "}Arguments"))]
