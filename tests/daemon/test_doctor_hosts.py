"""What `sparkvsr doctor` finds out about hosts, their bridges, and Resolve's own settings."""

from __future__ import annotations

import os
import subprocess
import threading
from pathlib import Path

import pytest

from sparkvsr_daemon import _doctor_resolve
from sparkvsr_daemon._doctor_hosts import look_at_hosts
from sparkvsr_daemon._doctor_resolve import (
    judge_scripting,
    judge_storage,
    look_at_resolve,
    parse_config,
)
from sparkvsr_daemon._finding import Finding
from sparkvsr_installer.bridges import put_into_nuke
from sparkvsr_installer.hosts import nuke_folder, resolve_settings
from sparkvsr_installer.installation import Installation
from sparkvsr_installer.machine import Machine
from sparkvsr_installer.placed import Placed
from sparkvsr_installer.version import Record


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """A Linux without hosts."""
    (tmp_path / "home").mkdir()
    return Machine("linux", tmp_path / "home", {}, tmp_path)


@pytest.fixture
def installation(machine: Machine) -> Installation:
    return Installation(machine.data_folder)


def make_nuke(machine: Machine, *versions: str) -> None:
    for version in versions:
        (machine.root / "usr" / "local" / f"Nuke{version}").mkdir(parents=True)


def make_version(installation: Installation, name: str) -> Record:
    """A version, as far as looking at it needs one."""
    python = installation.versions / name / "env" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.touch()
    return Record.of(installation.versions / name, python, name)


def look(machine: Machine, installation: Installation, name: str = "") -> dict[str, list[Finding]]:
    """By area; as the version of that name would."""
    found: dict[str, list[Finding]] = {}
    for finding in look_at_hosts(machine, installation, installation.versions / name / "env"):
        found.setdefault(finding.area, []).append(finding)
    return found


# Hosts.


def test_without_hosts_nothing_is_wrong(machine: Machine, installation: Installation) -> None:
    found = look(machine, installation)
    assert found.keys() == {"hosts", "installation"}
    assert all(finding.level == "ok" for (finding,) in found.values())


def test_every_host_is_told_and_one_too_old_is_a_warning(
    machine: Machine, installation: Installation
) -> None:
    make_nuke(machine, "15.1v3", "13.2v1")
    (machine.home / ".local/share/DaVinciResolve").mkdir(parents=True)
    found = look(machine, installation)
    texts = {finding.text: finding.level for finding in found["hosts"]}
    assert texts["Nuke 15.1"] == "ok"
    assert texts["Nuke 13.2: too old: SparkVSR needs 14.0 or later"] == "warning"
    assert texts["DaVinci Resolve of unknown version"] == "ok"
    for area in ("nuke bridge", "resolve bridge"):
        (bridge,) = found[area]
        assert (bridge.level, bridge.text) == ("warning", "SparkVSR is not installed for hosts")
        assert bridge.hint


def test_the_bridge_is_found_where_it_was_put_and_missed_where_it_was_changed(
    machine: Machine, installation: Installation
) -> None:
    make_nuke(machine, "15.1v3")
    installation.use(make_version(installation, "1.0"))
    assert look(machine, installation, "1.0")["nuke bridge"][0].text == "the bridge is not in it"
    placed = Placed.read(installation)
    placed.put_file(installation.nuke / "init.py", b"import nuke\n")
    put_into_nuke(placed, installation, nuke_folder(machine) / "init.py")
    (bridge,) = look(machine, installation, "1.0")["nuke bridge"]
    assert (bridge.level, bridge.text) == ("ok", "the bridge of 1.0 is in it")
    (nuke_folder(machine) / "init.py").write_text("")
    (bridge,) = look(machine, installation, "1.0")["nuke bridge"]
    assert (bridge.level, bridge.text) == ("warning", "~/.nuke/init.py: missing, or changed")


# Versions.


def test_the_version_in_use_is_told_with_the_one_before_it(
    machine: Machine, installation: Installation
) -> None:
    first, second = (make_version(installation, name) for name in ("1.0", "2.0"))
    installation.use(first)
    (found,) = look(machine, installation, "1.0")["installation"]
    assert (found.level, found.text) == (
        "ok",
        "hosts use this one, version 1.0; none to roll back to",
    )
    installation.use(second)
    (found,) = look(machine, installation, "2.0")["installation"]
    assert (found.level, found.text) == (
        "ok",
        "hosts use this one, version 2.0; a rollback takes 1.0",
    )
    Path(first.python).unlink()
    (found,) = look(machine, installation, "2.0")["installation"]
    assert found.text.endswith("1.0, which was used before, is not there any more")


def test_hosts_that_use_another_version_than_this_one_are_a_warning(
    machine: Machine, installation: Installation
) -> None:
    installation.use(make_version(installation, "1.0"))
    (found,) = look(machine, installation, "2.0")["installation"]
    assert (found.level, bool(found.hint)) == ("warning", True)
    assert "another installation than this one: version 1.0" in found.text


def test_a_version_that_is_gone_is_a_fault(machine: Machine, installation: Installation) -> None:
    record = make_version(installation, "1.0")
    installation.use(record)
    Path(record.python).unlink()
    (found,) = look(machine, installation, "1.0")["installation"]
    assert (found.level, found.hint) == ("fault", "Run the installer again: python3 installer")


def test_a_damaged_record_is_a_fault_where_there_are_hosts(
    machine: Machine, installation: Installation
) -> None:
    installation.folder.mkdir(parents=True)
    installation.record_file.write_text("{")
    assert look(machine, installation)["installation"][0].level == "warning"
    make_nuke(machine, "15.1v3")
    assert look(machine, installation)["installation"][0].level == "fault"


# Resolve's settings.


@pytest.mark.parametrize(
    ("mode", "level", "says"),
    [
        ("0", "ok", "works from Resolve's menu"),
        ("1", "ok", "Local"),
        ("2", "warning", "anybody on your network"),
        ("7", "ok", "unknown; in Resolve: Preferences > System > General"),
        (None, "ok", "unknown; in Resolve: Preferences > System > General"),
    ],
)
def test_scripting_from_the_network_is_a_warning_and_none_is_a_choice(
    mode: str | None, level: str, says: str
) -> None:
    found = judge_scripting(mode, "unknown")
    assert (found.level, bool(found.hint)) == (level, level != "ok")
    assert says in found.text


def storage(*roots: object, count: int | None = None) -> Finding:
    lines = [f"Site.1.FS.{n}.Root = {root}" for n, root in enumerate(roots, 1)]
    lines.append(f"Site.1.FS.Count = {len(roots) if count is None else count}")
    return judge_storage(parse_config("\r\n".join(lines).encode()), "unknown")


def test_one_folder_of_the_media_storage_must_be_there_to_be_written(tmp_path: Path) -> None:
    (tmp_path / "Secret Film").mkdir()
    gone = tmp_path / "Secret Disk"
    found = storage("", "ResolveVirtual", gone, tmp_path / "Secret Film")
    assert (found.level, found.text) == ("ok", "folder 3 is not there, folder 4 can be written")
    found = storage(gone, tmp_path, count=1)
    assert (found.level, found.text) == ("warning", "folder 1 is not there")
    assert "add a folder" in found.hint
    found = storage("ResolveVirtual")
    assert (found.level, found.text) == ("warning", "Resolve lists no folder to work in.")
    assert judge_storage({}, "unknown").text.startswith("unknown; in Resolve: Preferences")


def test_a_folder_that_may_not_be_written_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)
    assert storage(tmp_path).text == "folder 1 cannot be written"
    assert storage(tmp_path).level == "warning"


def test_a_share_whose_server_is_gone_stops_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    release = threading.Event()

    def blocked(root: Path) -> str:
        release.wait()
        return "can be written"

    monkeypatch.setattr(_doctor_resolve, "_state", blocked)
    monkeypatch.setattr(_doctor_resolve, "_PATIENCE_S", 0.1)
    try:
        assert "folder 1 does not answer" in storage(tmp_path).text
    finally:
        release.set()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1"])
def test_folders_are_found_in_whatever_encoding_the_settings_are(
    tmp_path: Path, encoding: str
) -> None:
    if encoding == "latin-1":
        folder = Path(str(tmp_path / "Disk").encode().decode() + "\udcfc")
    else:
        folder = tmp_path / "Disk ü"
    folder.mkdir()
    text = f"System.Scripting.Mode = 1\nno key\nSite.1.FS.1.Root = {tmp_path}/Disk"
    content = (text + ("ü" if encoding == "latin-1" else " ü")).encode(encoding)
    config = parse_config(content)
    assert config["System.Scripting.Mode"] == "1"
    assert judge_storage(config, "").text == "folder 1 can be written"


def test_where_resolve_is_its_settings_are_looked_at(
    machine: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_doctor_resolve, "is_running", lambda: True)
    assert list(look_at_resolve(machine)) == []
    settings = resolve_settings(machine)
    settings.parent.mkdir(parents=True)
    found = {one.area: one for one in look_at_resolve(machine)}
    assert "sparkvsr resolve doctor" in found["resolve"].text
    assert "cannot be told" in found["scripting"].text
    assert "cannot be told" in found["media storage"].text
    assert {one.level for one in found.values()} == {"ok"}
    settings.write_text(f"System.Scripting.Mode = 2\nSite.1.FS.1.Root = {tmp_path}\n")
    found = {one.area: one for one in look_at_resolve(machine)}
    assert (found["scripting"].level, found["media storage"].level) == ("warning", "ok")


def test_a_process_called_like_resolve_is_seen(tmp_path: Path) -> None:
    program = tmp_path / "resolve"
    program.write_text("#!/bin/sh\nread line\n")
    program.chmod(0o755)
    with subprocess.Popen([program], stdin=subprocess.PIPE) as process:
        assert _doctor_resolve.is_running()
        process.communicate(b"\n")
