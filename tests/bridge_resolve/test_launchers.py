"""The menu entries: tiny files that find the bridge and call it."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from resolve_emulator import Session
from resolve_emulator.environment import run_script
from resolve_emulator.fixture import resolve_profile as resolve_profile
from resolve_emulator.fixture import session as session
from sparkvsr_resolve.launchers import LAUNCHERS, launcher_text

ROOT = Path(__file__).resolve().parents[2]
Run = Callable[[str, "str | None"], None]


@pytest.fixture
def called(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """What was asked of the bridge, which does nothing itself here."""
    from sparkvsr_resolve.host import menu

    found: list[tuple[Any, ...]] = []
    for action in LAUNCHERS:
        monkeypatch.setattr(
            menu, action, lambda *given, action=action: found.append((action, *given))
        )
    return found


@pytest.fixture
def run(session: Session, tmp_path: Path, called: list[Any]) -> Iterator[Run]:
    """Run a launcher as the menu does; `install.json` names a root, or is what is given."""

    def start(action: str, root: str | None) -> None:
        path = tmp_path / LAUNCHERS[action]
        install = tmp_path / "install.json"
        if root is not None:
            install.write_text(json.dumps({"root": root}), encoding="utf-8")
        path.write_text(launcher_text(action, str(install)), encoding="utf-8")
        before = list(sys.path)
        run_script(session, path)
        assert sys.path == before

    yield start


@pytest.mark.parametrize("action", LAUNCHERS)
def test_each_entry_calls_its_action_with_what_resolve_gave(
    action: str, run: Run, called: list[tuple[Any, ...]]
) -> None:
    run(action, str(ROOT))
    ((name, *given),) = called
    assert name == action
    assert len(given) == (3 if action == "panel" else 1) and None not in given
    assert given[0].GetProductName() == "DaVinci Resolve Studio"


def test_only_what_is_meant_for_the_menu_lies_in_its_folder() -> None:
    assert sorted(LAUNCHERS.values()) == [
        "SparkVSR - Cancel.py",
        "SparkVSR - Clean up.py",
        "SparkVSR - Preview.py",
        "SparkVSR - Restore clip under playhead.py",
        "SparkVSR panel.py",
    ]


def test_a_version_that_took_over_is_found_without_a_new_launcher(
    run: Run, called: list[tuple[Any, ...]], tmp_path: Path
) -> None:
    for root, expected in ((tmp_path / "gone", 0), (ROOT, 1)):
        run("cancel", str(root))
        assert len(called) == expected


def test_a_bridge_that_is_gone_is_one_line(
    run: Run, called: list[Any], capsys: pytest.CaptureFixture[str]
) -> None:
    run("restore", "/gone")
    assert capsys.readouterr().out == (
        "SparkVSR was not started: it is not at /gone any more; run its installer again.\n"
    )
    assert not called


@pytest.mark.parametrize("install", [None, "{", "[]", "{}"])
def test_an_installation_that_is_gone_or_damaged_is_one_line(
    install: str | None,
    run: Run,
    called: list[Any],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    if install is not None:
        (tmp_path / "install.json").write_text(install, encoding="utf-8")
    run("restore", None)
    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith("SparkVSR was not started: ") and str(tmp_path / "install.json") in line
    assert not called


def test_an_old_python_is_one_line(
    run: Run, called: list[Any], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 8, 17, "final", 0))
    run("restore", str(ROOT))
    assert capsys.readouterr().out == (
        "SparkVSR was not started: it needs Python 3.9 or later, and Resolve found Python 3.8.\n"
    )
    assert not called


def test_a_bridge_that_cannot_be_imported_is_one_line(
    run: Run, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "sparkvsr_resolve.host", None)
    run("restore", str(ROOT))
    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith("SparkVSR was not started: import of sparkvsr_resolve.host")


@pytest.mark.parametrize("path", [r"C:\Users\Zoë\new folder", "/a 'b' \"c\"/\\n", "/{x}/%s"])
def test_any_path_survives(path: str) -> None:
    tree = ast.parse(launcher_text("restore", path))
    values = [
        ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "INSTALL"
    ]
    assert values == [path]
    assert launcher_text("restore", path).isascii()


@pytest.mark.parametrize("action", LAUNCHERS)
def test_a_python_of_long_ago_can_read_it(action: str, tmp_path: Path) -> None:
    """It says that it is too old, instead of a syntax error."""
    path = tmp_path / "entry.py"
    path.write_text(launcher_text(action, "/x/install.json"), encoding="utf-8")
    vermin = Path(sys.executable).parent / "vermin"
    command = [str(vermin), "--target=2.7-", "--target=3.4-", "--violations", str(path)]
    found = subprocess.run(command, capture_output=True, text=True)
    assert found.returncode == 0, found.stdout


def test_the_real_package_is_found_in_a_python_that_has_nothing_else(tmp_path: Path) -> None:
    """Without Resolve it ends in the sentence of `connect`, which proves that all was imported."""
    path = tmp_path / "entry.py"
    install = tmp_path / "install.json"
    install.write_text(json.dumps({"root": str(ROOT)}), encoding="utf-8")
    path.write_text(launcher_text("clean_up", str(install)), encoding="utf-8")
    found = subprocess.run(
        [sys.executable, "-I", "-S", str(path)],
        env={"SPARKVSR_HOME": str(tmp_path), "RESOLVE_SCRIPT_API": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert found.stdout.startswith("Resolve's scripting is not installed at"), found.stdout
    assert not found.stderr
