"""`python3 installer` on a small checkout of its own: real environments and a real pip, no network.

The checkout's project builds itself without any other package, so that pip needs none.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
INSTALLER = ROOT / "installer"
NEEDED = ("installer", "daemon/sparkvsr_link", "bridge_resolve/sparkvsr_resolve")

_PROJECT = """
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
[project]
name = "sparkvsr"
version = "0.1.0"
[dependency-groups]
test = [{tools}]
"""

_BACKEND = """
import zipfile
from pathlib import Path

def build_editable(wheel_directory, config_settings=None, metadata_directory=None):
    name, info = "sparkvsr-0.1.0-py3-none-any.whl", "sparkvsr-0.1.0.dist-info"
    with zipfile.ZipFile(Path(wheel_directory) / name, "w") as wheel:
        wheel.writestr("sparkvsr.pth", str(Path.cwd()))
        wheel.writestr(info + "/METADATA",
            "Metadata-Version: 2.1\\nName: sparkvsr\\nVersion: 0.1.0\\nProvides-Extra: demo\\n")
        wheel.writestr(info + "/WHEEL", "Wheel-Version: 1.0\\nTag: py3-none-any\\n")
        wheel.writestr(info + "/RECORD", "")
    return name
"""

_SHOW = """
import os, sys
from importlib.metadata import version
print("ran", version("sparkvsr"), sys.prefix, sys.argv[1:], os.environ.get("PYTHONPATH"))
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout whose `.venv` was made by `python3 installer demo`."""
    root = copied(tmp_path_factory.mktemp("checkout"))
    (root / "pyproject.toml").write_text(_PROJECT.format(tools=""))
    (root / "constraints.txt").write_text("# nothing to hold\n")
    (root / "backend.py").write_text(_BACKEND)
    # What the two verbs run in the end: here they only show how they were run.
    (root / "installer" / "_demo.py").write_text(_SHOW)
    (root / "pytest.py").write_text(_SHOW + "sys.exit(5)\n")
    done = installer(root, "demo", "--out", "there", "--clip", "bikes")
    assert done.returncode == 0, done.stderr
    assert "Making" in done.stdout
    assert f"ran 0.1.0 {root / '.venv'} ['--out', '{root / 'there'}', '--clip', 'bikes']" in (
        done.stdout
    )
    return root


def copied(root: Path) -> Path:
    """What `python3 installer` needs to start at all."""
    for name in NEEDED:
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / name, root / name, ignore=ignored)
    return root


def _environ() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PIP_")}
    return {**kept, "PIP_CONFIG_FILE": os.devnull, "PIP_NO_INDEX": "1", "PYTHONPATH": "/elsewhere"}


def installer(root: Path, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "installer", *arguments],
        cwd=root,
        env={**_environ(), **environ},
        capture_output=True,
        text=True,
    )


@pytest.mark.parametrize("asked", ["--help", "-h", "help"])
def test_help_says_what_it_can_do(asked: str) -> None:
    said = installer(ROOT, asked)
    assert said.returncode == 0
    for verb in ("install", "uninstall", "rollback", "status", "doctor", "bundle", "demo", "test"):
        assert f"\n  {verb} " in said.stdout
    assert "without a verb" in said.stdout
    assert "Exit status: 10" in said.stdout


@pytest.mark.parametrize("verb", ["install", "uninstall", "rollback", "status", "bundle", "demo"])
def test_every_verb_explains_its_options(verb: str) -> None:
    said = installer(ROOT, verb, "--help")
    assert said.returncode == 0
    assert f"usage: python3 installer {'[install]' if verb == 'install' else verb}" in said.stdout


def test_without_a_verb_it_installs(tmp_path: Path) -> None:
    said = installer(ROOT, "--dry-run", HOME=str(tmp_path), SPARKVSR_HOME=str(tmp_path / "data"))
    assert said.returncode == 0, said.stderr
    assert "goes to" in said.stdout
    assert "Nothing was changed." in said.stdout
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_verb_or_option_is_refused_before_anything_is_made(tmp_path: Path) -> None:
    copied(tmp_path)
    fly = installer(tmp_path, "fly")
    assert fly.returncode == 2
    assert "`fly` is not a verb" in fly.stderr
    assert installer(tmp_path, "--fly").returncode == 2
    assert installer(tmp_path, "install", "--host", "flame").returncode == 2
    assert installer(tmp_path, "demo", "--clip", "cats").returncode == 2
    assert not (tmp_path / ".venv").exists()


def test_a_good_environment_is_reused_and_nothing_is_installed(made: Path) -> None:
    again = installer(made, "demo")
    assert again.returncode == 0
    assert "Reusing" in again.stdout
    assert "Installing" not in again.stdout


def test_the_demo_ends_with_where_the_time_went(made: Path) -> None:
    (made / ".venv" / "sparkvsr-stamp").unlink()
    _, _, times = installer(made, "demo").stdout.partition("\nWhere the time went:\n")
    found = dict(re.findall(r"^  (\S.*?)  +(\d+\.\d) s$", times, re.M))
    assert list(found) == [
        "Installing SparkVSR and what it needs into .venv",
        "Checking the environment",
        "Making, restoring and comparing a clip",
        "together",
    ]
    seconds = list(map(float, found.values()))
    assert sum(seconds[:-1]) == pytest.approx(seconds[-1], abs=0.3)


def test_a_demo_that_failed_does_not_say_where_the_time_went(made: Path) -> None:
    demo = made / "installer" / "_demo.py"
    demo.write_text("import sys; sys.exit(7)")
    failed = installer(made, "demo")
    demo.write_text(_SHOW)
    assert failed.returncode == 7
    assert "Where the time went" not in failed.stdout


def test_every_step_is_one_line_with_its_seconds(made: Path) -> None:
    (made / ".venv" / "sparkvsr-stamp").unlink()
    lines = installer(made, "demo").stdout.splitlines()
    assert [line.partition(" ...")[0] for line in lines[:2]] == [
        "Installing SparkVSR and what it needs into .venv",
        "Checking the environment",
    ]
    assert all(line.endswith(" s") for line in lines[:2])


def test_pytest_gets_its_options_a_clean_environment_and_its_exit_status_comes_back(
    made: Path,
) -> None:
    ran = installer(made, "test", "-k", "some thing")
    assert ran.returncode == 5
    assert str(made / ".venv") in ran.stdout
    assert "'--dist', 'worksteal', '-k', 'some thing'] None" in ran.stdout
    assert "Reusing" in installer(made, "demo").stdout  # what tests need is more, not else


def test_a_changed_requirement_is_installed_into_the_same_environment(made: Path) -> None:
    constraints = made / "constraints.txt"
    constraints.write_text(constraints.read_text() + "# changed\n")
    changed = installer(made, "demo")
    assert "Installing" in changed.stdout
    assert "Making /" not in changed.stdout


def test_an_environment_without_a_working_python_is_remade(made: Path) -> None:
    interpreter = made / ".venv" / "bin" / "python"
    interpreter.unlink()
    interpreter.symlink_to("/nowhere/python")
    remade = installer(made, "demo")
    assert remade.returncode == 0, remade.stderr
    assert f"Making {made}" in remade.stdout


def test_an_environment_with_a_half_installed_package_is_remade(made: Path) -> None:
    records = list((made / ".venv").glob("lib/python*/site-packages/sparkvsr-*.dist-info/RECORD"))
    assert len(records) == 1
    records[0].unlink()
    remade = installer(made, "demo")
    assert remade.returncode == 0, remade.stderr
    assert f"Making {made}" in remade.stdout


def test_a_failed_step_ends_with_one_sentence_and_the_next_run_goes_on(made: Path) -> None:
    project = made / "pyproject.toml"
    good = project.read_text()
    project.write_text(_PROJECT.format(tools='"a-package-that-nobody-made"'))
    try:
        failed = installer(made, "test")
    finally:
        project.write_text(good)
    assert failed.returncode == 10
    assert failed.stderr.count("\n") == 1
    assert "No build of a-package-that-nobody-made" in failed.stderr
    assert "ran" not in failed.stdout
    assert installer(made, "demo").returncode == 0


def test_an_index_that_cannot_be_reached_is_called_that(made: Path) -> None:
    project = made / "pyproject.toml"
    good = project.read_text()
    project.write_text(_PROJECT.format(tools='"a-package-that-nobody-made"'))
    # The discard port of this machine: nobody listens there.
    unreachable = {"PIP_NO_INDEX": "0", "PIP_INDEX_URL": "http://127.0.0.1:9/", "PIP_RETRIES": "1"}
    try:
        failed = installer(made, "test", **unreachable)
    finally:
        project.write_text(good)
    assert failed.returncode == 10
    assert "cannot be reached" in failed.stderr
    assert failed.stderr.count("\n") == 1


def test_an_environment_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    copied(tmp_path)
    (tmp_path / "pyproject.toml").write_text(_PROJECT.format(tools=""))
    (tmp_path / ".venv").write_text("not a folder")
    failed = installer(tmp_path, "demo")
    assert failed.returncode == 10
    assert str(tmp_path / ".venv") in failed.stderr
    assert failed.stderr.count("\n") == 1
    assert (tmp_path / ".venv").read_text() == "not a folder"


def test_ctrl_c_waits_for_what_runs_and_ends_with_130(made: Path) -> None:
    demo = made / "installer" / "_demo.py"
    demo.write_text(
        "import time\n"
        "try:\n"
        "    print('busy', flush=True)\n"
        "    time.sleep(60)\n"
        "except KeyboardInterrupt:\n"
        "    print('cleaned up', flush=True)\n"
    )
    process = subprocess.Popen(
        [sys.executable, "installer", "demo"],
        cwd=made,
        env=_environ(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,  # a process group of its own, as a terminal gives it
    )
    with process:
        assert process.stdout is not None
        while "busy" not in process.stdout.readline():
            pass
        os.killpg(process.pid, signal.SIGINT)
        out, err = process.communicate()
        demo.write_text(_SHOW)
    assert "cleaned up" in out
    assert process.returncode == 130
    assert "Traceback" not in err


def test_an_old_python_ends_with_a_sentence() -> None:
    program = (
        "import runpy, sys; sys.version_info = (3, 6, 9, 'final', 0);"
        f"runpy.run_path({str(INSTALLER)!r}, run_name='__main__')"
    )
    old = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert old.returncode == 10
    assert old.stderr.startswith("SparkVSR needs Python 3.11 or newer, and this is Python 3.6")
    assert "Traceback" not in old.stderr


def test_what_runs_before_the_version_check_is_python_3_6() -> None:
    vermin = Path(sys.executable).parent / "vermin"
    command = [str(vermin), "--target=3.6-", "--violations", str(INSTALLER / "__main__.py")]
    found = subprocess.run(command, capture_output=True, text=True)
    assert found.returncode == 0, found.stdout
