"""Why pip or venv stopped, in one sentence."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

_NO_ROOM = re.compile(
    r"No space left on device|Errno 28\b|Disk quota exceeded|not enough space on the disk", re.I
)
_NO_NETWORK = re.compile(
    r"NewConnectionError|NameResolutionError|ConnectTimeoutError|ReadTimeoutError|ProxyError"
    r"|Failed to establish a new connection|Temporary failure in name resolution"
    r"|Name or service not known|getaddrinfo failed|Network is unreachable|RemoteDisconnected"
    r"|Connection (?:refused|reset|aborted)|[Rr]ead timed out"
)
_NO_CERTIFICATE = re.compile(r"SSLError|CERTIFICATE_VERIFY_FAILED")
_NO_MATCH = re.compile(r"No matching distribution found for (\S+)")
_NO_RIGHT = re.compile(r"Permission denied: '?([^'\n]+)")
_LAST_LINES = 60
_FULL_BELOW = 16 * 2**20


def explain_venv(output: str, folder: Path, log: Path) -> str:
    """The sentence for a failed `python -m venv`."""
    if "ensurepip" in output or "No module named venv" in output:
        return (
            "This Python cannot make virtual environments, because its venv or ensurepip module is "
            "missing: install your system's python3-venv package and run this again."
        )
    if _full(output, folder):
        return _no_room(folder)
    return f"Making {folder} failed; what was said is in {log}."


def explain_pip(output: str, folder: Path, log: Path) -> str:
    """The sentence for a failed `pip`; the cause is looked for in the last lines it printed."""
    tail = "\n".join(output.splitlines()[-_LAST_LINES:])
    if _full(tail, folder):
        return _no_room(folder)
    if _NO_CERTIFICATE.search(tail):
        return (
            "The package index is not trusted: tell pip your site's certificate (`pip config`); "
            f"pip's own words are in {log}."
        )
    if _NO_NETWORK.search(tail):  # before "no match", which pip also says when it reached nobody
        return (
            "The package index cannot be reached: check the network, or the proxy and index that "
            f"pip is configured with, and run this again; pip's own words are in {log}."
        )
    if match := _NO_MATCH.search(tail):
        return (
            f"No build of {match[1]} fits this Python and this system: use a 64-bit Python of a "
            f"version that it is built for, such as 3.12; pip's own words are in {log}."
        )
    if match := _NO_RIGHT.search(tail):
        return f"Permission was denied for {match[1].strip()}: make it writable and run this again."
    lines = [line for line in tail.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith("ERROR: ")] or lines or [""]
    said = errors[-1].removeprefix("ERROR: ").strip().rstrip(".")
    return f"pip stopped with an error ({said}); all that it said is in {log}."


def _full(output: str, folder: Path) -> bool:
    # A full disk may have swallowed the very message that would say so.
    return bool(_NO_ROOM.search(output)) or shutil.disk_usage(folder).free < _FULL_BELOW


def _no_room(folder: Path) -> str:
    return f"There is no space left on the disk of {folder}: free about 8 GB and run this again."
