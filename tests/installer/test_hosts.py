"""The table of places, and what is found on machines of every system."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest

from installing import NUKE, SYSTEMS, Home
from sparkvsr_installer.hosts import PLACES, TITLES, HostName, Kind, find_hosts, places


def nukes(home: Home) -> dict[str, tuple[bool, str]]:
    """Title to whether it is supported, and the note."""
    return {host.title: (host.supported, host.note) for host in find_hosts(home.machine)}


def test_every_place_says_who_says_so_and_can_be_resolved(tmp_path: Path) -> None:
    for row in PLACES:
        assert row.source, row
        assert row.host in TITLES
        assert row.system in SYSTEMS
        assert row.kind in get_args(Kind)
        assert row.place.startswith(("/", "~/", "%"))
        assert row.place.count("*") <= 1
        assert Home(tmp_path / str(PLACES.index(row)), row.system).machine.at(row.place)
    assert len(set(PLACES)) == len(PLACES)


@pytest.mark.parametrize("system", SYSTEMS)
@pytest.mark.parametrize("host", TITLES)
def test_every_host_has_its_places_on_every_system(
    host: HostName, system: str, tmp_path: Path
) -> None:
    machine = Home(tmp_path, system).machine
    assert places(machine, host, "program")
    assert places(machine, host, "user")
    if host == "resolve":
        assert len(places(machine, host, "scripts")) == 1
        assert len(places(machine, host, "settings")) == 1


@pytest.mark.parametrize("system", SYSTEMS)
def test_both_hosts_are_found(tmp_path: Path, system: str) -> None:
    found = find_hosts(Home(tmp_path, system).machine)
    assert [host.name for host in found] == ["nuke", "resolve"]
    assert all(host.supported and not host.note for host in found)
    assert found[0].version == (15, 1)
    assert found[1].version == ((20, 3) if system == "darwin" else None)


@pytest.mark.parametrize("system", SYSTEMS)
def test_nothing_is_found_on_an_empty_machine(tmp_path: Path, system: str) -> None:
    home = Home(tmp_path, system)
    home.root = tmp_path / "empty"
    home.path = home.root / "users" / "nobody"
    assert find_hosts(home.machine) == []


@pytest.mark.parametrize(
    ("name", "title", "supported", "note"),
    [
        ("Nuke13.2v9", "Nuke 13.2", False, "too old"),
        ("Nuke14.0v5", "Nuke 14.0", True, ""),
        ("Nuke17.1v2", "Nuke 17.1", True, ""),
        ("Nuke18.0v1", "Nuke 18.0", True, "newer than SparkVSR knows"),
        ("Nuke16.0v1b3", "Nuke 16.0", True, ""),
        ("Nuke15.1v10.beta.1234", "Nuke 15.1", True, ""),
    ],
)
@pytest.mark.parametrize("system", SYSTEMS)
def test_the_version_of_nuke_is_in_the_name_of_its_folder(
    tmp_path: Path, system: str, name: str, title: str, supported: bool, note: str
) -> None:
    home = Home(tmp_path, system)
    home.add(NUKE[system].format(name))
    assert nukes(home)[title][0] == supported
    assert note in nukes(home)[title][1]


@pytest.mark.parametrize("name", ["NukeX", "Nuke", "Nukes15.1v3", "Nuke 15.1v3", "Nuke15"])
def test_what_only_begins_like_nuke_is_not_nuke(tmp_path: Path, name: str) -> None:
    home = Home(tmp_path)
    home.add(NUKE["linux"].format(name))
    assert len(find_hosts(home.machine)) == 2


def test_several_nukes_are_all_found(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.add("/opt/Nuke16.0v1/nuke")
    home.add("~/Nuke14.1v2/nuke")
    assert {"Nuke 15.1", "Nuke 16.0", "Nuke 14.1"} <= nukes(home).keys()


@pytest.mark.parametrize("system", SYSTEMS)
def test_a_host_that_only_left_its_user_folder_counts(tmp_path: Path, system: str) -> None:
    home = Home(tmp_path, system)
    home.root = tmp_path / "empty"
    home.add(f"{places(home.machine, 'nuke', 'user')[0]}/x")
    home.add(f"{places(home.machine, 'resolve', 'user')[0]}/x")
    assert [host.title for host in find_hosts(home.machine)] == [
        "Nuke of unknown version",
        "DaVinci Resolve of unknown version",
    ]


@pytest.mark.parametrize(
    ("version", "title", "supported"),
    [
        ("18.5.1", "DaVinci Resolve 18.5", False),
        ("18.6", "DaVinci Resolve 18.6", True),
        ("21.1.0", "DaVinci Resolve 21.1", True),
        ("22.0.0", "DaVinci Resolve 22.0", True),
        ("20", "DaVinci Resolve of unknown version", True),
        ("20.0b1", "DaVinci Resolve of unknown version", True),
    ],
)
def test_the_version_of_resolve_is_in_its_info_plist(
    tmp_path: Path, version: str, title: str, supported: bool
) -> None:
    home = Home(tmp_path, "darwin")
    home.resolve_version(version)
    assert nukes(home)[title][0] == supported


@pytest.mark.parametrize("content", [b"", b"not a plist", b"<plist><array/></plist>"])
def test_a_damaged_info_plist_is_an_unknown_version(tmp_path: Path, content: bytes) -> None:
    home = Home(tmp_path, "darwin")
    home.add("/Applications/DaVinci Resolve/DaVinci Resolve.app/Contents/Info.plist", content)
    assert "DaVinci Resolve of unknown version" in nukes(home)


def test_the_app_stores_resolve_is_named_and_nothing_is_put_into_it(tmp_path: Path) -> None:
    home = Home(tmp_path, "darwin")
    home.add("~/Library/Containers/com.blackmagic-design.DaVinciResolveLite/x")
    sandboxed = find_hosts(home.machine)[-1]
    assert not sandboxed.supported
    assert "App Store" in sandboxed.note


def test_windows_places_are_where_its_variables_say(tmp_path: Path) -> None:
    home = Home(tmp_path, "win32")
    home.environ |= {"PROGRAMFILES": str(tmp_path / "D"), "HOME": str(tmp_path / "H")}
    (tmp_path / "D" / "Nuke16.0v2").mkdir(parents=True)
    assert "Nuke 16.0" in nukes(home)
    assert home.init == tmp_path / "H" / ".nuke" / "init.py"
