"""Which hosts are here, which version of SparkVSR they use, and how its bridge stands in them."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from sparkvsr_installer.bridges import bridge_states
from sparkvsr_installer.hosts import find_hosts, nuke_folder, resolve_scripts
from sparkvsr_installer.installation import Installation
from sparkvsr_installer.machine import Machine

from ._finding import Finding, Level


def look_at_hosts(
    machine: Machine, installation: Installation, prefix: Path = Path(sys.prefix)
) -> Iterator[Finding]:
    """Hosts, the version that they use, and the bridge in each.

    Args:
        prefix: of the environment that runs this.
    """
    hosts = find_hosts(machine)
    if not hosts:
        text = "none found; Nuke and DaVinci Resolve were looked for where they install themselves"
        yield Finding("hosts", "ok", text)
    for host in hosts:
        note = f": {host.note}" if host.note else ""
        hint = "" if host.supported else "Use another one: SparkVSR cannot run in it."
        level: Level = "ok" if host.supported else "warning"
        yield Finding("hosts", level, f"{host.title}{note}", hint)
    yield _in_use(installation, prefix, wanted=any(host.supported for host in hosts))
    for state in bridge_states(machine, installation):
        text = _without_home(machine, state.text)
        yield Finding(f"{state.host} bridge", state.level, text, state.hint)


def _in_use(installation: Installation, prefix: Path, *, wanted: bool) -> Finding:
    """Which version hosts start, whether it is this one, and what was used before."""
    record = installation.read_record()
    again = "Run the installer again: python3 installer"
    if record is None:
        if installation.record_file.exists():
            text = "install.json is damaged or cannot be read, so hosts do not find SparkVSR."
            return Finding("installation", "fault" if wanted else "warning", text, again)
        return Finding("installation", "ok", "hosts use none: there is no install.json")
    if not Path(record.python).exists():
        text = f"Hosts use version {record.version}, which is not there any more."
        return Finding("installation", "fault", text, again)
    previous = record.previous
    if previous is None:
        back = "none to roll back to"
    elif Path(previous.python).exists():
        back = f"a rollback takes {previous.version}"
    else:
        back = f"{previous.version}, which was used before, is not there any more"
    ours = Path(record.python).parent.parent.resolve() == prefix.resolve()
    if not ours:
        return Finding(
            "installation",
            "warning",
            f"Hosts use another installation than this one: version {record.version}; {back}",
            "Run the installer of the one that you want hosts to use: python3 installer",
        )
    return Finding("installation", "ok", f"hosts use this one, version {record.version}; {back}")


def _without_home(machine: Machine, text: str) -> str:
    """The hosts' own folders by names that tell nothing about anybody."""
    text = text.replace(str(resolve_scripts(machine)), "Fusion/Scripts/Utility")
    return text.replace(str(nuke_folder(machine)), "~/.nuke")
