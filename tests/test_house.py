"""The walls of the house: who may import whom, what a wheel holds, and what must stand nowhere."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = {
    "sparkvsr": ROOT / "sparkvsr" / "sparkvsr",
    "sparkvsr_daemon": ROOT / "daemon" / "sparkvsr_daemon",
    "sparkvsr_link": ROOT / "daemon" / "sparkvsr_link",
    "sparkvsr_nuke": ROOT / "bridge_nuke" / "sparkvsr_nuke",
    "sparkvsr_resolve": ROOT / "bridge_resolve" / "sparkvsr_resolve",
    "sparkvsr_installer": ROOT / "installer" / "sparkvsr_installer",
}
# Which of our packages each may import besides itself; `stdlib` means: and nothing from outside.
MAY_IMPORT = {
    "sparkvsr": set(),
    "sparkvsr_daemon": {"sparkvsr", "sparkvsr_installer"},
    "sparkvsr_link": {"stdlib"},
    "sparkvsr_nuke": {"stdlib", "sparkvsr_link"},
    "sparkvsr_resolve": {"stdlib", "sparkvsr_link"},
    # pip: `pip_for_target` is run by the Python of an environment, which holds it.
    "sparkvsr_installer": {"stdlib", "sparkvsr_link", "sparkvsr_resolve", "pip"},
}
HOSTS = {"nuke", "nukescripts", "DaVinciResolveScript", "fusionscript"}  # given by the host
HEAVY = {"torch", "diffusers", "cv2", "av", "OpenEXR", "OpenImageIO", "PyOpenColorIO"}
LONGEST = 400  # lines of a module


def modules(package: str) -> dict[str, Path]:
    """Module name to file."""
    folder = PACKAGES[package]
    found = {}
    for file in sorted(folder.rglob("*.py")):
        parts = (package, *file.relative_to(folder).with_suffix("").parts)
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = file
    return found


def imports(name: str, file: Path, *, at_start: bool = False) -> set[str]:
    """Full names of what a module imports: modules, and what is taken from them.

    Args:
        at_start: only what importing the module runs: nothing in functions or for type checkers.
    """
    package = name if file.name == "__init__.py" else name.rpartition(".")[0]
    todo: list[ast.AST] = [ast.parse(file.read_text(encoding="utf-8"))]
    found = set()
    while todo:
        node = todo.pop()
        if at_start and isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            continue
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            outer = package.split(".")[: len(package.split(".")) - node.level + 1]
            base = ".".join([*(outer if node.level else []), *filter(None, [node.module])])
            found |= {base} | {f"{base}.{alias.name}" for alias in node.names}
        todo += ast.iter_child_nodes(node)
    return found


def tops(names: set[str]) -> set[str]:
    return {name.partition(".")[0] for name in names}


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_a_package_imports_only_what_it_may(package: str) -> None:
    allowed = MAY_IMPORT[package] | {package}
    for name, file in modules(package).items():
        imported = tops(imports(name, file))
        assert imported & PACKAGES.keys() <= allowed, file
        if "stdlib" in allowed:
            assert imported - HOSTS - allowed <= sys.stdlib_module_names, file


def test_the_reader_of_imports_sees_what_python_would(tmp_path: Path) -> None:
    file = tmp_path / "b.py"
    file.write_text(
        "from __future__ import annotations\n"
        "import os.path as p\n"
        "from . import sister\n"
        "from .. import aunt\n"
        "from ..cousin import x\n"
        "if TYPE_CHECKING:\n    import torch\n"
        "def later():\n    import cv2\n"
    )
    at_start = {"__future__", "__future__.annotations", "os.path", "top.a", "top.a.sister"} | {
        "top",
        "top.aunt",
        "top.cousin",
        "top.cousin.x",
    }
    assert imports("top.a.b", file, at_start=True) == at_start
    assert imports("top.a.b", file) == at_start | {"cv2"}


def test_importing_the_supervisor_reaches_no_heavy_package() -> None:
    known = modules("sparkvsr") | modules("sparkvsr_daemon") | modules("sparkvsr_installer")
    todo, seen = {"sparkvsr_daemon.supervisor"}, set[str]()
    while todo:
        name = todo.pop()
        parent = name.rpartition(".")[0]  # importing a.b runs a first
        todo |= {parent} & known.keys() - seen
        if name in known and name not in seen:
            seen.add(name)
            reached = imports(name, known[name], at_start=True)
            assert not tops(reached) & HEAVY, f"{name} imports {sorted(tops(reached) & HEAVY)}"
            todo |= reached - seen
    assert "sparkvsr_daemon.protocol" in seen


def all_modules() -> list[Path]:
    folders = [*PACKAGES.values(), ROOT / "installer", ROOT / "scripts", ROOT / "tests"]
    return sorted({file for folder in folders for file in folder.rglob("*.py")})


@pytest.mark.parametrize("file", all_modules(), ids=lambda file: str(file.relative_to(ROOT)))
def test_a_module_has_one_subject_and_a_readable_length(file: Path) -> None:
    assert len(file.read_text(encoding="utf-8").splitlines()) <= LONGEST


@pytest.mark.parametrize("package", PACKAGES)
def test_nothing_that_can_run_code_is_ever_read(package: str) -> None:
    for name, file in modules(package).items():
        assert not tops(imports(name, file)) & {"pickle", "dill", "cloudpickle", "shelve"}, file
        assert not re.search(r"torch\.load\b|allow_pickle\s*=\s*True", file.read_text()), file


def test_no_top_level_package_takes_a_name_of_other_people() -> None:
    for folder in ("daemon", "installer", "bridge_nuke", "bridge_resolve", "sparkvsr", "tests"):
        assert not (ROOT / folder / "__init__.py").exists()


@pytest.mark.slow
def test_the_wheel_holds_our_packages_and_nothing_else(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", str(tmp_path), "."]
    subprocess.run(build, cwd=ROOT, check=True)
    (wheel,) = tmp_path.glob("sparkvsr-*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    top = {name.partition("/")[0] for name in names if ".dist-info/" not in name}
    assert top == PACKAGES.keys()
    assert "sparkvsr/py.typed" in names
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in names)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="a shell script")
def test_lint_format_and_types_are_clean() -> None:
    check = subprocess.run([ROOT / "scripts" / "check"], capture_output=True, text=True)
    assert check.returncode == 0, check.stdout + check.stderr
