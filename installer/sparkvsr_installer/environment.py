"""The `.venv` of the checkout: made, completed, checked, and reused while it is good."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

from _pip_failure import explain_pip, explain_venv
from _steps import StepError, run, step

_WHO = (
    "import sys, sysconfig, pip;"
    "print('%d.%d.%d' % sys.version_info[:3], sysconfig.get_platform());"
    "sys.exit(sys.version_info < (3, 11))"
)


class Environment:
    """The virtual environment of a checkout, as far as `installer` needs it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.folder = root / ".venv"
        self._stamp = self.folder / "sparkvsr-stamp"
        self._log = self.folder / "sparkvsr-install.log"

    @property
    def programs(self) -> Path:
        """Where `python`, `pytest` and `sparkvsr` lie."""
        return self.folder / ("Scripts" if os.name == "nt" else "bin")

    @property
    def python(self) -> Path:
        return self.programs / ("python.exe" if os.name == "nt" else "python")

    def ensure(self, *, tests: bool) -> None:
        """Make what is missing; nothing at all when the stamp says that everything is there.

        Raises:
            StepError: with one sentence.
            OSError: a file of `.venv` cannot be written or removed.
        """
        who = self._who()
        if who is None:
            self._remake()
            who = self._who()
            if who is None:
                raise StepError(
                    f"The new environment in {self.folder} does not run; see {self._log}."
                )
        fingerprint = self._fingerprint(who)
        holds_tests, holds_project = f"tests {fingerprint}", f"project {fingerprint}"
        if self._read(self._stamp) in ((holds_tests,) if tests else (holds_tests, holds_project)):
            print(f"Reusing {self.folder}", flush=True)
            return
        self._stamp.unlink(missing_ok=True)  # until all is in place again
        with step("Installing SparkVSR and what it needs into .venv"):
            tools = self._test_tools() if tests else []
            self._pip("install", "--no-input", "-c", "constraints.txt", "-e", ".[demo]", *tools)
        with step("Checking the environment"):
            self._pip("check")
        self._stamp.write_text(holds_tests if tests else holds_project, encoding="utf-8")

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
            self.folder.mkdir()
            make: list[str | Path] = [sys.executable, "-I", "-m", "venv", self.folder]
            if run(make, folder=self.root, log=self._log):
                raise StepError(explain_venv(self._read(self._log), self.folder, self._log))

    def _pip(self, *arguments: str) -> None:
        pip: list[str | Path] = [self.python, "-I", "-m", "pip", "--disable-pip-version-check"]
        self._log.write_bytes(b"")
        if run([*pip, *arguments], folder=self.root, log=self._log):
            raise StepError(explain_pip(self._read(self._log), self.folder, self._log))

    def _test_tools(self) -> list[str]:
        # pip learnt `--group` in 25.1, later than the pip of the Pythons we support.
        project = tomllib.loads((self.root / "pyproject.toml").read_text(encoding="utf-8"))
        return [tool for group in project["dependency-groups"].values() for tool in group]

    def _fingerprint(self, who: str) -> str:
        digest = hashlib.sha256(f"{who} {self.root}".encode())
        for name in ("pyproject.toml", "constraints.txt"):
            digest.update((self.root / name).read_bytes())
        return digest.hexdigest()

    def _read(self, file: Path) -> str:
        try:
            return file.read_text(encoding="utf-8", errors="replace")
        except OSError:
            return ""
