"""A virtual environment: made, completed, checked, and reused while it is good."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from .pip_failure import explain_pip, explain_venv
from .steps import StepError, run, step

_WHO: Final = (
    "import sys, sysconfig, pip;"
    "print('%d.%d.%d' % sys.version_info[:3], sysconfig.get_platform());"
    "sys.exit(sys.version_info < (3, 11))"
)


@dataclass(frozen=True)
class Contents:
    """What an environment is to hold.

    Attributes:
        name: of this choice of contents.
        inputs: files that decide about `installs`: when one changes, they are done again.
        installs: the arguments of every `pip install`, in order.
        enough: names of other choices that hold all of this one.
    """

    name: str
    inputs: tuple[Path, ...]
    installs: tuple[tuple[str, ...], ...]
    enough: tuple[str, ...] = ()


class Environment:
    """A virtual environment in a folder of its own."""

    def __init__(self, folder: Path, root: Path) -> None:
        """`root`: where pip runs, so that it finds what stands in `installs`."""
        self.root = root
        self.folder = folder
        self._stamp = folder / "sparkvsr-stamp"
        self._log = folder / "sparkvsr-install.log"

    @property
    def programs(self) -> Path:
        """Where `python`, `pytest` and `sparkvsr` lie."""
        return self.folder / ("Scripts" if os.name == "nt" else "bin")

    @property
    def python(self) -> Path:
        return self.programs / ("python.exe" if os.name == "nt" else "python")

    def runs(self) -> bool:
        """Whether its Python starts and nothing in it is half installed."""
        return self._who() is not None

    def ensure(self, contents: Contents) -> None:
        """Make what is missing; nothing at all when the stamp says that everything is there.

        Raises:
            StepError: with one sentence.
            OSError: a file of the environment cannot be written or removed.
        """
        who = self._who()
        if who is None:
            self._remake()
            who = self._who()
            if who is None:
                raise StepError(
                    f"The new environment in {self.folder} does not run; see {self._log}."
                )
        fingerprint = self._fingerprint(who, contents)
        good = {f"{name} {fingerprint}" for name in (contents.name, *contents.enough)}
        if self._read(self._stamp) in good:
            print(f"Reusing {self.folder}", flush=True)
            return
        self._stamp.unlink(missing_ok=True)  # until all is in place again
        with step(f"Installing SparkVSR and what it needs into {self.folder.name}") as show:
            for install in contents.installs:
                self.pip("install", "--no-input", "--progress-bar=off", *install, show=show)
        with step("Checking the environment"):
            self.pip("check")
        self._stamp.write_text(f"{contents.name} {fingerprint}", encoding="utf-8")

    def pip(
        self,
        *arguments: str,
        script: tuple[str, ...] = ("-m", "pip"),
        show: Callable[[str], None] | None = None,
    ) -> None:
        """Run pip, or a script that runs it.

        Raises:
            StepError: with one sentence about what stopped it.
        """
        pip: list[str | Path] = [self.python, "-I", *script, *arguments]
        self._log.write_bytes(b"")
        if run([*pip, "--disable-pip-version-check"], folder=self.root, log=self._log, show=show):
            raise StepError(explain_pip(self._read(self._log), self.folder, self._log))

    def _who(self) -> str | None:
        """Python version and platform; None when it does not run, is too old or half-made."""
        half_installed = any(
            not (info / "RECORD").exists()  # what pip writes last
            for packages in ("lib/python*/site-packages", "Lib/site-packages")
            for info in self.folder.glob(f"{packages}/*.dist-info")
        )
        if half_installed or not self.python.exists():
            return None
        try:
            # -I: only the environment itself counts
            answer = subprocess.run([self.python, "-I", "-c", _WHO], capture_output=True, text=True)
        except OSError:  # made on another system
            return None
        return answer.stdout.strip() if answer.returncode == 0 else None

    def _remake(self) -> None:
        with step(f"Making {self.folder}"):
            if self.folder.exists():
                shutil.rmtree(self.folder)
            self.folder.mkdir(parents=True)
            make: list[str | Path] = [sys.executable, "-I", "-m", "venv", self.folder]
            if run(make, folder=self.root, log=self._log):
                raise StepError(explain_venv(self._read(self._log), self.folder, self._log))

    def _fingerprint(self, who: str, contents: Contents) -> str:
        digest = hashlib.sha256(f"{who} {self.root}".encode())
        for file in contents.inputs:
            digest.update(file.read_bytes())
        return digest.hexdigest()

    def _read(self, file: Path) -> str:
        try:
            return file.read_text(encoding="utf-8", errors="replace")
        except OSError:
            return ""
