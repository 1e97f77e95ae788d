"""Finding the installation, and the walls around the package that hosts import."""

from __future__ import annotations

import ast
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from platformdirs import user_data_path

from sparkvsr_link import LinkError, data_folder, find_install

PACKAGE = Path(__file__).resolve().parents[2] / "daemon" / "sparkvsr_link"
MODULES = sorted(PACKAGE.glob("*.py"))


def test_sparkvsr_home_moves_the_data_folder(tmp_path: Path) -> None:
    assert data_folder({"SPARKVSR_HOME": str(tmp_path)}) == tmp_path


def test_the_usual_place_is_the_one_that_platformdirs_gives(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("SPARKVSR_HOME", raising=False)
    assert data_folder() == user_data_path("sparkvsr", appauthor=False)
    if sys.platform.startswith("linux"):
        monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
        assert data_folder() == user_data_path("sparkvsr", appauthor=False) == tmp_path / "sparkvsr"


def test_the_install_file_is_returned_as_it_is(tmp_path: Path) -> None:
    install = {"agent": ["/opt/sparkvsr/python", "-I"], "version": "0.1.0", "more": {"later": True}}
    (tmp_path / "install.json").write_text(json.dumps(install), encoding="utf-8")
    assert find_install({"SPARKVSR_HOME": str(tmp_path)}) == install


def test_a_missing_install_file_is_named_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(LinkError, match=r"install\.json") as failure:
        find_install({"SPARKVSR_HOME": str(tmp_path)})
    assert failure.value.code == "not_installed"
    assert "installer" in failure.value.hint


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "{}", '{"agent": []}', '{"agent": "python"}', '{"agent": [1]}', "\xff"]
)
def test_a_broken_install_file_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "install.json").write_bytes(text.encode("latin-1"))
    with pytest.raises(LinkError, match=r"install\.json") as failure:
        find_install({"SPARKVSR_HOME": str(tmp_path)})
    assert failure.value.code == "not_installed"


def test_a_package_of_an_installation_finds_that_one_whatever_the_user_has(tmp_path: Path) -> None:
    version = tmp_path / "studio" / "versions" / "0.1.0-1"
    shutil.copytree(PACKAGE, version / "daemon" / "sparkvsr_link")
    for folder, agent in ((tmp_path / "studio", "studio's"), (tmp_path / "own", "user's")):
        folder.mkdir(exist_ok=True)
        (folder / "install.json").write_text(json.dumps({"agent": [agent]}), encoding="utf-8")
    program = "import sparkvsr_link; print(sparkvsr_link.find_install()['agent'])"

    def found() -> str:
        environ = {**os.environ, "PYTHONPATH": str(version / "daemon")}
        environ["SPARKVSR_HOME"] = str(tmp_path / "own")
        done = subprocess.run(
            [sys.executable, "-c", program], env=environ, capture_output=True, text=True, check=True
        )
        return done.stdout

    assert found() == '["user\'s"]\n'  # a copy of somebody's own
    (version / "version.json").write_text("{}", encoding="utf-8")
    assert found() == '["studio\'s"]\n'


@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.name)
def test_only_the_standard_library_is_imported(module: Path) -> None:
    imported = set()
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            imported |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            imported.add((node.module or "").partition(".")[0])
    assert imported <= sys.stdlib_module_names


def test_the_syntax_and_the_library_calls_are_those_of_python_3_9() -> None:
    vermin = [
        str(Path(sys.executable).parent / "vermin"),
        "--target=3.9-",
        "--violations",
        str(PACKAGE),
    ]
    found = subprocess.run(vermin, capture_output=True, text=True)
    assert found.returncode == 0, found.stdout


def test_it_imports_in_a_python_that_has_nothing_else() -> None:
    program = f"import sys; sys.path.append({str(PACKAGE.parent)!r}); import sparkvsr_link"
    subprocess.run([sys.executable, "-S", "-I", "-c", program], check=True)
