"""The installer in processes of its own, and homes that are shaped like those of each system."""

from __future__ import annotations

import json
import os
import plistlib
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from sparkvsr_installer.hosts import nuke_folder, resolve_scripts
from sparkvsr_installer.installation import Installation
from sparkvsr_installer.machine import Machine
from sparkvsr_installer.version import COPIED
from sparkvsr_resolve.launchers import LAUNCHERS

ROOT = Path(__file__).resolve().parents[1]
SERVER = Path(__file__).with_name("installing_server.py")
SYSTEMS = ("linux", "darwin", "win32")
KILLED = -9
LEFT_TO_DO, FAILED = 11, 10
ALL_STUBS = ("environment", "agent", "telling", "torch", "disk")
"""Of what takes long: what only makes the environment's `python`, and what is not started."""

NUKE = {
    "linux": "/usr/local/{}/nuke",
    "darwin": "/Applications/{}/app",
    "win32": "/Program Files/{}/nuke.exe",
}
RESOLVE = {
    "linux": "/opt/resolve/bin/resolve",
    "darwin": "/Applications/DaVinci Resolve/DaVinci Resolve.app/Contents/Info.plist",
    "win32": "/Program Files/Blackmagic Design/DaVinci Resolve/Resolve.exe",
}
_SHARES = {
    "linux": ".local/share",
    "darwin": "Library/Application Support",
    "win32": "AppData/Local",
}
_STAMP = re.compile(rb"\d{8}-\d{6}-\d+-")

Snapshot = dict[str, tuple[Any, ...]]


def snapshot(folder: Path) -> Snapshot:
    """Everything below a folder: kind, mode and content; times of backups are left out."""
    found: Snapshot = {}
    for path in sorted(folder.rglob("*")):
        name = _STAMP.sub(b"TIME-", str(path.relative_to(folder)).encode()).decode()
        mode = path.lstat().st_mode
        if path.is_symlink():
            found[name] = ("link", str(path.readlink()))
        elif path.is_dir():
            found[name] = ("folder", mode)
        else:
            found[name] = ("file", mode, _STAMP.sub(b"TIME-", path.read_bytes()))
    return found


def differences(before: Snapshot, after: Snapshot) -> list[str]:
    """Names of what is not the same in both."""
    return sorted(name for name in before | after if before.get(name) != after.get(name))


class Home:
    """A user's home on a machine of some system, with Nuke and Resolve, and blanks in its name."""

    def __init__(self, folder: Path, system: str = "linux") -> None:
        self.folder = folder / f"Zoë's {system} ☕"
        self.tools = self.folder / "tools"
        self.root = self.folder / "disk"
        self.path = self.root / "users" / "zoë"
        self.environ = {"HOME": str(self.path), "PATH": str(self.tools), "LANG": "C.UTF-8"}
        self.system = system
        for made in (self.tools, self.path / _SHARES[system], self.root / "etc"):
            made.mkdir(parents=True)
        self.add(NUKE[system].format("Nuke15.1v3"))
        if system == "darwin":
            self.resolve_version("20.3.1")
        else:
            self.add(RESOLVE[system])

    @property
    def machine(self) -> Machine:
        return Machine(self.system, self.path, self.environ, self.root)

    @property
    def installation(self) -> Installation:
        return Installation(self.machine.data_folder)

    @property
    def record(self) -> dict[str, Any]:
        """What hosts read."""
        found: dict[str, Any] = json.loads(self.installation.record_file.read_text("utf-8"))
        return found

    @property
    def in_use(self) -> Path:
        """The version that hosts use."""
        return Path(self.record["root"])

    @property
    def init(self) -> Path:
        return nuke_folder(self.machine) / "init.py"

    @property
    def launchers(self) -> list[Path]:
        return [resolve_scripts(self.machine) / name for name in LAUNCHERS.values()]

    @property
    def versions(self) -> list[str]:
        return sorted(path.name for path in self.installation.versions.iterdir())

    def add(self, place: str, content: bytes = b"theirs") -> Path:
        """A file at a place of the machine."""
        path = self.machine.at(place)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return path

    def write_init(self, content: bytes) -> Path:
        """The user's own init.py."""
        self.init.parent.mkdir(parents=True, exist_ok=True)
        self.init.write_bytes(content)
        return self.init

    def edit(self, content: bytes = b"mine") -> Path:
        """Change a file of the version in use."""
        path = self.in_use / "bridge_nuke" / "init.py"
        path.write_bytes(content)
        return path

    def resolve_version(self, version: str) -> None:
        """Install another Resolve; only macOS tells which it is."""
        about = {"CFBundleShortVersionString": version}
        self.add(RESOLVE["darwin"], plistlib.dumps(about))

    def add_tool(self, name: str, script: str) -> None:
        """A program on the PATH."""
        tool = self.tools / name
        tool.write_text(f"#!/bin/sh\n{script}\n")
        tool.chmod(0o755)

    def snapshot(self) -> Snapshot:
        return snapshot(self.root)


def make_source(folder: Path, version: str = "0.1.0", *, whole: bool = False) -> Path:
    """A checkout; with `whole`, all that hosts load is in it, else one file of everything."""
    folder.mkdir(parents=True)
    set_version(folder, version)
    (folder / "constraints.txt").write_text("# nothing\n")
    if whole:
        for name in COPIED:
            ignored = shutil.ignore_patterns("__pycache__")
            shutil.copytree(ROOT / name, folder / name, ignore=ignored)
        return folder
    for name in (
        "bridge_nuke/init.py",
        "bridge_nuke/lead/init.py",
        "bridge_resolve/sparkvsr_resolve/launchers.py",
        "daemon/sparkvsr_link/__init__.py",
        "installer/__main__.py",
    ):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, folder / name)
    return folder


def set_version(source: Path, version: str) -> None:
    """Let a checkout be of another version."""
    (source / "pyproject.toml").write_text(
        f'[project]\nname = "sparkvsr"\nversion = "{version}"\n', encoding="utf-8"
    )


@dataclass(frozen=True)
class Done:
    """What a verb left: exit status, and what it said."""

    status: int
    stdout: str
    stderr: str

    @property
    def said(self) -> str:
        return self.stdout + self.stderr


@dataclass
class Installer:
    """`python3 installer`, run for a home; every run is a process of its own.

    Attributes:
        source: the checkout that it runs from.
    """

    home: Home
    source: Path
    server: subprocess.Popen[str]
    stubs: tuple[str, ...] = ALL_STUBS
    environ: dict[str, str] = field(default_factory=dict)

    def __call__(
        self,
        *arguments: str,
        kill_at: int = 0,
        user: int = 0,
        encoding: str = "utf-8",
        source: Path | None = None,
    ) -> Done:
        """Run a verb.

        Args:
            kill_at: kill it before it changes the file system for the so-manieth time; 0: never.
            user: of whom the process is; 0: who runs the tests.
            encoding: of the terminal.
        """
        said = [self.home.folder / name for name in ("stdout", "stderr")]
        request = {
            **self.request(*arguments, source=source),
            "kill_at": kill_at,
            "user": user,
            "encoding": encoding,
            "stdout": str(said[0]),
            "stderr": str(said[1]),
        }
        assert self.server.stdin
        assert self.server.stdout
        print(json.dumps(request), file=self.server.stdin, flush=True)
        status = json.loads(self.server.stdout.readline())
        return Done(status, *(path.read_text(encoding=encoding) for path in said))

    def request(self, *arguments: str, source: Path | None = None) -> dict[str, Any]:
        """What to do, for the process that does it."""
        return {
            "arguments": arguments,
            "environ": {**self.home.environ, **self.environ},
            "source": str(source or self.source),
            "system": self.home.system,
            "home": str(self.home.path),
            "root": str(self.home.root),
            "stubs": self.stubs,
            "kill_at": 0,
            "user": 0,
        }

    def command(self, *arguments: str) -> list[str]:
        """That runs a verb in the terminal that it is started in."""
        return [sys.executable, str(SERVER), json.dumps(self.request(*arguments))]

    def install(self, *arguments: str, **options: Any) -> Done:
        """Install, which must work; what is left to do is the caller's to look at."""
        done = self("install", "--yes", *arguments, **options)
        assert done.status in (0, LEFT_TO_DO), done.said
        return done

    def uninstall(self, *arguments: str) -> Done:
        """Take out, which must work."""
        done = self("uninstall", "--yes", *arguments)
        assert done.status in (0, LEFT_TO_DO), done.said
        return done


@contextmanager
def serving() -> Iterator[subprocess.Popen[str]]:
    """The process that runs verbs."""
    with subprocess.Popen(
        [sys.executable, SERVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as server:
        yield server
        assert server.stdin
        server.stdin.close()


@pytest.fixture(scope="session")
def server() -> Iterator[subprocess.Popen[str]]:
    if os.name == "nt":
        pytest.skip("needs os.fork")
    with serving() as process:
        yield process


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A Linux home."""
    return Home(tmp_path)


@pytest.fixture
def installer(home: Home, tmp_path: Path, server: subprocess.Popen[str]) -> Installer:
    """The installer for it, from a small checkout."""
    return Installer(home, make_source(tmp_path / "a checkout"), server)
