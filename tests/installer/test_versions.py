"""Versions side by side: updating, going back, and what hosts see meanwhile."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import pytest

from installing import FAILED, Home, Installer, differences, set_version


def update(installer: Installer, version: str) -> Path:
    """Install another version; gives its folder."""
    set_version(installer.source, version)
    installer.install()
    return installer.home.in_use


def test_a_newer_version_stands_beside_the_older_and_hosts_use_it(
    home: Home, installer: Installer
) -> None:
    old = update(installer, "0.1.0")
    files = home.init.read_bytes(), [path.read_bytes() for path in home.launchers]
    set_version(installer.source, "0.2.0")
    said = installer("--dry-run").stdout
    assert f"before      {old}; it stays" in said
    assert f"keeps       5 lines in {home.init}\n" in said
    assert "keeps       5 entries of Resolve's menu" in said
    done = installer.install()
    assert "  go back     python3" in done.stdout
    new = home.in_use
    assert old != new
    assert home.versions == [old.name, new.name]
    assert home.record["version"] == "0.2.0"
    assert home.record["previous"]["root"] == str(old)
    assert (home.init.read_bytes(), [path.read_bytes() for path in home.launchers]) == files
    status = installer("status").stdout
    assert f"in use      0.2.0: {new}" in status
    assert f"before      0.1.0: {old}" in status


def test_the_daemon_of_the_version_before_is_asked_to_leave(installer: Installer) -> None:
    update(installer, "0.1.0")
    set_version(installer.source, "0.2.0")
    said = installer.install().stdout
    assert "tells 0.1.0 daemon stop --when-idle" in said
    assert "tells 0.2.0 daemon service refresh" in said
    said = installer("rollback").stdout
    assert "tells 0.2.0 daemon stop --when-idle" in said
    assert "tells 0.1.0 daemon service refresh" in said


def test_what_is_shared_tells_the_daemon_of_who_installs_it_nothing(
    installer: Installer, tmp_path: Path
) -> None:
    shared = ("--shared", str(tmp_path / "studio"))
    said = ""
    for version in ("0.1.0", "0.2.0"):
        set_version(installer.source, version)
        said += installer.install(*shared).stdout
    said += installer("rollback", *shared).stdout + installer.uninstall(*shared).stdout
    assert "Hosts use" in said
    assert "tells 0." not in said


def test_going_back_goes_back_and_forth(home: Home, installer: Installer) -> None:
    old, new = update(installer, "0.1.0"), update(installer, "0.2.0")
    for expected in (old, new, old):
        done = installer("rollback", source=new)  # from the installed version, as the ending says
        assert done.status == 0, done.said
        assert f"Hosts use {expected}" in done.stdout
        assert home.in_use == expected
    assert home.versions == [old.name, new.name]


def test_going_back_needs_a_version_that_is_there(home: Home, installer: Installer) -> None:
    update(installer, "0.1.0")
    none = installer("rollback")
    assert none.status == FAILED
    assert "There is no version before" in none.stderr
    old, new = home.in_use, update(installer, "0.2.0")
    (old / "env/bin/python").unlink()
    gone = installer("rollback")
    assert gone.status == FAILED
    assert f"{old} is not there any more: install that version again." in gone.stderr
    assert home.in_use == new


def test_a_third_version_removes_the_oldest_and_says_so_before(
    home: Home, installer: Installer
) -> None:
    first, second = update(installer, "0.1.0"), update(installer, "0.2.0")
    set_version(installer.source, "0.3.0")
    assert f"removes     {first}, which" in installer("--dry-run").stdout
    third = update(installer, "0.3.0")
    assert home.versions == [second.name, third.name]
    assert home.record["previous"]["version"] == "0.2.0"
    assert "previous" not in home.record["previous"] or not home.record["previous"]["previous"]


def test_after_going_back_a_new_version_removes_the_one_that_was_left(
    home: Home, installer: Installer
) -> None:
    first, second = update(installer, "0.1.0"), update(installer, "0.2.0")
    installer("rollback")
    third = update(installer, "0.3.0")
    assert home.versions == [first.name, third.name]
    assert not second.exists()


def test_changed_files_of_the_same_number_are_another_version(
    home: Home, installer: Installer
) -> None:
    first = update(installer, "0.1.0")
    (installer.source / "bridge_nuke" / "init.py").write_text("# other\n")
    installer.install()
    assert home.in_use != first
    assert first.is_dir()


def test_an_older_version_can_be_installed_again(home: Home, installer: Installer) -> None:
    old, new = update(installer, "0.1.0"), update(installer, "0.2.0")
    assert update(installer, "0.1.0") == old
    assert home.record["previous"]["root"] == str(new)


def test_the_record_of_a_checkout_counts_as_the_version_before(
    home: Home, installer: Installer
) -> None:
    folder = home.installation.folder
    folder.mkdir(parents=True)
    checkout = {"agent": ["x"], "python": "/nowhere/python", "version": "0.0.9", "root": "/old"}
    (folder / "install.json").write_text(json.dumps({"schema": 1, **checkout}))
    assert "tells 0." not in installer.install().stdout  # its python is gone
    assert home.record["previous"]["root"] == "/old"
    assert installer("rollback").status == FAILED


def test_an_agent_that_does_not_answer_leaves_hosts_with_what_they_used(
    home: Home, installer: Installer
) -> None:
    home.environ["SPARKVSR_HOME"] = str(home.path / "mine")
    old = update(installer, "0.1.0")
    before = home.init.read_bytes()
    installer.stubs = tuple(stub for stub in installer.stubs if stub != "agent")
    (home.path / "mine" / "run").write_text("in the way of a folder")
    set_version(installer.source, "0.2.0")
    done = installer("--yes")
    assert done.status == FAILED
    assert done.stderr.count("\n") == 1
    assert "Cannot make the folder" in done.stderr
    assert home.in_use == old
    assert home.init.read_bytes() == before
    assert installer("status").stdout.count("unfinished") == 1
    (home.path / "mine" / "run").unlink()
    assert installer("--yes").status == 0
    assert home.record["version"] == "0.2.0"


@pytest.mark.parametrize("verbs", [("install", "--yes"), ("rollback",)])
def test_hosts_always_read_a_whole_record_of_a_version_that_is_there(
    home: Home, installer: Installer, verbs: tuple[str, ...]
) -> None:
    update(installer, "0.1.0")
    update(installer, "0.2.0")
    seen: set[str] = set()
    wrong: list[object] = []
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            try:
                record = json.loads(home.installation.record_file.read_bytes())
                seen.add(record["version"])
                if not (Path(record["root"]) / "version.json").is_file():
                    # An update may remove the version that was read, but only once another is named
                    now = json.loads(home.installation.record_file.read_bytes())
                    if now["root"] == record["root"]:
                        wrong.append(record)
            except Exception as error:
                wrong.append(error)

    reader = threading.Thread(target=read)
    reader.start()
    try:
        for number in range(3, 13):
            if verbs[0] == "install":
                set_version(installer.source, f"0.{number}.0")
            assert installer(*verbs).status == 0
    finally:
        done.set()
        reader.join()
    assert wrong == []
    assert len(seen) > 1


def test_all_versions_are_taken_out_together(home: Home, installer: Installer) -> None:
    before = home.snapshot()
    update(installer, "0.1.0")
    update(installer, "0.2.0")
    installer.uninstall()
    assert differences(before, home.snapshot()) == []


def test_a_folder_by_another_name_is_the_same_installation(
    installer: Installer, tmp_path: Path
) -> None:
    (tmp_path / "studio").mkdir()
    (tmp_path / "link").symlink_to("studio")
    installer.install("--shared", str(tmp_path / "studio"))
    set_version(installer.source, "0.2.0")
    installer.install("--shared", str(tmp_path / "link"))
    versions = sorted(path.name[:5] for path in (tmp_path / "studio" / "versions").iterdir())
    assert versions == ["0.1.0", "0.2.0"]
    installer.install("--shared", str(tmp_path / "studio"))  # the same one again
    record = json.loads((tmp_path / "studio" / "install.json").read_text())
    assert (record["version"], record["previous"]["version"]) == ("0.2.0", "0.1.0")
    assert installer("rollback", "--shared", str(tmp_path / "link")).status == 0


def test_the_installed_copy_knows_whose_it_is_however_it_is_reached(
    home: Home, installer: Installer
) -> None:
    installer.install()
    link = home.folder / "way round"
    link.symlink_to(home.path)
    around = link / home.in_use.relative_to(home.path)
    assert "is in it" in installer("status", source=around).stdout
    done = installer("uninstall", "--yes", source=around)
    assert "tells 0.1.0 daemon stop" in done.stdout, done.said
