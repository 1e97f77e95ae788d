"""Python, the system and its C library, and variables that lead Python astray."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import sysconfig
from collections.abc import Iterator, Mapping
from typing import Final

import psutil  # type: ignore[import-untyped]
from rich.filesize import decimal

from ._finding import Finding

_OLDEST_PYTHON: Final = (3, 11)
_OLDEST_GLIBC: Final = (2, 28)
"""Of the wheels of PyTorch and pyzmq (`manylinux_2_28`)."""
_RESOLVE_MODULES: Final = "/Developer/Scripting/Modules"
_START_S: Final = 60.0
_MEANING: Final = {
    "PYTHONHOME": "takes its standard library from there",
    "PYTHONPATH": "imports from there first",
}
"""What leads every Python astray; PYTHONSTARTUP does not: only an interactive one reads it."""


def look_at_machine() -> Iterator[Finding]:
    """The interpreter, the system, its C library (Linux), and what is set for all Pythons."""
    yield judge_python(sys.version_info[:3], bits=64 if sys.maxsize > 1 << 32 else 32)
    memory = decimal(psutil.virtual_memory().total)
    yield Finding("system", "ok", f"{platform.platform()}, {os.cpu_count()} cores, {memory}")
    if sys.platform == "linux":
        yield judge_c_library(*_c_library())
    yield from look_at_environment(os.environ)


def judge_python(version: tuple[int, int, int], *, bits: int) -> Finding:
    """Whether this Python can run SparkVSR and what it needs."""
    number = ".".join(map(str, version))
    text = f"{platform.python_implementation()} {number}, {bits} bit, {sys.prefix}"
    oldest = ".".join(map(str, _OLDEST_PYTHON))
    if version[:2] < _OLDEST_PYTHON:
        hint = f"Install Python {oldest} or newer, and run the installer with it."
        return Finding("python", "fault", f"{text}: SparkVSR needs {oldest} or newer", hint)
    if bits < 64:
        hint = "Install a Python of 64 bit, and run the installer with it."
        return Finding("python", "fault", f"{text}: PyTorch needs one of 64 bit", hint)
    return Finding("python", "ok", text)


def judge_c_library(name: str, version: str) -> Finding:
    """Whether the packages of PyTorch and pyzmq are made for it."""
    oldest = ".".join(map(str, _OLDEST_GLIBC))
    hint = f"Use a system with glibc {oldest} or newer: Rocky Linux 8, Debian 10, Ubuntu 20.04."
    if name == "musl":
        text = "musl; PyTorch and pyzmq are built for glibc"
        return Finding("c library", "fault", text, hint)
    if name != "glibc" or not version:
        return Finding("c library", "ok", "which one this is cannot be told")
    text = f"glibc {version}; PyTorch and pyzmq need {oldest} or newer"
    if tuple(map(int, version.split(".")[:2])) < _OLDEST_GLIBC:
        return Finding("c library", "fault", text, hint)
    return Finding("c library", "ok", text)


def look_at_environment(environ: Mapping[str, str]) -> Iterator[Finding]:
    """Whether a variable for Python has leaked in from a host or another tool.

    Their values are not told: several paths in one cannot be redacted for certain.
    """
    leaked = [name for name in _MEANING if environ.get(name)]
    if not leaked:
        yield Finding("environment", "ok", "neither PYTHONPATH nor PYTHONHOME is set")
    for name in leaked:
        others = {key: value for key, value in environ.items() if key not in _MEANING}
        broken = _broken({**others, name: environ[name]})
        unset = (
            f"nset {name} where SparkVSR and Resolve are started, as in a shell's start-up files."
        )
        if broken:
            text = f"With {name} as it is set, SparkVSR's Python does not start: {broken}"
            yield Finding("environment", "fault", text, f"U{unset}")
            continue
        if name == "PYTHONPATH" and _resolves_own(environ[name]):
            yield Finding("environment", "ok", "PYTHONPATH names Resolve's own modules only")
            continue
        text = (
            f"{name} is set. Daemon and agent drop it, but `sparkvsr` and the Python of Resolve's "
            f"menu do not: each {_MEANING[name]}."
        )
        yield Finding("environment", "warning", text, f"Unless your studio needs it, u{unset}")


def _resolves_own(value: str) -> bool:
    """Whether it is what Resolve's README.txt tells people to set, for scripts outside of it."""
    folders = [folder.replace("\\", "/").rstrip("/") for folder in value.split(os.pathsep)]
    return all(folder.endswith(_RESOLVE_MODULES) for folder in folders if folder)


def _broken(environ: dict[str, str]) -> str:
    """What goes wrong when Python starts and loads the command line so; empty for nothing."""
    # Not -I, which would ignore the variables; -P, as the current folder is not the question
    command = [sys.executable, "-P", "-B", "-c", "import sparkvsr_daemon.cli"]
    try:
        done = subprocess.run(
            command, env=environ, capture_output=True, timeout=_START_S, check=False
        )
    except subprocess.TimeoutExpired:
        return f"no end within {_START_S:.0f} s"
    if not done.returncode:
        return ""
    said = done.stderr.decode(errors="replace").strip().splitlines()
    errors = [line for line in said if "Error" in line.partition(":")[0]]
    return (errors or said or [f"status {done.returncode}"])[-1]


def _c_library() -> tuple[str, str]:
    """Name and version; `platform` knows glibc only."""
    if "musl" in str(sysconfig.get_config_var("SOABI")):
        return "musl", ""
    return platform.libc_ver()
