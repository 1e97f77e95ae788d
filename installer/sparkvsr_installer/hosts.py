"""Which hosts are on a machine: the places to look at, as data, and what was found there."""

from __future__ import annotations

import plistlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, NamedTuple

from .machine import Machine

HostName = Literal["nuke", "resolve"]
Kind = Literal["program", "user", "scripts", "settings", "sandbox"]
TITLES: Final[dict[HostName, str]] = {"nuke": "Nuke", "resolve": "DaVinci Resolve"}
OLDEST: Final[dict[HostName, tuple[int, int]]] = {"nuke": (14, 0), "resolve": (18, 6)}
NEWEST: Final[dict[HostName, tuple[int, int]]] = {"nuke": (17, 9), "resolve": (21, 1)}
"""The versions that the bridges are written for; later ones are tried, and said to be unknown."""


class Place(NamedTuple):
    """Where a host keeps something.

    Attributes:
        kind: `program`: there when the host is installed; `user`: what it makes for a user when it
            first starts; `scripts`: of Resolve's menu; `settings`: Resolve's own; `sandbox`: of
            the App Store's Resolve, whose scripts may read nothing of ours.
        place: see `Machine.at`.
        source: who says so.
    """

    host: HostName
    system: str
    kind: Kind
    place: str
    source: str


_FOUNDRY: Final = "Foundry, Nuke online help: Installation on Linux, macOS, Windows"
_DOT_NUKE: Final = "Foundry, Nuke online help: Loading Gizmos, NDK Plug-ins, and Python Scripts"
_BMD: Final = "Blackmagic Design, Developer/Scripting/README.txt of 18.6 to 21.1"
_SEEN: Final = "seen in public scripts that read it; not documented"

PLACES: Final = (
    Place("nuke", "linux", "program", "/usr/local/Nuke*", _FOUNDRY),
    Place("nuke", "linux", "program", "/opt/Nuke*", _SEEN),
    Place("nuke", "linux", "program", "~/Nuke*", _SEEN),
    Place("nuke", "darwin", "program", "/Applications/Nuke*", _FOUNDRY),
    Place("nuke", "win32", "program", "%PROGRAMFILES%/Nuke*", _FOUNDRY),
    Place("nuke", "linux", "user", "~/.nuke", _DOT_NUKE),
    Place("nuke", "darwin", "user", "~/.nuke", _DOT_NUKE),
    Place("nuke", "win32", "user", "%HOME%/.nuke", _DOT_NUKE),
    Place("resolve", "linux", "program", "/opt/resolve/bin/resolve", _BMD),
    Place("resolve", "linux", "program", "/home/resolve/bin/resolve", _BMD),
    Place(
        "resolve",
        "darwin",
        "program",
        "/Applications/DaVinci Resolve/DaVinci Resolve.app",
        _BMD,
    ),
    Place(
        "resolve",
        "win32",
        "program",
        "%PROGRAMFILES%/Blackmagic Design/DaVinci Resolve/Resolve.exe",
        _BMD,
    ),
    Place("resolve", "linux", "user", "~/.local/share/DaVinciResolve", _BMD),
    Place(
        "resolve",
        "darwin",
        "user",
        "~/Library/Application Support/Blackmagic Design/DaVinci Resolve",
        _BMD,
    ),
    Place("resolve", "win32", "user", "%APPDATA%/Blackmagic Design/DaVinci Resolve", _BMD),
    Place(
        "resolve",
        "linux",
        "scripts",
        "~/.local/share/DaVinciResolve/Fusion/Scripts/Utility",
        _BMD,
    ),
    Place(
        "resolve",
        "darwin",
        "scripts",
        "~/Library/Application Support/Blackmagic Design/DaVinci Resolve/Fusion/Scripts/Utility",
        _BMD,
    ),
    Place(
        "resolve",
        "win32",
        "scripts",
        "%APPDATA%/Blackmagic Design/DaVinci Resolve/Support/Fusion/Scripts/Utility",
        _BMD,
    ),
    Place(
        "resolve", "linux", "settings", "~/.local/share/DaVinciResolve/configs/config.dat", _SEEN
    ),
    Place(
        "resolve",
        "darwin",
        "settings",
        "~/Library/Preferences/Blackmagic Design/DaVinci Resolve/config.dat",
        _SEEN,
    ),
    Place(
        "resolve",
        "win32",
        "settings",
        "%APPDATA%/Blackmagic Design/DaVinci Resolve/Preferences/config.dat",
        _SEEN,
    ),
    Place(
        "resolve",
        "darwin",
        "sandbox",
        "~/Library/Containers/com.blackmagic-design.DaVinciResolve*",
        _SEEN,
    ),
)

_NUKE_FOLDER: Final = re.compile(r"Nuke(\d+)\.(\d+)v\d+")


@dataclass(frozen=True)
class Host:
    """A host on a machine.

    Attributes:
        version: major and minor; None where it cannot be told from outside.
        folder: where it was found: its program, or the folder that it made for this user.
        note: what a person should know of it; empty for nothing.
        supported: False: the bridge does not run in it.
    """

    name: HostName
    version: tuple[int, int] | None
    folder: Path
    note: str = ""
    supported: bool = True

    @property
    def title(self) -> str:
        """Name and version for a person."""
        version = ".".join(map(str, self.version)) if self.version else "of unknown version"
        return f"{TITLES[self.name]} {version}"


def find_hosts(machine: Machine) -> list[Host]:
    """Every host version on the machine.

    A host that only left its user folder counts, too: a studio may run it from a server, where
    nobody can look for it.
    """
    found = []
    for name in TITLES:
        programs = [
            _judged(name, _version(name, machine, path), path)
            for place in places(machine, name, "program")
            for path in machine.glob(place)
            if name != "nuke" or (path.is_dir() and _NUKE_FOLDER.match(path.name))
        ]
        made = [path for place in places(machine, name, "user") for path in machine.glob(place)]
        found += programs
        if not any(host.supported for host in programs):  # it may run from a server
            found += [_judged(name, None, path) for path in made]
    for place in places(machine, "resolve", "sandbox"):
        note = "the App Store's Resolve may not read SparkVSR; use the one of Blackmagic's site"
        found += [Host("resolve", None, path, note, False) for path in machine.glob(place)]
    return found


def places(machine: Machine, host: HostName, kind: Kind) -> list[str]:
    """The rows of the table that apply."""
    return [
        row.place
        for row in PLACES
        if (row.host, row.system, row.kind) == (host, machine.system, kind)
    ]


def nuke_folder(machine: Machine) -> Path:
    """This user's `.nuke`, which need not exist."""
    return machine.at(places(machine, "nuke", "user")[0])


def resolve_scripts(machine: Machine) -> Path:
    """This user's `Fusion/Scripts/Utility`, which need not exist."""
    return machine.at(places(machine, "resolve", "scripts")[0])


def resolve_settings(machine: Machine) -> Path:
    """Resolve's `config.dat`, which need not exist."""
    return machine.at(places(machine, "resolve", "settings")[0])


def _judged(name: HostName, version: tuple[int, int] | None, path: Path) -> Host:
    if version is None:
        return Host(name, None, path)
    if version < OLDEST[name]:
        oldest = ".".join(map(str, OLDEST[name]))
        return Host(name, version, path, f"too old: SparkVSR needs {oldest} or later", False)
    if version > NEWEST[name]:
        return Host(name, version, path, "newer than SparkVSR knows")
    return Host(name, version, path)


def _version(name: HostName, machine: Machine, path: Path) -> tuple[int, int] | None:
    if name == "nuke":
        match = _NUKE_FOLDER.match(path.name)
        return (int(match[1]), int(match[2])) if match else None
    if machine.system != "darwin":
        return None  # Resolve itself tells its bridge
    try:
        with (path / "Contents" / "Info.plist").open("rb") as file:
            major, minor = plistlib.load(file)["CFBundleShortVersionString"].split(".")[:2]
            return int(major), int(minor)
    except (
        OSError,
        ValueError,
        KeyError,
        TypeError,
        AttributeError,
        plistlib.InvalidFileException,
    ):
        return None
