"""What is installed from: a checkout, or a bundle that needs no network."""

from __future__ import annotations

import hashlib
import json
import platform
import sys
import sysconfig
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from .environment import Contents
from .files import tree_digests
from .steps import StepError
from .version import COPIED

BUNDLE_FILE: Final = "bundle.json"
BUNDLE_SCHEMA: Final = 1
WHEELS: Final = "wheels"
_NOT_COPIED: Final = ("sparkvsr/sparkvsr", "daemon/sparkvsr_daemon")  # built into the wheel
_DIGITS: Final = 8
_SYSTEMS: Final = {"linux": "linux", "macos": "darwin", "windows": "win32"}
_PROCESSORS: Final = {"x86_64": ("x86_64", "amd64"), "arm64": ("arm64", "aarch64")}


@dataclass(frozen=True)
class Source:
    """A folder that holds `installer`, `bridge_nuke`, `bridge_resolve`, `daemon/sparkvsr_link`.

    Attributes:
        version: of the package.
        bundle: what `bundle.json` says; None for a checkout.
    """

    root: Path
    version: str
    bundle: dict[str, Any] | None

    @classmethod
    def at(cls, root: Path) -> Source:
        """The source that a folder is.

        Raises:
            StepError: it is an installed version, or a bundle that is damaged, or for another
                system or Python.
        """
        if (root / BUNDLE_FILE).is_file():
            try:
                bundle = json.loads((root / BUNDLE_FILE).read_text(encoding="utf-8"))
                _check(bundle)
            except (ValueError, KeyError, TypeError, AttributeError):
                raise StepError(
                    f"{root / BUNDLE_FILE} is damaged: copy the bundle again."
                ) from None
            return cls(root, bundle["version"], bundle)
        if (root / "pyproject.toml").is_file():
            project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
            return cls(root, project["project"]["version"], None)
        raise StepError(
            f"{root} is an installed version: it can be taken out and rolled back from here, but "
            "installing needs the folder that SparkVSR came in."
        )

    def version_name(self, torch_index: str) -> str:
        """The name of the version's folder: the same only for the same files and choices."""
        decides: list[Any] = [sys.version_info[:2], sysconfig.get_platform()]
        if self.bundle is not None:
            decides.append(self.bundle)
        else:
            decides.append(torch_index)
            for name in ("pyproject.toml", "constraints.txt"):
                decides.append((self.root / name).read_text(encoding="utf-8"))
            decides.append(tree_digests(self.root, _NOT_COPIED))
        decides.append(tree_digests(self.root, COPIED))
        found = hashlib.sha256(json.dumps(decides, sort_keys=True).encode()).hexdigest()
        return f"{self.version}-{found[:_DIGITS]}"

    def contents(self, torch_index: str) -> Contents:
        """What the version's environment is to hold.

        Args:
            torch_index: the package index that PyTorch alone is taken from; empty for none.
        """
        held = ("-c", str(self.root / "constraints.txt"))
        if self.bundle is not None:
            wheels = ("--no-index", "--find-links", str(self.root / WHEELS))
            installs: tuple[tuple[str, ...], ...] = ((*wheels, *held, f"sparkvsr=={self.version}"),)
        else:
            installs = ((*held, str(self.root)),)
            if torch_index:
                # What it needs comes with the rest: such an index has other versions of that.
                torch = ("--no-deps", "--index-url", torch_index, *held, "torch")
                installs = (torch, *installs)
        return Contents("version", (self.root / "constraints.txt",), installs)


def _check(bundle: dict[str, Any]) -> None:
    here = f"{sys.version_info.major}.{sys.version_info.minor}"
    if bundle.get("schema") != BUNDLE_SCHEMA:
        raise StepError("This bundle was made by another version of the installer: make it anew.")
    if bundle["python"] != here:
        raise StepError(
            f"This bundle is for Python {bundle['python']}, and this is Python {here}: run it with "
            f"python{bundle['python']}, or make a bundle with --python {here}."
        )
    system, _, processor = bundle["platform"].partition("-")
    here = platform.machine().lower()
    if _SYSTEMS[system] != sys.platform or here not in _PROCESSORS[processor]:
        raise StepError(
            f"This bundle is for {bundle['platform']}: make one for this machine with --platform."
        )
