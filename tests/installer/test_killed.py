"""`kill -9` before every single change of the file system, and then the same command once more."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from installing import (
    KILLED,
    LEFT_TO_DO,
    Home,
    Installer,
    Snapshot,
    differences,
    set_version,
    snapshot,
)

MANY = 400
USERS = b"import nuke\nnuke.pluginAddPath('./theirs')\n"


@pytest.fixture(params=["with an init.py", "without"])
def prepared(request: pytest.FixtureRequest, home: Home, installer: Installer) -> Installer:
    """A home with files of the user's and of others in all the folders that are written into."""
    if request.param == "with an init.py":
        home.write_init(USERS)
        home.add("~/.nuke/menu.py")
        home.launchers[0].parent.mkdir(parents=True)
        (home.launchers[0].parent / "Foreign tool.py").write_bytes(b"theirs")
        home.add("~/.local/share/sparkvsr/models/weights")
    return installer


def kept(installer: Installer, folder: Path) -> Callable[[], None]:
    """Remember the home as it is; gives what brings it back."""
    home = installer.home
    shutil.copytree(home.root, folder, symlinks=True)

    def bring_back() -> None:
        shutil.rmtree(home.root)
        shutil.copytree(folder, home.root, symlinks=True)

    return bring_back


def kills(
    installer: Installer, bring_back: Callable[[], None], *arguments: str, status: int = 0
) -> Iterator[int]:
    """Run a verb in the same home again and again, each time killed one step later."""
    for number in range(1, MANY):
        bring_back()
        done = installer(*arguments, kill_at=number)
        if done.status != KILLED:
            assert done.status == status, done.said
            assert number > 10
            return
        yield number
    raise AssertionError("more steps than there can be")


def init_is_whole(home: Home) -> None:
    """The user's init.py is as it was, or all of it with all of a block."""
    if home.init.exists():
        content = home.init.read_bytes()
        theirs = USERS if content.startswith(USERS) else b""
        block = content[len(theirs) :]
        assert block == b"" or (
            block.startswith(b"# >>> SparkVSR >>>")
            and block.endswith(b"# <<< SparkVSR <<<\n")
            and block.count(b"\n") == 5
        )


def record_is_good(home: Home) -> None:
    """What hosts read is not there, or names a version that is whole."""
    if home.installation.record_file.exists():
        version = home.in_use
        assert (version / "bridge_nuke" / "init.py").is_file()
        assert (version / "bridge_resolve" / "sparkvsr_resolve" / "launchers.py").is_file()
        assert Path(home.record["python"]).is_file()
        assert json.loads((version / "version.json").read_text())["root"] == str(version)


def foreign_files_are_there(home: Home, before: Snapshot) -> None:
    now = home.snapshot()
    for name, what in before.items():
        if what[0] == "file" and "SparkVSR" not in name and not name.endswith(".nuke/init.py"):
            assert now[name] == what


def nothing_is_half(home: Home) -> None:
    for path in home.root.rglob("*"):
        assert not path.name.endswith("-part"), path
        assert not path.name.startswith(".trash-"), path


def test_a_fresh_install_killed_anywhere_goes_on_to_the_very_same_end(
    prepared: Installer, tmp_path: Path
) -> None:
    home, before = prepared.home, prepared.home.snapshot()
    bring_back = kept(prepared, tmp_path / "kept")
    prepared.install()
    whole = home.snapshot()
    for number in kills(prepared, bring_back, "install", "--yes"):
        init_is_whole(home)
        record_is_good(home)
        foreign_files_are_there(home, before)
        prepared.install()
        nothing_is_half(home)
        assert differences(home.snapshot(), whole) == [], number
        prepared.uninstall()
        assert differences(home.snapshot(), before) == [], number


def test_a_killed_install_can_be_taken_out_at_once(prepared: Installer, tmp_path: Path) -> None:
    home, before = prepared.home, prepared.home.snapshot()
    bring_back = kept(prepared, tmp_path / "kept")
    for number in kills(prepared, bring_back, "install", "--yes"):
        prepared.uninstall()
        assert differences(home.snapshot(), before) == [], number


def test_an_update_killed_anywhere_leaves_the_old_or_the_new_version(
    prepared: Installer, tmp_path: Path
) -> None:
    home, before = prepared.home, prepared.home.snapshot()
    for version in ("0.1.0", "0.2.0"):
        set_version(prepared.source, version)
        prepared.install()
    set_version(prepared.source, "0.3.0")
    bring_back = kept(prepared, tmp_path / "kept")
    prepared.install()
    whole = home.snapshot()
    for number in kills(prepared, bring_back, "install", "--yes"):
        init_is_whole(home)
        record_is_good(home)
        assert home.record["version"] in ("0.2.0", "0.3.0")
        foreign_files_are_there(home, before)
        prepared.install()
        nothing_is_half(home)
        assert differences(home.snapshot(), whole) == [], number
    prepared.uninstall()
    assert differences(home.snapshot(), before) == []


def test_a_killed_update_still_asks_the_daemon_before_to_leave(
    installer: Installer, tmp_path: Path
) -> None:
    installer.install()
    set_version(installer.source, "0.2.0")
    bring_back = kept(installer, tmp_path / "kept")
    for number in kills(installer, bring_back, "install", "--yes"):
        killed = Path(installer.home.folder / "stdout").read_text()
        told = killed + installer.install().stdout
        assert "tells 0.1.0 daemon stop --when-idle" in told, number
        assert "tells 0.2.0 daemon service refresh" in told, number


def test_an_uninstall_killed_anywhere_goes_on_to_the_home_as_it_was(
    prepared: Installer, tmp_path: Path
) -> None:
    home, before = prepared.home, prepared.home.snapshot()
    for version in ("0.1.0", "0.2.0"):
        set_version(prepared.source, version)
        prepared.install()
    bring_back = kept(prepared, tmp_path / "kept")
    for number in kills(prepared, bring_back, "uninstall", "--yes"):
        init_is_whole(home)
        record_is_good(home)
        foreign_files_are_there(home, before)
        prepared.uninstall()
        assert differences(home.snapshot(), before) == [], number


def test_an_uninstall_killed_anywhere_keeps_what_somebody_changed(
    installer: Installer, tmp_path: Path
) -> None:
    home = installer.home
    installer.install()
    edited = home.edit()
    bring_back = kept(installer, tmp_path / "kept")
    for number in kills(installer, bring_back, "uninstall", "--yes", status=LEFT_TO_DO):
        installer.uninstall()
        assert edited.read_bytes() == b"mine", number
        left = snapshot(home.installation.folder)
        assert [name for name, what in left.items() if what[0] == "file"] == [
            str(edited.relative_to(home.installation.folder))
        ], number


def test_a_repair_killed_anywhere_never_leaves_hosts_without_a_version(
    installer: Installer, tmp_path: Path
) -> None:
    home = installer.home
    installer.install()
    whole = home.snapshot()
    home.edit()
    (home.in_use / "daemon/sparkvsr_link/__init__.py").unlink()
    bring_back = kept(installer, tmp_path / "kept")
    for number in kills(installer, bring_back, "install", "--yes"):
        record_is_good(home)
        installer.install()
        nothing_is_half(home)
        after = home.snapshot()
        (backup,) = home.installation.backups.rglob("init.py*")
        assert backup.read_bytes() == b"mine"
        assert [name for name in differences(whole, after) if "backups" not in name] == [], number


def test_an_environment_that_is_made_again_and_killed_anywhere_goes_on(
    installer: Installer, tmp_path: Path
) -> None:
    home = installer.home
    installer.install()
    whole = home.snapshot()
    (home.in_use / "env/bin/python").unlink()
    bring_back = kept(installer, tmp_path / "kept")
    for number in kills(installer, bring_back, "install", "--yes"):
        done = installer.install()
        assert "was changed" not in done.stdout, number
        nothing_is_half(home)
        assert differences(home.snapshot(), whole) == [], number


def test_files_that_stayed_are_never_lost_while_their_version_comes_again(
    installer: Installer, tmp_path: Path
) -> None:
    home = installer.home
    installer.install()
    home.edit()
    installer.uninstall()
    bring_back = kept(installer, tmp_path / "kept")
    for number in kills(installer, bring_back, "install", "--yes"):
        found = [path for path in home.installation.folder.rglob("*init.py*") if path.is_file()]
        assert b"mine" in [path.read_bytes() for path in found], number
        installer.install()
        nothing_is_half(home)
        (backup,) = home.installation.backups.rglob("init.py*")
        assert backup.read_bytes() == b"mine", number


def test_lines_of_an_older_version_are_replaced_whole_or_not_at_all(
    prepared: Installer, tmp_path: Path
) -> None:
    home, before = prepared.home, prepared.home.snapshot()
    prepared.install()
    whole = home.snapshot()
    new, old = b"put here by its installer", b"put here by an older installer"
    for file in (home.init, home.installation.placed_file):
        file.write_bytes(file.read_bytes().replace(new, old))
    bring_back = kept(prepared, tmp_path / "kept")
    seen = set()
    for number in kills(prepared, bring_back, "install", "--yes"):
        init_is_whole(home)
        seen.add(old in home.init.read_bytes())
        prepared.install()
        nothing_is_half(home)
        assert differences(home.snapshot(), whole) == [], number
        prepared.uninstall()
        assert differences(home.snapshot(), before) == [], number
    assert seen == {True, False}


def test_a_rollback_killed_anywhere_leaves_one_version_or_the_other(
    installer: Installer, tmp_path: Path
) -> None:
    home = installer.home
    for version in ("0.1.0", "0.2.0"):
        set_version(installer.source, version)
        installer.install()
    bring_back = kept(installer, tmp_path / "kept")
    seen: set[Any] = set()
    for number in range(1, MANY):
        bring_back()
        if installer("rollback", kill_at=number).status != KILLED:
            break
        record_is_good(home)
        seen.add(home.record["version"])
    assert seen <= {"0.1.0", "0.2.0"}
    assert home.record["version"] == "0.1.0"
