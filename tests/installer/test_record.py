"""`python3 installer install`: install.json, and that what it names answers a host."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from sparkvsr_link import Link, find_install

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Another checkout, as far as the verb needs it."""
    root = tmp_path / "checkout"
    for name in ("installer", "daemon/sparkvsr_link"):
        shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__"))
    return root


def install(root: Path, home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the verb; the environment is the one that runs this, which needs nothing."""
    program = (
        "import sys; sys.path.insert(0, 'installer');"
        "from _environment import Environment; from pathlib import Path;"
        "Environment.ensure = lambda self, tests: print('tests', tests);"
        f"Environment.python = Path({sys.executable!r});"
        "from _bootstrap import bootstrap; sys.exit(bootstrap(['install', *sys.argv[1:]]))"
    )
    return subprocess.run(
        [sys.executable, "-c", program, *arguments],
        cwd=root,
        env={**os.environ, "SPARKVSR_HOME": str(home)},
        capture_output=True,
        text=True,
        timeout=60,
    )


def record(home: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((home / "install.json").read_text())
    return found


def test_a_host_finds_the_agent_and_it_answers(checkout: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    done = install(checkout, home)
    assert done.returncode == 0, done.stderr
    assert "tests False" in done.stdout
    assert f"Wrote {home / 'install.json'}" in done.stdout
    assert [path.name for path in home.glob("*.*")] == ["install.json"]
    environ = {**os.environ, "SPARKVSR_HOME": str(home)}
    found = find_install(environ)
    with Link.start(found["agent"], environ) as link:
        assert link.call("hello", {"client": "x"}, 60)["version"] == found["version"]
    assert found == {
        "schema": 1,
        "agent": [sys.executable, "-I", "-m", "sparkvsr_daemon.cli", "agent"],
        "python": sys.executable,
        "version": found["version"],
        "root": str(checkout),
    }
    assert install(checkout, home).returncode == 0  # again is no replacing
    if sys.platform != "win32":
        assert (home / "install.json").stat().st_mode & 0o777 == 0o600


def test_another_checkout_is_replaced_only_when_asked(checkout: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / "install.json").write_text('{"agent": ["x"], "root": "/other/checkout"}')
    refused = install(checkout, home)
    assert refused.returncode == 10
    assert "/other/checkout" in refused.stderr
    assert "--replace" in refused.stderr
    assert "tests" not in refused.stdout  # before anything is made
    assert record(home)["root"] == "/other/checkout"
    assert install(checkout, home, "--replace").returncode == 0
    assert record(home)["root"] == str(checkout)


@pytest.mark.parametrize("text", ["", "{", "[]", "{}"])
def test_a_broken_record_is_replaced(checkout: Path, tmp_path: Path, text: str) -> None:
    (tmp_path / "install.json").write_text(text)
    assert install(checkout, tmp_path).returncode == 0
    assert record(tmp_path)["root"] == str(checkout)


def test_an_agent_that_does_not_start_is_not_written_down(checkout: Path, tmp_path: Path) -> None:
    (tmp_path / "run").write_text("in the way of a folder")
    failed = install(checkout, tmp_path)
    assert failed.returncode == 10
    assert failed.stderr.count("\n") == 1
    assert "Cannot make the folder" in failed.stderr
    assert not (tmp_path / "install.json").exists()


def test_an_unknown_option_is_refused(checkout: Path, tmp_path: Path) -> None:
    assert install(checkout, tmp_path, "--force").returncode == 2
    assert not (tmp_path / "install.json").exists()
