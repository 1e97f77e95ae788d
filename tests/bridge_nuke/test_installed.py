"""Nuke starts with what the installer wrote, and with nothing of the source tree."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from artist import FIRST, LAST, Artist, read_exr, write_install
from installed_hosts import InstalledHosts, installed_into
from nuke_emulator import Session
from nuke_emulator.fixture import nuke_host as nuke_host
from nuke_emulator.fixture import nuke_profile as nuke_profile
from sittings import leave, put_on_disk, save

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="HOME is not the home there")

_LOOK = """\
import json, sys
from pathlib import Path
from nuke_emulator import Session
from nuke_emulator.host import Profile
session = Session(Profile(gui=True)).open()
session.start(Path.home() / ".nuke")
import sparkvsr_link, sparkvsr_nuke
print(json.dumps({
    "files": [sparkvsr_link.__file__, sparkvsr_nuke.__file__],
    "agent": sparkvsr_link.find_install({})["agent"],
    "menu": [item.name() for item in session.menus["Nuke"].findItem("SparkVSR").items()],
    "printed": session.printed,
}))
"""


@pytest.fixture
def hosts(tmp_path: Path) -> Iterator[InstalledHosts]:
    with installed_into(tmp_path / "Zoë at home") as found:
        yield found


def looked(hosts: InstalledHosts) -> dict[str, Any]:
    done = hosts.run("-c", _LOOK)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_a_start_loads_the_installed_bridge_which_finds_its_own_agent(
    hosts: InstalledHosts,
) -> None:
    found = looked(hosts)
    assert found["printed"] == []
    assert found["files"] == [
        str(hosts.version / "daemon" / "sparkvsr_link" / "__init__.py"),
        str(hosts.version / "bridge_nuke" / "sparkvsr_nuke" / "__init__.py"),
    ]
    assert found["agent"][0] == sys.executable
    assert "New SparkVSR node" in found["menu"]


@pytest.mark.parametrize("gone", ["version", "record"])
def test_an_installation_that_was_deleted_by_hand_is_one_line(
    hosts: InstalledHosts, gone: str
) -> None:
    if gone == "version":
        hosts.version.rename(hosts.folder / "elsewhere")
    else:
        (hosts.folder / "install.json").unlink()
    look = _LOOK.partition("import sparkvsr_link")[0] + "print(session.printed, session.menus)"
    done = hosts.run("-c", look)
    assert "SparkVSR was not started, run its installer again: FileNotFoundError: " in done.stdout
    assert str(hosts.folder) in done.stdout
    assert done.stdout.endswith(" {}\n") and done.stdout.count("SparkVSR was") == 1


def test_a_farm_restores_with_the_installed_bridge_alone(
    hosts: InstalledHosts, nuke_host: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPARKVSR_HOME", str(tmp_path / "unused"))
    write_install(tmp_path / "unused")

    def load(name: str) -> Any:
        __import__(f"sparkvsr_nuke.host.{name}")
        return sys.modules[f"sparkvsr_nuke.host.{name}"]

    artist = Artist(nuke_host, load, tmp_path)
    put_on_disk(artist)
    write = artist.nuke.nodes.Write(inputs=[artist.node], raw=True, create_directories=True)
    write["file_type"].setValue("exr")
    write["datatype"].setValue("32 bit float")
    write["file"].setValue((tmp_path / "renders" / "a.%04d.exr").as_posix())
    script = save(artist)
    leave(nuke_host, load)

    batch = hosts.version / "bridge_nuke" / "sparkvsr_batch.py"
    done = hosts.run("-m", "nuke_emulator", "-t", batch, script, "--node", "SparkVSR1")
    assert (done.returncode, done.stderr) == (0, "\n"), done.stdout
    assert "SparkVSR: Done: v001, 6 frames" in done.stdout
    rendered = hosts.run("-m", "nuke_emulator", "-x", "-F", f"{FIRST}-{LAST}", script)
    assert (rendered.returncode, rendered.stderr) == (0, "\n"), rendered.stdout
    keys = [read_exr(path) for path in sorted((tmp_path / "Keys").iterdir())]
    pictures = [read_exr(path) for path in sorted((tmp_path / "renders").iterdir())]
    assert len(pictures) == 6
    assert (pictures[1][..., :3] == keys[1][..., :3]).all(), "the keyframe of 1002"
