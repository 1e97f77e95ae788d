"""The file that goes with a bug report: what `doctor` found, and what helps to understand it."""

from __future__ import annotations

import errno
import json
import os
import time
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from importlib.metadata import distributions
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import msgspec

from sparkvsr import __version__
from sparkvsr.errors import NO_ROOM, DiskFullError, OutputError, SparkVSRError
from sparkvsr_installer.installation import Installation
from sparkvsr_installer.version import Record

from ._doctor_log import for_strangers
from ._doctor_table import as_text
from ._finding import Finding
from ._log_lines import LogTail
from ._redact import Redactor
from ._settings import load_settings
from .paths import Paths

FOLDER: Final = "sparkvsr-doctor"
"""Of all files in the zip; it does not take the zip's own name, which may tell something."""
_LAST_LINES: Final = 2000
_WHAT: Final = {
    "README.txt": "this list",
    "findings.txt": "what `sparkvsr doctor` found, as a table",
    "findings.json": "the same for programs",
    "log.txt": f"the last {_LAST_LINES} lines of the daemon's log, without most of their words",
    "daemon.toml": "the daemon's settings, all of them, without what is written around them",
    "distributions.txt": "the Python packages that are installed, with their versions",
    "install.json": "which version hosts use",
}
_README: Final = """\
A bundle for a bug report, made by `sparkvsr doctor --bundle`, SparkVSR {version}.

{files}

Not in here: pictures, weights, keys and tokens, values of environment variables, jobs and their
settings, names and folders of footage. Folders of yours are written as <path>, user and computer
names as <name>. In the log only words of SparkVSR's own messages are left; … stands for others.

Look through these files before you send them: what is secret to you, no program knows for certain.
They are plain text.
"""


class BundleFile:
    """A zip that is written whole or not at all, and never over another file.

    Args:
        wanted: its path; empty for one in the current folder that tells the time.

    Raises:
        OutputError: (on entering) there is such a file, or its folder cannot be written.
    """

    def __init__(self, wanted: str) -> None:
        self.path = Path(wanted or f"sparkvsr-doctor-{time.strftime('%Y%m%d-%H%M%S')}.zip")
        self._part = self.path.with_name(f".{self.path.name}.{os.getpid()}.part")

    def __enter__(self) -> Self:
        if self.path.exists() or self.path.is_symlink():
            raise self._exists()
        try:
            self._part.open("wb").close()
        except OSError as error:
            raise self._refused(error) from error
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._part.unlink(missing_ok=True)

    def write(self, members: dict[str, str]) -> None:
        """Put text files into it, and it into its place.

        Raises:
            DiskFullError: there is no room; nothing is left behind.
            OutputError: another file has got its name meanwhile, or it cannot be written.
        """
        try:
            with self._part.open("wb") as file:
                with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as bundle:
                    for name, text in members.items():
                        bundle.writestr(f"{FOLDER}/{name}", text.encode("utf-8", "replace"))
                file.flush()
                os.fsync(file.fileno())
            self._publish()
        except FileExistsError:
            raise self._exists() from None
        except OSError as error:
            raise self._refused(error) from error

    def _publish(self) -> None:
        """Give it its name, which `rename` would take from another file on most systems."""
        try:
            os.link(self._part, self.path)
        except FileExistsError:
            raise
        except OSError:  # no hard links there, as on many sticks and shares
            if self.path.exists():
                raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST)) from None
            self._part.rename(self.path)

    def _exists(self) -> OutputError:
        return OutputError(
            f"{self.path} exists already, and is left as it is.",
            "Give another name, or none: sparkvsr doctor --bundle",
        )

    def _refused(self, error: OSError) -> SparkVSRError:
        if error.errno in NO_ROOM:
            return DiskFullError(
                f"There is no room for {self.path}.",
                "Free some, or give a place on another disk: sparkvsr doctor --bundle FILE",
            )
        return OutputError(
            f"{self.path} cannot be written: {error.strerror}.",
            "Give a place where you may write: sparkvsr doctor --bundle FILE",
        )


def collect(
    paths: Paths, installation: Installation | None, findings: list[Finding]
) -> dict[str, str]:
    """Name to text of every file of the bundle.

    Args:
        installation: see `own_installation`.
        findings: as `examine` gave them: redacted.
    """
    redactor = Redactor(paths)
    made: dict[str, Callable[[], str]] = {
        "findings.txt": lambda: as_text(findings),
        "findings.json": lambda: _findings_json(findings),
        "log.txt": lambda: _log(paths, redactor),
        "daemon.toml": lambda: _settings(paths),
        "distributions.txt": lambda: "".join(f"{line}\n" for line in _distributions(redactor)),
        "install.json": lambda: _installed(installation, redactor),
    }
    files = "\n".join(f"  {name:<19}{what}" for name, what in _WHAT.items())
    readme = _README.format(version=__version__, files=files)
    return {"README.txt": readme, **{name: _whatever_happens(make) for name, make in made.items()}}


def describe(members: dict[str, str]) -> Iterator[str]:
    """A line for a person about each file."""
    for name in members:
        yield f"  {name:<19}{_WHAT[name]}"


def _whatever_happens(make: Callable[[], str]) -> str:
    """A bundle is made when things are broken; an error's text might tell something."""
    try:
        return make()
    except Exception as error:
        return f"This could not be read: {type(error).__name__}. See findings.txt.\n"


def _findings_json(findings: list[Finding]) -> str:
    return msgspec.json.format(msgspec.json.encode(findings)).decode() + "\n"


def _log(paths: Paths, redactor: Redactor) -> str:
    lines = LogTail(paths.log_file).lines()[-_LAST_LINES:]
    return "".join(f"{line}\n" for line in for_strangers(lines, redactor)) or "There is no log.\n"


def _settings(paths: Paths) -> str:
    """Numbers, all of them: what is no setting is refused when it is read."""
    values = msgspec.to_builtins(load_settings(paths))
    lines = [
        f"# {key}: default" if value is None else f"{key} = {value}"
        for key, value in values.items()
    ]
    return "\n".join(lines) + "\n"


def _distributions(redactor: Redactor) -> list[str]:
    found = {redactor.all(f"{one.name} {one.version}") for one in distributions() if one.name}
    return sorted(found, key=str.lower)


def _installed(installation: Installation | None, redactor: Redactor) -> str:
    if installation is None or not installation.record_file.exists():
        return "There is no install.json: no host uses SparkVSR.\n"
    record = installation.read_record()
    if record is None:
        return "install.json is damaged.\n"
    return json.dumps(_redacted(record, redactor).as_json(), indent=2, ensure_ascii=False) + "\n"


def _redacted(record: Record, redactor: Redactor) -> Record:
    fields: dict[str, Any] = {
        "agent": tuple(map(redactor.whole, record.agent)),
        "python": redactor.whole(record.python),
        "version": redactor.whole(record.version),
        "root": redactor.whole(record.root),
        "previous": record.previous and _redacted(record.previous, redactor),
    }
    return replace(record, **fields)
