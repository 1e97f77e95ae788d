"""Installing: into homes of every system, twice, with others' files in the way, for a studio."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from installing import (
    FAILED,
    LEFT_TO_DO,
    ROOT,
    SYSTEMS,
    Home,
    Installer,
    differences,
    make_source,
    set_version,
    snapshot,
)
from sparkvsr_resolve.launchers import LAUNCHERS

NOBODY = 65534
INITS = {
    "none": None,
    "empty": b"",
    "ends": b"import nuke\n",
    "windows, without a last line end": b"import nuke\r\nx = 1",
    "byte order mark": b"\xef\xbb\xbfimport nuke\n",
    "another tool's lines": b"# >>> Tool >>>\nimport nuke\n# <<< Tool <<<\n",
    "Python 2": b"print 'hello'\n",
}


@pytest.mark.parametrize("system", SYSTEMS)
@pytest.mark.parametrize("init", INITS)
def test_a_home_is_as_before_after_install_and_uninstall(
    tmp_path: Path, server: subprocess.Popen[str], system: str, init: str
) -> None:
    home = Home(tmp_path, system)
    theirs = INITS[init]
    if theirs is not None:
        home.write_init(theirs)
    before = home.snapshot()
    installer = Installer(home, make_source(tmp_path / "source"), server)
    done = installer.install()
    assert done.status == 0
    assert "start Nuke again" in done.stdout
    assert "Workspace > Scripts > SparkVSR panel" in done.stdout
    assert home.init.read_bytes().startswith(theirs or b"")
    assert ascii((home.installation.nuke).as_posix()).encode() in home.init.read_bytes()
    assert all(str(launcher) for launcher in home.launchers if launcher.is_file())
    assert [launcher.is_file() for launcher in home.launchers] == [True] * len(LAUNCHERS)
    assert (home.in_use / "version.json").is_file()
    if theirs:
        (backup,) = home.installation.backups.iterdir()
        assert backup.read_bytes() == theirs
    installer.uninstall()
    assert differences(before, home.snapshot()) == []


def test_a_second_run_changes_nothing_that_is_the_users(home: Home, installer: Installer) -> None:
    home.write_init(b"import nuke\n")
    installer.install()
    watched = [home.init, *home.launchers, home.installation.nuke / "init.py"]
    before = home.snapshot(), [(path.stat().st_ino, path.stat().st_mtime_ns) for path in watched]
    again = installer.install()
    after = home.snapshot(), [(path.stat().st_ino, path.stat().st_mtime_ns) for path in watched]
    assert before == after
    assert "which is here already" in again.stdout
    assert "ensures" not in again.stdout
    assert "tells 0." not in again.stdout


def test_a_dry_run_says_everything_and_changes_nothing(home: Home, installer: Installer) -> None:
    home.write_init(b"import nuke\n")
    before = home.snapshot()
    done = installer("--dry-run")
    assert done.status == 0
    assert differences(before, home.snapshot()) == []
    for word in ("Nuke 15.1", "DaVinci Resolve", "at the end of", "a copy of it goes to", "CPU"):
        assert word in done.stdout
    assert done.stdout.endswith("Nothing was changed.\n")
    assert installer("--develop", "--dry-run").status == 0
    assert installer("uninstall", "--dry-run").status == 0
    installer.install()
    before = home.snapshot()
    done = installer("uninstall", "--dry-run")
    assert str(home.init) in done.stdout
    assert all(str(path) in done.stdout for path in home.launchers)
    assert differences(before, home.snapshot()) == []


@pytest.mark.parametrize("verb", ["install", "uninstall"])
def test_without_a_terminal_and_without_yes_nothing_is_changed(
    home: Home, installer: Installer, verb: str
) -> None:
    if verb == "uninstall":
        installer.install()
    before = home.snapshot()
    done = installer(verb)
    assert done.status == FAILED
    assert "--yes" in done.stderr
    assert differences(before, home.snapshot()) == []


def test_only_the_hosts_that_are_named_are_touched(home: Home, installer: Installer) -> None:
    installer.install("--host", "resolve")
    assert not home.init.exists()
    assert home.launchers[0].exists()
    installer.uninstall()
    installer.install("--host", "nuke")
    assert home.init.exists()
    assert not home.launchers[0].exists()


def test_a_host_that_is_not_found_is_written_into_when_it_is_named(
    tmp_path: Path, server: subprocess.Popen[str]
) -> None:
    home = Home(tmp_path)
    home.root = tmp_path / "no hosts"
    installer = Installer(home, make_source(tmp_path / "source"), server)
    before = snapshot(home.path)
    assert "into no host" in installer("--dry-run").stdout
    installer.install("--host", "nuke", "--host", "resolve")
    assert home.init.exists()
    assert home.launchers[0].exists()
    installer.uninstall()
    assert differences(before, snapshot(home.path)) == []


def test_a_nuke_that_is_too_old_gets_nothing(
    tmp_path: Path, home: Home, installer: Installer
) -> None:
    (home.root / "usr/local/Nuke15.1v3").rename(home.root / "usr/local/Nuke13.2v4")
    done = installer.install()
    assert "too old: SparkVSR needs 14.0 or later" in done.stdout
    assert not home.init.exists()


def test_a_link_to_the_users_dotfiles_stays_a_link(home: Home, installer: Installer) -> None:
    dotfiles = home.add("~/dotfiles/nuke_init.py", b"import nuke\n")
    home.init.parent.mkdir()
    home.init.symlink_to("../dotfiles/nuke_init.py")
    before = home.snapshot()
    installer.install()
    assert home.init.is_symlink()
    assert b"SparkVSR" in dotfiles.read_bytes()
    assert installer("status").stdout.count("the bridge of") == 2
    installer.uninstall()
    assert differences(before, home.snapshot()) == []


def test_a_link_that_leads_nowhere_good_is_named(home: Home, installer: Installer) -> None:
    home.init.parent.mkdir()
    home.init.symlink_to("init.py")
    before = home.snapshot()
    done = installer.install()
    assert done.status == LEFT_TO_DO
    assert f"{home.init} is a link that leads back to itself" in done.stdout
    assert home.launchers[0].exists()
    assert installer("status").status == 0
    installer.uninstall()
    assert differences(before, home.snapshot()) == []


def test_a_link_to_a_file_that_is_not_there_yet_is_followed(
    home: Home, installer: Installer
) -> None:
    home.init.parent.mkdir()
    home.init.symlink_to("../dotfiles/init.py")
    before = home.snapshot()
    installer.install()
    assert home.init.is_symlink()
    assert b"SparkVSR" in (home.path / "dotfiles/init.py").read_bytes()
    installer.uninstall()
    assert differences(before, home.snapshot()) == []


def test_a_foreign_file_with_a_launchers_name_is_left_and_the_others_are_written(
    home: Home, installer: Installer
) -> None:
    foreign = home.launchers[0]
    foreign.parent.mkdir(parents=True)
    foreign.write_bytes(b"mine")
    done = installer.install()
    assert done.status == LEFT_TO_DO
    assert str(foreign) in done.stdout
    assert "Move it away and run this again" in done.stdout
    assert foreign.read_bytes() == b"mine"
    assert all(path.is_file() for path in home.launchers[1:])
    assert home.init.exists()
    installer.uninstall()
    assert foreign.read_bytes() == b"mine"
    assert not any(path.exists() for path in home.launchers[1:])


@pytest.mark.parametrize("in_the_way", [".nuke", ".nuke/init.py", ".local/share/DaVinciResolve"])
def test_what_is_in_the_way_is_named_and_the_other_host_gets_its_bridge(
    home: Home, installer: Installer, in_the_way: str
) -> None:
    path = home.path / in_the_way
    path.parent.mkdir(parents=True, exist_ok=True)
    if in_the_way.endswith("init.py"):
        path.mkdir()
    else:
        path.write_bytes(b"a file where a folder must go")
    before = home.snapshot()
    done = installer.install()
    assert done.status == LEFT_TO_DO
    assert str(path) in done.stdout
    assert "part" not in done.stdout.partition("To do")[2].partition("cannot")[0]
    others = home.launchers[0] if "nuke" in in_the_way else home.init
    assert others.is_file()
    said = installer("status").stdout
    assert "the bridge is not in it" in said or "init.py: missing, or changed" in said
    installer.uninstall()
    assert differences(before, home.snapshot()) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
@pytest.mark.parametrize("locked", [".nuke", "Scripts", "data"])
def test_a_folder_that_may_not_be_written_is_named_with_what_to_do(
    home: Home, installer: Installer, locked: str
) -> None:
    init = home.write_init(b"import nuke\n")
    scripts = home.launchers[0].parent
    scripts.mkdir(parents=True)
    give_away(home.folder, NOBODY)
    folder = {".nuke": init.parent, "Scripts": scripts, "data": home.path / ".local/share"}[locked]
    os.chown(folder, 0, 0)
    folder.chmod(0o755)
    before = home.snapshot()
    done = installer("--yes", user=NOBODY)
    if locked == "data":
        assert done.status == FAILED
        assert "cannot be written: make it writable" in done.stderr
        assert str(home.installation.folder) in done.stderr
        assert differences(before, home.snapshot()) == []
        return
    assert done.status == LEFT_TO_DO, done.said
    refused = init if locked == ".nuke" else home.launchers[0]
    assert f"{refused} cannot be written (Permission denied): make it and its" in done.stdout
    assert (home.launchers[0] if locked == ".nuke" else init).read_bytes() != b"import nuke\n"
    folder.chmod(0o777)
    assert installer("--yes", user=NOBODY).status == 0  # put right, it goes on
    assert installer("uninstall", "--yes", user=NOBODY).status == 0
    folder.chmod(0o755)
    assert differences(before, home.snapshot()) == []


def give_away(folder: Path, user: int) -> None:
    for path in (folder, *folder.rglob("*"), *folder.parents):
        if path.is_relative_to(folder):
            os.chown(path, user, user)
        elif path.stat().st_uid == os.geteuid():
            path.chmod(path.stat().st_mode | 0o055)


def test_two_installers_at_once_are_one_too_many(home: Home, installer: Installer) -> None:
    import fcntl

    installer.install()
    before = home.snapshot()
    with home.installation.lock.open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for verb in ("install", "uninstall"):
            second = installer(verb, "--yes")
            assert second.status == FAILED
            assert "Another installer is at work" in second.stderr
            assert "wait until it has ended" in second.stderr
        assert installer("rollback").status == FAILED
    assert differences(before, home.snapshot()) == []
    assert installer.install().status == 0


def test_a_studio_installs_once_for_all_and_nothing_of_ones_own_is_touched(
    home: Home, installer: Installer, tmp_path: Path
) -> None:
    home.write_init(b"import nuke\n")
    studio = tmp_path / "Studio für alle"
    before = home.snapshot()
    done = installer.install("--shared", str(studio))
    assert done.status == 0
    assert differences(before, home.snapshot()) == []
    assert (studio / "nuke" / "init.py").read_bytes() == (
        ROOT / "bridge_nuke/lead/init.py"
    ).read_bytes()
    assert sorted(path.name for path in (studio / "resolve").iterdir()) == sorted(
        LAUNCHERS.values()
    )
    assert ascii(str(studio / "install.json")) in (studio / "resolve/SparkVSR panel.py").read_text()
    assert f"NUKE_PATH to {studio / 'nuke'}" in done.stdout
    for path in (studio, *studio.rglob("*")):  # every artist can read all of it
        if path.name != "installer.lock":
            assert path.stat().st_mode & (0o055 if path.is_dir() else 0o044) in (0o055, 0o044), path
    installer.install("--shared", str(studio), "--torch-index", "https://index.example")
    assert installer("rollback", "--shared", str(studio)).status == 0
    assert (studio / "install.json").stat().st_mode & 0o777 == 0o644
    said = installer("status", "--shared", str(studio)).stdout
    assert said.count(f"the bridge of 0.1.0 is ready in {studio}") == 2
    assert "missing" not in said
    assert installer("status").stdout.count("SparkVSR is not installed for hosts") == 2
    installer.uninstall("--shared", str(studio))
    assert not studio.exists()


def test_a_damaged_record_is_replaced_and_a_damaged_list_stops_everything(
    home: Home, installer: Installer
) -> None:
    home.installation.folder.mkdir(parents=True)
    for text in ("", "{", "[]", '{"root": 1}'):
        home.installation.record_file.write_text(text)
        installer.install()
        assert home.record["version"] == "0.1.0"
    home.installation.placed_file.write_text("{")
    set_version(installer.source, "0.2.0")  # of which nothing is made then
    before = home.snapshot()
    for verb in ("install", "uninstall"):
        done = installer(verb, "--yes")
        assert done.status == FAILED
        assert "placed.json is damaged" in done.stderr
    assert differences(before, home.snapshot()) == []


def test_a_terminal_that_cannot_show_a_path_does_not_stop_the_installer(
    home: Home, installer: Installer
) -> None:
    done = installer.install(encoding="ascii")
    assert done.status == 0
    assert r"Zo\xeb" in done.stdout
    assert home.init.exists()


def test_a_development_checkout_is_used_as_it_stands(home: Home, installer: Installer) -> None:
    installer.install()
    installed = home.in_use
    done = installer.install("--develop")
    assert done.status == 0, done.said
    assert f"before      {installed}; it stays" in done.stdout
    assert home.in_use == installer.source and installed.is_dir()
    assert home.record["python"] == str(installer.source / ".venv/bin/python")
    assert home.record["previous"]["root"] == str(installed)
    assert installer("rollback").status == 0
    assert home.in_use == installed
    installer.uninstall()
    installer.install("--develop")
    assert home.in_use == installer.source
    assert b"pluginAddPath" in home.init.read_bytes()
    installer.uninstall()
    assert installer.source.is_dir()
    assert not home.installation.folder.exists()


def test_what_hosts_read_is_for_this_user_alone(home: Home, installer: Installer) -> None:
    installer.install()
    assert home.installation.record_file.stat().st_mode & 0o777 == 0o600
    assert home.installation.folder.stat().st_mode & 0o777 == 0o700
    assert home.record == {
        "schema": 1,
        "agent": [home.record["python"], "-I", "-m", "sparkvsr_daemon.cli", "agent"],
        "python": str(home.in_use / "env/bin/python"),
        "version": "0.1.0",
        "root": str(home.in_use),
        "torch_index": "",
        "previous": None,
    }
    assert json.loads((home.in_use / "version.json").read_text())["root"] == str(home.in_use)


def test_an_installed_version_says_what_it_cannot_do(home: Home, installer: Installer) -> None:
    installer.install()
    before = home.snapshot()
    for verb in (["install"], ["demo"], ["test"], ["bundle", "x"]):
        options = ["--platform", "linux-x86_64", "--python", "3.12"] if "bundle" in verb else []
        done = installer(*verb, *options, source=home.in_use)
        assert done.status == FAILED
        assert "the one that SparkVSR came in" in done.stderr or "came in." in done.stderr
    assert differences(before, home.snapshot()) == []
    status = installer("status", source=home.in_use)
    assert status.stdout.count("the bridge of 0.1.0 is in it") == 2
    assert installer("uninstall", "--yes", source=home.in_use).status == 0
    assert not home.installation.folder.exists()
