"""`systemctl`, `launchctl` and `schtasks` for machines that have none, as far as we use them.

They keep what they are told in a folder, and really start and end processes. What each does with
an entry follows its manual: quoting, variables, and an environment that is not the caller's.
"""

from __future__ import annotations

import configparser
import json
import os
import plistlib
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

STATE = "SERVICE_TOOLS_STATE"
REFUSE = "SERVICE_TOOLS_REFUSE"
_NAMESPACE = {"t": "http://schemas.microsoft.com/windows/2004/02/mit/task"}


def install_tools(folder: Path) -> None:
    """Put the three commands into a folder, to be the only one in `PATH` but for the system's."""
    folder.mkdir()
    for name in ("systemctl", "launchctl", "schtasks"):
        file = folder / name
        file.write_text(
            f"#!{sys.executable} -IS\n"
            f"import sys\nsys.path.insert(0, {str(Path(__file__).parent)!r})\n"
            f"from service_tools import {name}\nsys.exit({name}(sys.argv[1:]))\n"
        )
        file.chmod(0o755)


def read_unit(content: bytes) -> tuple[configparser.ConfigParser, list[str], dict[str, str]]:
    """A unit file: all of it, the words of `ExecStart`, the variables of `Environment`."""
    lines = content.decode().splitlines(keepends=True)
    variables = [line for line in lines if line.startswith("Environment=")]
    parser = configparser.ConfigParser(interpolation=None, delimiters="=", comment_prefixes="#")
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read_string("".join(line for line in lines if line not in variables))
    command = [_expand(word, "$$", "$") for word in _words(parser["Service"]["ExecStart"])]
    assignments = [word for line in variables for word in _words(line.partition("=")[2].strip())]
    return parser, command, dict(word.split("=", 1) for word in assignments)


def _words(text: str) -> list[str]:
    """man systemd.syntax, quoting: words with quotes and C escapes; then %% (systemd.unit)."""
    pattern = re.compile(r'\s*(?:"((?:[^"\\]|\\.)*)"|([^\s"\\]+))(?=\s|$)')
    words, place = [], 0
    while place < len(text):
        match = pattern.match(text, place)
        assert match, text[place:]
        word = re.sub(r"\\(.)", _unescaped, match[1]) if match[1] is not None else match[2]
        words.append(_expand(word, "%%", "%"))
        place = match.end()
    return words


def _unescaped(escape: re.Match[str]) -> str:
    assert escape[1] in '\\"', f"{escape[0]} is another character"
    return escape[1]


def _expand(word: str, double: str, single: str) -> str:
    assert single not in word.replace(double, ""), f"{word} has a variable in it"
    return word.replace(double, single)


def split_windows(line: str) -> list[str]:
    """Words as the C runtime of Windows splits them ("Parsing C command-line arguments")."""
    words, word, quoted, begun, place = [], "", False, False, 0
    while place < len(line):
        slashes = len(line[place:]) - len(line[place:].lstrip("\\"))
        place += slashes
        sign = line[place : place + 1]
        begun = begun or bool(slashes)
        if sign == '"':
            word += "\\" * (slashes // 2)
            if slashes % 2:
                word += '"'
            else:
                quoted, begun = not quoted, True
        else:
            word += "\\" * slashes
            if sign and (quoted or sign not in " \t"):
                word, begun = word + sign, True
            elif begun:
                words.append(word)
                word, begun = "", False
        place += 1
    return [*words, word] if begun else words


def read_task(content: bytes) -> tuple[ElementTree.Element, list[str]]:
    """A task: its root, and the words that are run."""
    root = ElementTree.fromstring(content.decode("utf-16").partition("?>")[2])  # noqa: S314
    command = root.findtext("t:Actions/t:Exec/t:Command", None, _NAMESPACE)
    arguments = root.findtext("t:Actions/t:Exec/t:Arguments", None, _NAMESPACE)
    assert command
    assert arguments
    return root, [command, *split_windows(arguments)]


class _State:
    """What a tool has been told, and the process that it started."""

    def __init__(self, name: str) -> None:
        self._file = Path(os.environ[STATE], f"{name}.json")
        self.kept: dict[str, Any] = {}
        if self._file.exists():
            self.kept = json.loads(self._file.read_text())

    def keep(self, **values: Any) -> None:
        self.kept |= values
        self._file.write_text(json.dumps(self.kept))

    def start(self, command: list[str], environment: dict[str, str], stderr: Path) -> None:
        """In an environment without anything of the caller's but his home."""
        fresh = {"PATH": "/usr/bin:/bin", "HOME": os.environ["HOME"], **environment}
        with stderr.open("ab") as file:
            try:
                process = subprocess.Popen(
                    command,
                    env=fresh,
                    cwd="/",
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=file,
                    start_new_session=True,
                )
            except FileNotFoundError:
                return
        self.keep(pid=process.pid)

    @property
    def alive(self) -> bool:
        try:
            status = Path(f"/proc/{self.kept.get('pid', 0)}/status").read_text()
        except FileNotFoundError:
            return False
        return "State:\tZ" not in status

    def end(self, *, wait: bool) -> None:
        if self.alive:
            os.kill(self.kept["pid"], signal.SIGTERM)
        while wait and self.alive:
            time.sleep(0.01)


def _fail(text: str) -> int:
    sys.stderr.write(f"{text}\n")
    return 1


def systemctl(arguments: list[str]) -> int:
    """`systemctl --user` for the one unit `sparkvsr.service`."""
    state = _State("systemctl")
    unit = Path(os.environ["HOME"], ".config", "systemd", "user", "sparkvsr.service")
    wanted = unit.parent / "default.target.wants" / unit.name
    match arguments[1:]:
        case ["show", "--property=Version"] | ["reset-failed", _]:
            return 0
        case ["daemon-reload"]:
            state.keep(unit=unit.read_text() if unit.exists() else "")
        case ["is-enabled", unit.name]:
            return 0 if wanted.is_symlink() and unit.exists() else 1
        case ["enable", "--now", unit.name]:
            if os.environ.get(REFUSE) or not state.kept["unit"]:
                return _fail("Failed to enable unit: refused.")
            wanted.parent.mkdir(exist_ok=True)
            wanted.unlink(missing_ok=True)
            wanted.symlink_to(unit)
            _, command, environment = read_unit(state.kept["unit"].encode())
            if not state.alive:
                state.start(command, environment, Path(os.devnull))
        case ["disable", "--now", unit.name]:
            if not unit.exists():
                return _fail("Failed to disable unit: Unit file sparkvsr.service does not exist.")
            wanted.unlink(missing_ok=True)
            state.end(wait=True)
        case other:
            raise AssertionError(other)
    return 0


def launchctl(arguments: list[str]) -> int:
    """launchctl for one agent in the session of this user."""
    state = _State("launchctl")
    session = f"gui/{os.getuid()}"
    label = f"{session}/{state.kept.get('label')}"
    if state.kept.get("leaving") and not state.alive:  # bootout does not wait for the process
        state.keep(label=None, leaving=False)
    match arguments:
        case ["print", target]:
            return 0 if target in (session, label) and "None" not in target else 113
        case ["enable", _]:
            return 0
        case ["bootstrap", target, path]:
            if os.environ.get(REFUSE) or state.kept.get("label") or target != session:
                return _fail("Bootstrap failed: 5: Input/output error")
            agent = plistlib.loads(Path(path).read_bytes())
            state.keep(label=agent["Label"], leaving=False)
            state.start(
                agent["ProgramArguments"],
                agent["EnvironmentVariables"],
                Path(agent["StandardErrorPath"]),
            )
        case ["bootout", target] if target == label:
            state.keep(leaving=True)
            state.end(wait=False)
        case other:
            raise AssertionError(other)
    return 0


def schtasks(arguments: list[str]) -> int:
    """schtasks of Windows, for one task."""
    state = _State("schtasks")
    task = state.kept.get("task")
    match arguments:
        case ["/Query", "/FO", "LIST"]:
            return 0
        case ["/Query", "/TN", _, "/XML"]:
            if not task:
                return _fail("ERROR: The system cannot find the file specified.")
            sys.stdout.write(task)
        case ["/Create", "/TN", _, "/XML", path, "/F"]:
            state.keep(task=Path(path).read_bytes().decode("utf-16"))
        case ["/Run", "/TN", _]:
            if os.environ.get(REFUSE):
                return _fail("ERROR: Access is denied.")
            _, command = read_task(str(task).encode("utf-16"))
            state.start(command, {}, Path(os.devnull))
        case ["/End", "/TN", _]:
            state.end(wait=True)
        case ["/Delete", "/TN", _, "/F"]:
            if not task:
                return _fail("ERROR: The system cannot find the file specified.")
            state.keep(task=None)
        case other:
            raise AssertionError(other)
    return 0
