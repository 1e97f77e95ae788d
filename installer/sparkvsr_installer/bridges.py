"""What is put into Nuke and Resolve, and how it stands there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from sparkvsr_resolve.launchers import LAUNCHERS, launcher_text

from .hosts import HostName, find_hosts, nuke_folder, resolve_scripts
from .installation import Installation
from .lines import ForeignFileError
from .machine import Machine
from .placed import Placed
from .version import Version

_INSTALL: Final = "Run python3 installer in the folder that SparkVSR came in."


def nuke_lines(folder: Path) -> str:
    """The lines in the user's init.py that tell Nuke of a folder."""
    return (
        "# >>> SparkVSR >>> put here by its installer, whose `uninstall` takes it out\n"
        "import nuke\n"
        "\n"
        f"nuke.pluginAddPath({folder.as_posix()!a})\n"
        "# <<< SparkVSR <<<\n"
    )


def put_lead(placed: Placed, installation: Installation, root: Path) -> None:
    """The folder that Nuke is told of, which leads to the version in use.

    Raises:
        ForeignFileError, OSError: see `Placed.put_file`.
    """
    lead = (root / "bridge_nuke" / "lead" / "init.py").read_bytes()
    placed.put_file(installation.nuke / "init.py", lead)


def put_into_nuke(placed: Placed, installation: Installation, init: Path) -> None:
    """Tell Nuke of that folder, in a user's init.py.

    Raises:
        ForeignFileError, OSError: see `Placed.put_block`.
    """
    placed.put_block(init, nuke_lines(installation.nuke))


def put_into_resolve(placed: Placed, installation: Installation, folder: Path) -> None:
    """Put the entries of Resolve's menu into its folder of scripts.

    Raises:
        ForeignFileError, OSError: see `Placed.put_file`.
    """
    refused = []
    for action, name in LAUNCHERS.items():
        text = launcher_text(action, str(installation.record_file))
        try:
            placed.put_file(folder / name, text.encode())
        except ForeignFileError as error:  # the other entries work without it
            refused.append(str(error))
    if refused:
        raise ForeignFileError("\n".join(refused))


@dataclass(frozen=True)
class BridgeState:
    """How the bridge stands in a host that was found.

    Attributes:
        level: `warning`: the host was found, and the bridge is not in it, or not whole.
    """

    host: HostName
    level: Literal["ok", "warning"]
    text: str
    hint: str = ""


def bridge_states(machine: Machine, installation: Installation) -> Iterator[BridgeState]:
    """One for every kind of host on the machine; changes nothing."""
    names = dict.fromkeys(host.name for host in find_hosts(machine) if host.supported)
    record = installation.read_record()
    try:
        placed = Placed.read(installation)
    except ForeignFileError as error:
        yield from (BridgeState(name, "warning", str(error)) for name in names)
        return
    shared = not installation.private
    for name in names:
        if record is None:
            yield BridgeState(name, "warning", "SparkVSR is not installed for hosts", _INSTALL)
            continue
        wanted = _wanted(name, machine, installation, shared=shared)
        wrong = [path for path in wanted if not placed.holds(path)]
        if len(wrong) == len(wanted):
            yield BridgeState(name, "warning", "the bridge is not in it", _INSTALL)
        elif wrong := wrong or Version(Path(record.root)).changed():
            text = f"{', '.join(map(str, wrong))}: missing, or changed"
            yield BridgeState(name, "warning", text, _INSTALL)
        else:
            where = f"ready in {installation.folder}" if shared else "in it"
            yield BridgeState(name, "ok", f"the bridge of {record.version} is {where}")


def _wanted(
    name: HostName, machine: Machine, installation: Installation, *, shared: bool
) -> list[Path]:
    """The files that put a bridge into a host; of a shared one those that artists are given."""
    if name == "resolve":
        folder = installation.resolve if shared else resolve_scripts(machine)
        return [folder / file for file in LAUNCHERS.values()]
    lead = installation.nuke / "init.py"
    return [lead] if shared else [lead, nuke_folder(machine) / "init.py"]
