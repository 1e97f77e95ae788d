"""What is put into Nuke and Resolve, and how it stands there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from sparkvsr_resolve.launchers import LAUNCHERS, launcher_text

from .hosts import HostName, find_hosts, nuke_folder, resolve_scripts
from .installation import Installation, Version
from .machine import Machine
from .placed import ForeignFileError, Placed

_AGAIN: Final = "Run its installer again: {}"


def nuke_lines(folder: Path) -> str:
    """The lines in the user's init.py that tell Nuke of a folder."""
    return (
        "# >>> SparkVSR >>> put here by its installer, whose `uninstall` takes it out\n"
        "import nuke\n"
        "\n"
        f"nuke.pluginAddPath({folder.as_posix()!a})\n"
        "# <<< SparkVSR <<<\n"
    )


def put_lead(placed: Placed, installation: Installation, root: Path) -> bool:
    """The folder that Nuke is told of, which leads to the version in use.

    Raises:
        ForeignFileError, OSError: see `Placed.put_file`.
    """
    lead = (root / "bridge_nuke" / "lead" / "init.py").read_bytes()
    return placed.put_file(installation.nuke / "init.py", lead)


def put_into_nuke(placed: Placed, installation: Installation, init: Path) -> bool:
    """Tell Nuke of that folder, in a user's init.py.

    Raises:
        ForeignFileError, OSError: see `Placed.put_block`.
    """
    return placed.put_block(init, nuke_lines(installation.nuke))


def put_into_resolve(placed: Placed, installation: Installation, folder: Path) -> bool:
    """Put the entries of Resolve's menu into its folder of scripts.

    Raises:
        ForeignFileError, OSError: see `Placed.put_file`.
    """
    written, refused = False, []
    for action, name in LAUNCHERS.items():
        text = launcher_text(action, str(installation.record_file))
        try:
            written |= placed.put_file(folder / name, text.encode())
        except ForeignFileError as error:  # the other entries work without it
            refused.append(str(error))
    if refused:
        raise ForeignFileError("\n".join(refused))
    return written


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
    record = installation.read_record()
    again = _AGAIN.format("python3 installer, in the folder that it was installed from.")
    try:
        placed = Placed.read(installation)
    except ForeignFileError as error:
        yield BridgeState("nuke", "warning", str(error))
        return
    for name in dict.fromkeys(host.name for host in find_hosts(machine) if host.supported):
        shared = installation.folder != machine.data_folder
        if name == "nuke":
            init = nuke_folder(machine) / "init.py"
            wanted = [installation.nuke / "init.py", *([] if shared else [init])]
        else:
            scripts = installation.resolve if shared else resolve_scripts(machine)
            wanted = [scripts / file for file in LAUNCHERS.values()]
        if record is None:
            yield BridgeState(name, "warning", "SparkVSR is not installed for hosts", again)
            continue
        wrong = [path for path in wanted if not placed.holds(path)]
        if len(wrong) == len(wanted):
            yield BridgeState(name, "warning", "the bridge is not in it", again)
        elif wrong:
            yield BridgeState(
                name, "warning", f"{', '.join(map(str, wrong))}: missing, or changed", again
            )
        elif changed := Version(Path(record.root)).changed():
            text = f"{', '.join(map(str, changed))}: changed since they were installed"
            yield BridgeState(name, "warning", text, again)
        else:
            yield BridgeState(name, "ok", f"the bridge of {record.version} is in it")
