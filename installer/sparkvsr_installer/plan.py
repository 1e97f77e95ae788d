"""What installing would do on a machine, for a person to agree to. Changes nothing."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sparkvsr_resolve.launchers import LAUNCHERS

from .bridges import nuke_lines
from .files import same_place
from .gpu import NvidiaGpu, find_gpu
from .hosts import Host, HostName, find_hosts, nuke_folder, resolve_scripts
from .installation import Installation, is_writable
from .machine import Machine
from .placed import Placed
from .source import Source
from .steps import StepError
from .version import Version

_SIZES: Final = {True: "about 7 GB", False: "2 GB, or 7 GB with a PyTorch for CUDA"}
_MODEL: Final = "models/JiongzeYu--SparkVSR/manifest.json"


@dataclass(frozen=True)
class Wishes:
    """What a person chose on the command line.

    Attributes:
        shared: folder of an installation for many users; None for one of this user's own.
        hosts: only these; None for those that are found.
        torch_index: the package index that PyTorch alone is taken from; None for the one that
            was chosen for the version in use, empty for none.
        develop: hosts use the source as it stands.
    """

    shared: Path | None = None
    hosts: tuple[HostName, ...] | None = None
    torch_index: str | None = None
    develop: bool = False


@dataclass(frozen=True)
class Plan:
    """What will be done.

    Attributes:
        torch_index: the package index that PyTorch alone is taken from; empty for none.
        found: hosts on this machine.
        hosts: those that the bridge is put into.
        gpu: the machine's; None for none.
    """

    machine: Machine
    source: Source
    installation: Installation
    version: Version
    wishes: Wishes
    torch_index: str
    found: tuple[Host, ...]
    hosts: tuple[HostName, ...]
    gpu: NvidiaGpu | None

    @property
    def init(self) -> Path:
        """The user's init.py that Nuke runs."""
        return nuke_folder(self.machine) / "init.py"

    @property
    def scripts(self) -> Path:
        """Where Resolve's menu entries go."""
        if self.wishes.shared:
            return self.installation.resolve
        return resolve_scripts(self.machine)

    @property
    def weights_here(self) -> bool:
        """Whether the default model was fetched completely."""
        home = self.machine.environ.get("SPARKVSR_HOME")
        data = Path(home) / "data" if home else self.machine.data_folder
        return (data / _MODEL).is_file()

    @property
    def root(self) -> Path:
        """What hosts will use."""
        return self.source.root if self.wishes.develop else self.version.folder

    def obsolete(self) -> list[Path]:
        """Versions that are neither what hosts will use, nor what they used before that."""
        record = self.installation.read_record()
        before = record.previous if record and record.is_in(self.root) else record
        return [
            path
            for path in self.installation.version_folders()
            if not same_place(path, self.root) and not (before and before.is_in(path))
        ]

    def rows(self) -> Iterator[tuple[str, str]]:
        """For a person.

        Raises:
            ForeignFileError: it is not known any more what was put where.
        """
        record = self.installation.read_record()
        yield "version", f"{self.source.version}, from {self.source.root}"
        if self.wishes.develop:
            yield "goes to", "nowhere: hosts use it where it is, with its .venv"
        else:
            size = "is there already" if self.version.read() else _SIZES[self.gpu is not None]
            yield "goes to", f"{self.version.folder} ({size})"
        if record and not record.is_in(self.root):
            yield "before", f"{record.root}; it stays, and `rollback` goes back to it"
        for path in self.obsolete():
            yield "removes", f"{path}, which is neither in use nor the one before"
        yield "PyTorch", self._torch()
        for host in self.found:
            yield "found", f"{host.title}, {host.folder}" + (f": {host.note}" if host.note else "")
        yield from self._places()
        yield (
            "weights",
            "of the diffusion model: here already"
            if self.weights_here
            else "of the diffusion model: not here (23 GB); optical flow works without",
        )

    def _torch(self) -> str:
        index = self.torch_index or "the package index"
        if self.source.bundle is not None:
            index = "the bundle"
        if self.gpu is None:
            return f"nvidia-smi finds no GPU: what {index} gives works on the CPU"
        if self.gpu.trouble:
            return f"nvidia-smi fails ({self.gpu.trouble}): what {index} gives works on the CPU"
        return f"for CUDA, from {index}: {self.gpu.name}, driver {self.gpu.driver}"

    def _places(self) -> Iterator[tuple[str, str]]:
        if self.wishes.shared:
            yield "writes", f"nothing of yours; artists set NUKE_PATH to {self.installation.nuke}"
            yield "writes", f"{len(LAUNCHERS)} entries for Resolve's menu into {self.scripts}"
            return
        placed = Placed.read(self.installation)
        if "nuke" in self.hosts:
            yield self._into_init(placed)
        if "resolve" in self.hosts:
            there = all(placed.holds(self.scripts / name) for name in LAUNCHERS.values())
            verb = "keeps" if there else "writes"
            yield verb, f"{len(LAUNCHERS)} entries of Resolve's menu in {self.scripts}"
        if not self.hosts:
            yield "writes", "into no host: none was found that the bridge runs in (--host NAME)"

    def _into_init(self, placed: Placed) -> tuple[str, str]:
        lines = len(nuke_lines(self.installation.nuke).splitlines())
        if placed.holds(self.init):
            return "keeps", f"{lines} lines in {self.init}"
        kept = f"; a copy of it goes to {self.installation.backups}"
        there = self.init.exists()
        return "writes", f"{lines} lines at the end of {self.init}{kept if there else ' (new)'}"


def make_plan(machine: Machine, source: Source, wishes: Wishes) -> Plan:
    """Look at the machine.

    Raises:
        StepError: nothing can be written where it would have to go, or hosts would not see it.
    """
    _check_who(machine, shared=wishes.shared is not None)
    installation = Installation(wishes.shared or machine.data_folder)
    if not is_writable(installation.folder):
        raise StepError(
            f"{installation.folder} cannot be written: make it writable, or choose another folder "
            "with SPARKVSR_HOME or --shared."
        )
    record = installation.read_record()
    torch_index = wishes.torch_index
    if torch_index is None:
        torch_index = record.torch_index if record else ""
    found = tuple(find_hosts(machine))
    usable = tuple(dict.fromkeys(host.name for host in found if host.supported))
    version = Version(installation.versions / source.version_name(torch_index))
    hosts = wishes.hosts if wishes.hosts is not None else usable
    return Plan(
        machine,
        source,
        installation,
        version,
        wishes,
        torch_index,
        found,
        () if wishes.shared else hosts,
        find_gpu(machine.environ),
    )


def _check_who(machine: Machine, *, shared: bool) -> None:
    if machine.system == "win32" and "WindowsApps" in sys.base_prefix:
        raise StepError(
            "This Python is from the Microsoft Store: Windows shows what it writes to no other "
            "program, so hosts would not find SparkVSR. Use one from python.org."
        )
    if sys.platform == "win32" or shared or os.geteuid() != 0:
        return
    if machine.home.exists() and machine.home.stat().st_uid != 0:
        raise StepError(
            f"This would write files of the administrator's into {machine.home}: run it without "
            "sudo, or with --shared for all users."
        )
