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
Run = Callable[[str, str], None]


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
    """Run a launcher as the menu does, with a root embedded."""

    def start(action: str, root: str) -> None:
        path = tmp_path / LAUNCHERS[action]
        path.write_text(launcher_text(action, root), encoding="utf-8")
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


def test_a_checkout_that_was_moved_is_found_by_install_json(
    run: Run, called: list[tuple[Any, ...]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPARKVSR_HOME", str(tmp_path))
    (tmp_path / "install.json").write_text(json.dumps({"root": str(ROOT)}), encoding="utf-8")
    run("cancel", str(tmp_path / "gone"))
    assert [name for name, *_ in called] == ["cancel"]


@pytest.mark.parametrize("install", [None, "{", "[]", '{"root": "/nowhere"}'])
def test_a_bridge_that_is_gone_is_one_line(
    install: str | None,
    run: Run,
    called: list[Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("SPARKVSR_HOME", str(tmp_path))
    if install is not None:
        (tmp_path / "install.json").write_text(install, encoding="utf-8")
    run("restore", "/gone")
    (line,) = capsys.readouterr().out.splitlines()
    where = "/nowhere" if install and "nowhere" in install else "/gone"
    assert line == (
        f"SparkVSR was not started: it is not at {where} any more; run its installer again."
    )
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


@pytest.mark.parametrize("root", [r"C:\Users\Zoë\new folder", "/a 'b' \"c\"/\\n", "/{x}/%s"])
def test_any_root_survives(root: str) -> None:
    tree = ast.parse(launcher_text("restore", root))
    values = [
        ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "ROOT"
    ]
    assert values == [root]
    assert launcher_text("restore", root).isascii()


@pytest.mark.parametrize("action", LAUNCHERS)
def test_a_python_of_long_ago_can_read_it(action: str, tmp_path: Path) -> None:
    """It says that it is too old, instead of a syntax error."""
    path = tmp_path / "entry.py"
    path.write_text(launcher_text(action, "/x"), encoding="utf-8")
    vermin = Path(sys.executable).parent / "vermin"
    command = [str(vermin), "--target=2.7-", "--target=3.4-", "--violations", str(path)]
    found = subprocess.run(command, capture_output=True, text=True)
    assert found.returncode == 0, found.stdout


def test_the_real_package_is_found_in_a_python_that_has_nothing_else(tmp_path: Path) -> None:
    """Without Resolve it ends in the sentence of `connect`, which proves that all was imported."""
    path = tmp_path / "entry.py"
    path.write_text(launcher_text("clean_up", str(ROOT)), encoding="utf-8")
    found = subprocess.run(
        [sys.executable, "-I", "-S", str(path)],
        env={"SPARKVSR_HOME": str(tmp_path), "RESOLVE_SCRIPT_API": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert found.stdout.startswith("Resolve's scripting is not installed at"), found.stdout
    assert not found.stderr


def write(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "sparkvsr_resolve.launchers", str(folder)]
    return subprocess.run(command, capture_output=True, text=True)


def test_all_entries_are_written_again_and_again_and_nothing_else(tmp_path: Path) -> None:
    folder = tmp_path / "Scripts" / "Utility"
    for _ in range(2):
        done = write(folder)
        assert done.returncode == 0, done.stderr
        assert "Restart Resolve" in done.stdout
        assert sorted(file.name for file in folder.iterdir()) == sorted(LAUNCHERS.values())
    for action, name in LAUNCHERS.items():
        assert (folder / name).read_text(encoding="utf-8") == launcher_text(action, str(ROOT))


def test_a_file_of_somebody_else_is_left_alone(tmp_path: Path) -> None:
    theirs = tmp_path / LAUNCHERS["panel"]
    theirs.write_text("print('mine')", encoding="utf-8")
    done = write(tmp_path)
    assert done.returncode == 2
    assert "was not written by SparkVSR" in done.stderr
    assert [file.name for file in tmp_path.iterdir()] == [theirs.name]
    assert theirs.read_text(encoding="utf-8") == "print('mine')"
