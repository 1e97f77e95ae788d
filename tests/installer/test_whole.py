"""All of it unstubbed: a real agent and daemon, an emulated Nuke, launchers, a real environment."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from daemons import processes_of, wait_until
from installing import ROOT, Home, Installer, differences, make_source, set_version, snapshot

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc")
SITE = sysconfig.get_paths()["purelib"]


@pytest.fixture
def own(home: Home) -> Iterator[Path]:
    """The folder of a daemon of this test's own; what runs in it is stopped."""
    folder = home.path / "own data"
    home.environ["SPARKVSR_HOME"] = str(folder)
    yield folder
    if (folder / "install.json").exists():
        sparkvsr(home, "daemon", "stop")


@pytest.fixture
def whole(home: Home, own: Path, tmp_path: Path, server: subprocess.Popen[str]) -> Installer:
    """Everything is as it is for a person, but for the packages of the environment."""
    source = make_source(tmp_path / "a whole checkout", whole=True)
    return Installer(home, source, server, ("environment",))


def sparkvsr(home: Home, *arguments: str) -> subprocess.CompletedProcess[str]:
    """`sparkvsr` of the version in use."""
    python = home.record["python"]
    command = [python, "-I", "-m", "sparkvsr_daemon.cli", *arguments]
    environ = {**os.environ, **home.environ}
    return subprocess.run(command, env=environ, capture_output=True, text=True, timeout=60)


def isolated(home: Home, *command: str, **environ: str) -> str:
    """What Python prints that sees the standard library and the tests' packages, but not ours."""
    done = subprocess.run(
        [sys.executable, "-S", *command],
        env={**home.environ, "PYTHONPATH": f"{ROOT / 'tests'}{os.pathsep}{SITE}", **environ},
        capture_output=True,
        text=True,
        timeout=60,
    )
    return done.stdout + done.stderr


def in_nuke(home: Home, folder: Path, **environ: str) -> str:
    """What a starting Nuke says, and where it has the bridge from."""
    script = folder / "script.py"
    script.write_text(
        "import sparkvsr_nuke, sparkvsr_link\n"
        "print(sparkvsr_nuke.__file__)\nprint(sparkvsr_link.__file__)\n"
    )
    return isolated(home, "-m", "nuke_emulator", "-t", str(script), **environ)


def test_hosts_find_the_bridge_and_its_agent_answers(
    home: Home, whole: Installer, tmp_path: Path
) -> None:
    home.write_init(b"import nuke\nnuke.tprint('theirs')\n")
    before = home.snapshot()
    done = whole.install()
    assert done.status == 0, done.said
    assert "Starting the agent once" in done.stdout
    said = in_nuke(home, tmp_path)
    assert "theirs" in said
    assert str(home.in_use / "bridge_nuke/sparkvsr_nuke/__init__.py") in said
    assert str(home.in_use / "daemon/sparkvsr_link/__init__.py") in said
    said = isolated(home, str(home.launchers[-1]))
    assert "SparkVSR was not started" not in said
    assert "Traceback" not in said
    assert str(home.in_use) not in said
    sparkvsr(home, "daemon", "stop")
    whole.uninstall()
    after = home.snapshot()
    ours = {name for name in differences(before, after) if "own data" not in name}
    assert ours == set()
    assert not (home.path / "own data" / "versions").exists()


def test_a_daemon_of_the_version_before_leaves_when_it_is_idle(
    home: Home, whole: Installer, own: Path
) -> None:
    whole.install()
    started = sparkvsr(home, "daemon", "start")
    assert started.returncode == 0, started.stderr
    assert processes_of(own)
    set_version(whole.source, "0.2.0")
    done = whole.install()
    assert done.status == 0, done.said
    assert "Asking the daemon to leave" in done.stdout
    wait_until(lambda: not processes_of(own))
    sparkvsr(home, "daemon", "start")
    assert processes_of(own)
    done = whole.uninstall()  # does not wait until it is idle: its files go
    assert done.status == 0, done.said
    wait_until(lambda: not processes_of(own))


def test_a_shared_bridge_is_served_by_the_studios_agent(
    home: Home, tmp_path: Path, server: subprocess.Popen[str]
) -> None:
    studio = tmp_path / "Studio für alle"
    source = make_source(tmp_path / "source", whole=True)
    installer = Installer(home, source, server, ("environment", "torch"))
    before = home.snapshot()
    installer.install("--shared", str(studio))
    set_version(source, "0.2.0")
    installer.install("--shared", str(studio))
    assert installer("rollback", "--shared", str(studio)).status == 0
    assert differences(before, home.snapshot()) == []
    record = json.loads((studio / "install.json").read_text())
    said = in_nuke(home, tmp_path, NUKE_PATH=str(studio / "nuke"))
    assert f"{record['root']}/bridge_nuke/sparkvsr_nuke/__init__.py" in said
    program = (
        f"import sys; sys.path.insert(0, {record['root'] + '/daemon'!r});"
        "import json, sparkvsr_link as l; found = l.find_install();"
        "link = l.Link.start(found['agent']);"
        "print(json.dumps([found, link.call('hello', {'client': 'x'}, 60)])); link.close()"
    )
    installer.stubs = ("environment", "agent", "torch")
    assert installer.install().status == 0
    said = in_nuke(home, tmp_path, NUKE_PATH=str(studio / "nuke"))
    assert f"the one in {home.installation.folder} is not" in said  # the studio's came first
    assert f"{record['root']}/bridge_nuke/sparkvsr_nuke/__init__.py" in said
    found, hello = json.loads(isolated(home, "-c", program, SPARKVSR_HOME=str(tmp_path / "none")))
    assert found == record
    assert hello["version"]


_BACKEND = """
import zipfile
from pathlib import Path

def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    name, info = "sparkvsr-0.1.0-py3-none-any.whl", "sparkvsr-0.1.0.dist-info"
    with zipfile.ZipFile(Path(wheel_directory) / name, "w") as wheel:
        wheel.writestr("tests.pth", {paths!r})
        wheel.writestr(info + "/METADATA", "Metadata-Version: 2.1\\nName: sparkvsr\\n"
            "Version: 0.1.0\\n")
        wheel.writestr(info + "/WHEEL", "Wheel-Version: 1.0\\nTag: py3-none-any\\n")
        wheel.writestr(info + "/RECORD", "")
    return name
"""


@pytest.mark.slow
def test_a_real_environment_is_made_by_a_real_pip_and_taken_out_again(
    home: Home, own: Path, tmp_path: Path
) -> None:
    """The project builds itself and borrows the packages that the tests run with."""
    source = make_source(tmp_path / "a whole checkout", whole=True)
    text = (source / "pyproject.toml").read_text()
    (source / "pyproject.toml").write_text(
        '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n' + text
    )
    paths = [
        SITE,
        *(str(ROOT / name) for name in ("sparkvsr", "daemon", "installer", "bridge_resolve")),
    ]
    (source / "backend.py").write_text(_BACKEND.format(paths=f"import sys; sys.path[:0] = {paths}"))
    before = snapshot(home.path)

    def installer(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-I", source / "installer", *arguments],
            env={**home.environ, "PIP_CONFIG_FILE": os.devnull, "PIP_NO_INDEX": "1"},
            capture_output=True,
            text=True,
        )

    done = installer("--yes", "--host", "nuke", "--host", "resolve")
    assert done.returncode == 0, done.stdout + done.stderr
    record: dict[str, Any] = json.loads((own / "install.json").read_text())
    assert Path(record["python"]) == Path(record["root"]) / "env/bin/python"
    assert "Using" in installer("--yes").stdout
    assert installer("doctor", "--help").returncode == 0
    done = subprocess.run(
        [sys.executable, Path(record["root"]) / "installer", "uninstall", "--yes"],
        env=home.environ,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    left = {name for name in differences(before, snapshot(home.path)) if "own data/" not in name}
    assert left <= {"own data"}
    assert not (own / "versions").exists()


def test_a_studio_takes_its_installation_out_and_nobodys_home_is_touched(
    home: Home, installer: Installer, tmp_path: Path
) -> None:
    studio = tmp_path / "studio"
    installer.stubs = ("environment", "torch")
    before = home.snapshot()
    installer.install("--shared", str(studio))
    installer.uninstall("--shared", str(studio))
    assert not studio.exists()
    assert differences(before, home.snapshot()) == []
