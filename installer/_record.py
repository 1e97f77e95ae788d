"""`install.json` in the user's data folder: how hosts find SparkVSR and start its agent."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from pathlib import Path

from _environment import Environment
from _steps import StepError, step

# What hosts use: it knows the folder, and needs nothing installed.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "daemon"))
from sparkvsr_link import Link, LinkError, data_folder

SCHEMA = 1
_PATIENCE_S = 120.0  # a cold disk, a virus scanner


def check_record(root: Path, *, replace: bool) -> Path:
    """Where `install.json` is to be written.

    Raises:
        StepError: it names the installation of another checkout, and that may not be replaced.
    """
    path = data_folder().absolute() / "install.json"
    other = _root_in(path)
    if other not in (None, str(root)) and not replace:
        raise StepError(
            f"{path} names the installation in {other}, which hosts use now; "
            "to let them use this one, run: python3 installer install --replace"
        )
    return path


def write_record(environment: Environment, path: Path) -> None:
    """Start the agent once, and write down how that is done; readers never see half a file.

    Raises:
        StepError: the agent does not answer.
        OSError: the file cannot be written.
    """
    agent = [str(environment.python), "-I", "-m", "sparkvsr_daemon.cli", "agent"]
    with step("Starting the agent once"):
        try:
            with Link.start(agent) as started:
                hello = started.call("hello", {"client": "installer"}, _PATIENCE_S)
        except LinkError as error:
            raise StepError(f"{error.message} {error.hint}") from error
    record = {
        "schema": SCHEMA,
        "agent": agent,
        "python": str(environment.python),
        "version": hello["version"],
        "root": str(environment.root),
    }
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor, name = tempfile.mkstemp(suffix=".part", dir=path.parent)  # mode 0600
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(record, file, indent=2)
        Path(name).replace(path)
    finally:
        Path(name).unlink(missing_ok=True)
    print(f"Wrote {path}: hosts of this user find SparkVSR now.", flush=True)


def _root_in(path: Path) -> str | None:
    """The checkout that an `install.json` names; None when there is none, or it is of no use."""
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        return str(record["root"])
    except (FileNotFoundError, ValueError, TypeError, KeyError):
        return None
