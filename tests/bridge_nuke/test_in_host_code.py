"""All that runs inside of Nuke: the standard library, Nuke and our own; the Python of Nuke 14."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BRIDGE = ROOT / "bridge_nuke"
LINK = ROOT / "daemon" / "sparkvsr_link"
START_UP = [BRIDGE / "init.py", BRIDGE / "menu.py"]
MODULES = sorted(BRIDGE.rglob("*.py")) + sorted(LINK.rglob("*.py"))
MAY_IMPORT = {"nuke", "sparkvsr_nuke", "sparkvsr_link"}


def imported(source: str) -> set[str]:
    """First names of what a module imports, wherever in it; its own package aside."""
    nodes = list(ast.walk(ast.parse(source)))
    names = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    names |= {
        node.module or "" for node in nodes if isinstance(node, ast.ImportFrom) and not node.level
    }
    return {name.partition(".")[0] for name in names}


def vermin(target: str, *paths: Path) -> subprocess.CompletedProcess[str]:
    program = Path(sys.executable).parent / "vermin"
    command = [str(program), f"--target={target}", "--violations", *map(str, paths)]
    return subprocess.run(command, capture_output=True, text=True)


@pytest.mark.parametrize("file", MODULES, ids=lambda file: str(file.relative_to(ROOT)))
def test_nothing_is_imported_that_a_nuke_may_lack_no_pyside_either(file: Path) -> None:
    found = imported(file.read_text(encoding="utf-8"))
    assert found <= MAY_IMPORT | sys.stdlib_module_names


def test_the_reader_of_imports_finds_them_in_functions_and_handlers() -> None:
    source = (
        "import os.path\nfrom . import sister\nfrom .aunt import x\n"
        "def later():\n    try:\n        from PySide6 import QtCore\n"
        "    except ImportError:\n        import PySide2.QtCore as QtCore\n"
    )
    assert imported(source) == {"os", "PySide6", "PySide2"}


def test_syntax_and_library_calls_are_those_of_python_3_9(tmp_path: Path) -> None:
    found = vermin("3.9-", BRIDGE, LINK)
    assert found.returncode == 0, found.stdout
    (newer := tmp_path / "newer.py").write_text("import sys\nprint(sys.stdlib_module_names)\n")
    assert vermin("3.9-", newer).returncode != 0


def test_nuke_13_can_read_the_start_up_files_that_tell_it_that_it_is_too_old() -> None:
    found = vermin("3.7-", *START_UP)
    assert found.returncode == 0, found.stdout


NUKE = """
import importlib.util, pathlib, sys, types
nuke = sys.modules["nuke"] = types.ModuleType("nuke")
nuke.GUI, nuke.env, nuke.NUKE_VERSION_STRING = True, {"nc": False, "indie": False}, "15.1v3"
nuke.tprint = nuke.message = print
for event in ("OnCreate", "KnobChanged", "OnScriptLoad", "OnScriptSave", "OnScriptClose",
              "BeforeRender", "UpdateUI", "OnDestroy"):
    setattr(nuke, "add" + event, lambda call, nodeClass="*": None)
nuke.menu = lambda name: types.SimpleNamespace(
    addMenu=nuke.menu, addCommand=lambda name, command: None
)
for file in sys.argv[1:]:
    code = compile(pathlib.Path(file).read_text(), file, "exec")
    exec(code, {"__file__": file, "__name__": "__main__"})
assert importlib.util.find_spec("sparkvsr_nuke")
"""


def python(minor: int) -> str:
    """A real Python 3.minor: one of pyenv's, or one on the path."""
    for kept in Path.home().glob(f".pyenv/versions/3.{minor}.*/bin/python"):
        return str(kept)
    return shutil.which(f"python3.{minor}") or pytest.skip(f"there is no Python 3.{minor} here")


@pytest.mark.parametrize("minor", [9, 10, 11])
def test_the_pythons_of_nuke_14_to_16_start_the_bridge(minor: int) -> None:
    command = [python(minor), "-I", "-B", "-W", "error", "-c", NUKE, *map(str, START_UP)]
    found = subprocess.run(command, capture_output=True, text=True)
    assert (found.returncode, found.stdout, found.stderr) == (0, "", "")


def test_the_python_of_nuke_13_says_one_line() -> None:
    command = [python(7), "-I", "-B", "-c", NUKE, *map(str, START_UP)]
    found = subprocess.run(command, capture_output=True, text=True)
    assert (found.returncode, found.stderr) == (0, "")
    assert found.stdout.splitlines() == [
        "SparkVSR was not started: it needs Nuke 14 or later, for Python 3.9; this is Python 3.7."
    ]
