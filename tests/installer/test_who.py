"""Who installs, with which Python, from what, and what nobody can want: said in a sentence."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from installing import LEFT_TO_DO, ROOT, Home, Installer, differences
from sparkvsr_installer.machine import Machine
from sparkvsr_installer.plan import Wishes, make_plan
from sparkvsr_installer.source import Source
from sparkvsr_installer.steps import StepError


def test_the_stores_python_is_refused_as_hosts_would_see_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = r"C:\Program Files\WindowsApps\PythonSoftwareFoundation.Python.3.12"
    monkeypatch.setattr(sys, "base_prefix", store)
    machine = Machine("win32", tmp_path, {}, tmp_path)
    with pytest.raises(StepError, match=r"Microsoft Store.*python\.org"):
        make_plan(machine, Source.at(ROOT), Wishes())


@pytest.mark.skipif(sys.platform == "win32" or os.getuid() != 0, reason="needs two users")
def test_an_administrator_in_a_users_home_is_refused(tmp_path: Path) -> None:
    os.chown(tmp_path, 65534, 65534)
    machine = Machine("linux", tmp_path, {}, tmp_path)
    with pytest.raises(StepError, match="without sudo, or with --shared"):
        make_plan(machine, Source.at(ROOT), Wishes())
    assert make_plan(machine, Source.at(ROOT), Wishes(shared=tmp_path / "studio"))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"schema": 1}', "\xff"])
def test_a_damaged_bundle_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "bundle.json").write_bytes(text.encode("latin-1"))
    with pytest.raises(StepError, match=r"copy the bundle again|make it anew"):
        Source.at(tmp_path)


def test_another_sparkvsr_on_the_path_is_not_what_is_installed(tmp_path: Path) -> None:
    other = tmp_path / "other" / "sparkvsr_resolve"
    other.mkdir(parents=True)
    (other / "__init__.py").write_text("")
    (other / "launchers.py").write_text("LAUNCHERS = {}\nlauncher_text = None\n")
    done = subprocess.run(
        [sys.executable, ROOT / "installer", "--dry-run", "--host", "resolve"],
        env={**os.environ, "HOME": str(tmp_path), "PYTHONPATH": str(other.parent)},
        capture_output=True,
        text=True,
    )
    assert "5 entries of Resolve's menu" in done.stdout, done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("--develop", "--torch-index=x"),
        ("--develop", "--shared=x"),
        ("--shared=x", "--host=nuke"),
        ("--shared=x", "--weights"),
        ("--torch-index=https://me:secret@index.example",),
    ],
)
def test_wishes_that_go_against_each_other_are_refused(
    home: Home, installer: Installer, arguments: tuple[str, ...]
) -> None:
    before = home.snapshot()
    assert installer("--yes", *arguments).status == 2
    assert differences(before, home.snapshot()) == []


def test_a_shared_folder_that_everybody_may_write_to_is_left_to_do(
    installer: Installer, tmp_path: Path
) -> None:
    (tmp_path / "open").mkdir()
    (tmp_path / "open").chmod(0o777)
    done = installer.install("--shared", str(tmp_path / "open" / "studio"))
    assert done.status == LEFT_TO_DO
    assert f"Everybody may write to {tmp_path / 'open'}" in done.stdout
    assert "must be there on every machine" in done.stdout
