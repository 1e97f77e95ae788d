"""Taking out after the user's edits: what was changed stays, is named, and survives what comes."""

from __future__ import annotations

from installing import LEFT_TO_DO, Home, Installer, differences, set_version


def test_edits_around_the_lines_survive_byte_for_byte(home: Home, installer: Installer) -> None:
    home.write_init(b"import nuke")
    installer.install()
    home.init.write_bytes(b"# mine\r\n" + home.init.read_bytes() + b"\tx = 1")
    done = installer.uninstall()
    assert home.init.read_bytes() == b"# mine\r\nimport nuke\n\tx = 1"
    assert done.status == LEFT_TO_DO
    (backup,) = home.installation.backups.iterdir()
    assert f"{home.init} as it was before is in {backup}" in done.stdout
    assert backup.read_bytes() == b"import nuke"
    assert [path.name for path in home.installation.folder.iterdir()] == ["backups"]
    assert "not installed" in installer("uninstall").stdout


def test_lines_that_were_edited_stay_and_are_named(home: Home, installer: Installer) -> None:
    home.write_init(b"import nuke\n")
    installer.install()
    home.init.write_bytes(home.init.read_bytes().replace(b"nuke.plug", b"# nuke.plug"))
    edited = home.init.read_bytes()
    set_version(installer.source, "0.2.0")
    again = installer.install()
    assert again.status == LEFT_TO_DO  # nothing had to be written: the folder is the same
    assert f"The SparkVSR lines in {home.init} were changed" in again.stdout
    assert "missing, or changed" in installer("status").stdout
    done = installer.uninstall()
    assert done.status == LEFT_TO_DO
    assert f"The SparkVSR lines in {home.init} were changed: take them out by hand" in done.stdout
    assert home.init.read_bytes() == edited


def test_an_edited_launcher_is_neither_written_over_nor_deleted(
    home: Home, installer: Installer
) -> None:
    installer.install()
    edited = home.launchers[1]
    edited.write_bytes(edited.read_bytes() + b"# mine\n")
    mine = edited.read_bytes()
    home.launchers[2].unlink()
    again = installer.install()
    assert again.status == LEFT_TO_DO
    assert f"{edited} was not written by this installer, or was changed since" in again.stdout
    assert home.launchers[2].is_file()
    done = installer.uninstall()
    assert f"{edited} was changed since it was written: it is left there." in done.stdout
    assert edited.read_bytes() == mine
    assert not any(path.exists() for path in home.launchers if path != edited)


def test_an_edited_lead_is_neither_written_over_nor_deleted(
    home: Home, installer: Installer
) -> None:
    installer.install()
    lead = home.installation.nuke / "init.py"
    lead.write_bytes(b"# mine\n")
    again = installer.install()
    assert again.status == LEFT_TO_DO
    assert str(lead) in again.stdout
    done = installer.uninstall()
    assert done.status == LEFT_TO_DO
    assert lead.read_bytes() == b"# mine\n"


def test_a_folder_of_ours_with_somebodys_files_stays(home: Home, installer: Installer) -> None:
    installer.install()
    theirs = [home.init.parent / "menu.py", home.launchers[0].parent / "Theirs.py"]
    for path in theirs:
        path.write_bytes(b"theirs")
    before = [path.read_bytes() for path in theirs]
    assert installer.uninstall().status == 0
    assert [path.read_bytes() for path in theirs] == before
    assert not home.init.exists()


def test_weights_and_what_the_daemon_made_stay_and_are_named(
    home: Home, installer: Installer
) -> None:
    weights = home.add("~/.local/share/sparkvsr/models/x/weights")
    journal = home.add("~/.local/share/sparkvsr/journal.sqlite3")
    before = home.snapshot()
    installer.install()
    done = installer.uninstall()
    assert f"leaves      {weights.parents[1]}" in done.stdout
    assert f"leaves      {journal}" in done.stdout
    assert differences(before, home.snapshot()) == []


def test_a_changed_file_of_a_version_stays_however_often_it_is_taken_out(
    home: Home, installer: Installer
) -> None:
    installer.install()
    edited = home.edit()
    theirs = home.in_use / "bridge_nuke" / "new.py"
    theirs.write_bytes(b"added")
    done = installer.uninstall()
    assert done.status == LEFT_TO_DO
    assert f"{edited} was changed since it was written: it is left there." in done.stdout
    for _ in range(2):
        assert edited.read_bytes() == b"mine"
        left = [path for path in home.installation.folder.rglob("*") if path.is_file()]
        assert left == [edited]
        said = installer("uninstall", "--yes").stdout
        assert "not installed" in said
    assert f"left        {edited.parents[1]}" in installer("status").stdout


def test_a_changed_file_that_stayed_is_kept_when_the_version_comes_again(
    home: Home, installer: Installer
) -> None:
    installer.install()
    edited = home.edit()
    installer.uninstall()
    done = installer.install()
    assert "what it was is kept in" in done.stdout
    assert edited.read_bytes() != b"mine"
    (kept,) = home.installation.backups.rglob("init.py")
    assert kept.read_bytes() == b"mine"
    done = installer.uninstall()
    assert str(home.installation.backups) in done.stdout
    assert kept.read_bytes() == b"mine"


def test_a_changed_file_is_kept_when_it_is_repaired_and_so_is_the_next(
    home: Home, installer: Installer
) -> None:
    installer.install()
    good = (home.in_use / "bridge_nuke" / "init.py").read_bytes()
    for content in (b"mine", b"mine, too", b"mine"):
        home.edit(content)
        assert "init.py: missing, or changed" in installer("status").stdout
        installer.install()
        assert (home.in_use / "bridge_nuke" / "init.py").read_bytes() == good
    kept = sorted(home.installation.backups.rglob("init.py*"))
    assert [path.read_bytes() for path in kept] == [b"mine", b"mine, too"]


def test_a_deleted_file_of_a_version_comes_back(home: Home, installer: Installer) -> None:
    installer.install()
    before = home.snapshot()
    (home.in_use / "bridge_nuke" / "init.py").unlink()
    (home.in_use / "daemon/sparkvsr_link/__init__.py").unlink()
    (home.in_use / "daemon/sparkvsr_link").rmdir()
    installer.install()
    assert differences(before, home.snapshot()) == []


def test_a_broken_environment_is_made_again(home: Home, installer: Installer) -> None:
    installer.install()
    before = home.snapshot()
    (home.in_use / "env/bin/python").unlink()
    done = installer.install()
    assert "ensures" in done.stdout
    assert differences(before, home.snapshot()) == []


def test_a_changed_file_of_a_version_that_is_too_old_to_stay_is_left(
    home: Home, installer: Installer
) -> None:
    installer.install()
    edited, old = home.edit(), home.in_use
    for version in ("0.2.0", "0.3.0"):
        set_version(installer.source, version)
        done = installer.install()
    assert done.status == LEFT_TO_DO
    assert f"{edited} was changed" in done.stdout
    assert edited.read_bytes() == b"mine"
    assert [path for path in old.rglob("*") if path.is_file()] == [edited]
    set_version(installer.source, "0.4.0")
    assert installer.install().status == 0  # it is named once, and stays
    assert edited.read_bytes() == b"mine"


def test_what_is_not_installed_cannot_be_taken_out(home: Home, installer: Installer) -> None:
    before = home.snapshot()
    done = installer("uninstall", "--yes")
    assert done.status == 0
    assert f"SparkVSR is not installed in {home.installation.folder}" in done.stdout
    assert installer("rollback").status == 10
    assert installer("doctor").status == 10
    assert differences(before, home.snapshot()) == []


def test_what_one_place_does_not_let_go_is_tried_again(home: Home, installer: Installer) -> None:
    home.write_init(b"import nuke\n")
    before = home.snapshot()
    installer.install()
    in_the_way = home.init.with_name(".init.py.sparkvsr-part")
    in_the_way.mkdir()
    done = installer.uninstall()
    assert done.status == LEFT_TO_DO
    assert f"{home.init} cannot be changed" in done.stdout
    assert b"pluginAddPath" in home.init.read_bytes()
    assert not any(path.exists() for path in home.launchers)
    in_the_way.rmdir()
    assert installer.uninstall().status == 0
    assert differences(before, home.snapshot()) == []
