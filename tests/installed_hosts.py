"""Hosts with SparkVSR put into them by the real installer: nothing of the source tree is loaded."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from daemons import Daemon

ROOT = Path(__file__).resolve().parents[1]
TESTS = ROOT / "tests"
_INSTALL = f"""\
import sys
from pathlib import Path
sys.path.insert(0, {str(ROOT / "installer")!r})
from _bootstrap import bootstrap
from sparkvsr_installer.environment import Environment
Environment.ensure = lambda self, contents: None  # this test's own environment holds everything
Environment.python = Path({sys.executable!r})
sys.exit(bootstrap(["--yes"]))
"""


@dataclass(frozen=True)
class InstalledHosts:
    """A user's home with Nuke and Resolve in it, both with SparkVSR.

    Attributes:
        folder: of the installation, and of the daemon's state.
    """

    home: Path

    @property
    def folder(self) -> Path:
        return self.home / "sparkvsr"

    @property
    def version(self) -> Path:
        """The folder of the version in use."""
        (found,) = (self.folder / "versions").iterdir()
        return found

    @property
    def scripts(self) -> Path:
        return self.home / ".local" / "share" / "DaVinciResolve" / "Fusion" / "Scripts" / "Utility"

    @property
    def environ(self) -> dict[str, str]:
        """For a Python with `-S`: the emulators, what they use, and no bridge."""
        environ = {name: value for name, value in os.environ.items() if name != "NUKE_PATH"}
        environ["PYTHONPATH"] = os.pathsep.join(
            [str(ROOT / "sparkvsr"), str(TESTS), sysconfig.get_path("purelib")]
        )
        return {**environ, "HOME": str(self.home), "SPARKVSR_HOME": str(self.folder)}

    def run(
        self, *arguments: str | Path, patience_s: float = 90
    ) -> subprocess.CompletedProcess[str]:
        """Run a Python as a host's would be."""
        return subprocess.run(
            [sys.executable, "-S", *arguments],
            env=self.environ,
            capture_output=True,
            text=True,
            timeout=patience_s,
        )


@contextmanager
def installed_into(home: Path) -> Iterator[InstalledHosts]:
    """A home as by `install_into`; its daemon is stopped at the end."""
    hosts = install_into(home)
    yield hosts
    daemon = Daemon(hosts.folder)
    subprocess.run(
        [sys.executable, "-I", "-m", "sparkvsr_daemon.cli", "daemon", "stop"],
        env={**os.environ, "SPARKVSR_HOME": str(hosts.folder)},
        capture_output=True,
    )
    daemon.close()


def install_into(home: Path) -> InstalledHosts:
    """Make the home, and run the installer in it as a person does."""
    hosts = InstalledHosts(home)
    (home / ".nuke").mkdir(parents=True)
    (home / ".local" / "share" / "DaVinciResolve").mkdir(parents=True)
    environ = {**os.environ, "HOME": str(home), "SPARKVSR_HOME": str(hosts.folder)}
    environ.pop("PYTHONPATH", None)
    done = subprocess.run(
        [sys.executable, "-c", _INSTALL], env=environ, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return hosts
