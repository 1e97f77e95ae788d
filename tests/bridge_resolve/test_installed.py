"""Resolve's menu as the installer wrote it: nothing of the source tree is loaded."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from installed_hosts import InstalledHosts, installed_into
from sparkvsr_resolve.launchers import LAUNCHERS

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="HOME is not the home there")

# The plate, graded and marked; then one entry of the menu. Time is the
# session's own, which needs the module that asks for it: it is taken from the installed files, too.
_CHOOSE = """\
import contextlib, io, json, sys
from pathlib import Path
entry, root, folder = map(Path, sys.argv[1:4])
sys.path[:0] = [str(root / "bridge_resolve"), str(root / "daemon")]
import sparkvsr_link, sparkvsr_resolve.host.connect as connecting
del sys.path[:2]
from resolve_emulator import Profile, Session
from resolve_emulator.environment import run_script
from resolve_emulator.scene import grade_and_mark, place_plate
with Session(Profile(), folder) as session:
    grade_and_mark(session, place_plate(session))
    vars(connecting)["SystemClock"] = lambda: session
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        run_script(session, entry)
    print(json.dumps({
        "printed": printed.getvalue().splitlines(),
        "file": sparkvsr_link.__file__,
        "tracks": [len(track.items) for track in session.current.tracks["video"]],
    }))
"""


@pytest.fixture
def hosts(tmp_path: Path) -> Iterator[InstalledHosts]:
    with installed_into(tmp_path / "Zoë at home") as found:
        yield found


def test_the_menus_folder_holds_its_entries_and_nothing_else(hosts: InstalledHosts) -> None:
    assert sorted(path.name for path in hosts.scripts.iterdir()) == sorted(LAUNCHERS.values())


def test_an_entry_restores_a_clip_with_the_installed_bridge_alone(
    hosts: InstalledHosts, tmp_path: Path
) -> None:
    entry = hosts.scripts / LAUNCHERS["restore"]
    done = hosts.run("-c", _CHOOSE, entry, hosts.version, tmp_path / "resolve")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["file"] == str(hosts.version / "daemon" / "sparkvsr_link" / "__init__.py")
    assert "Restored 12 of 12 frames" in found["printed"]
    assert found["tracks"] == [1, 1]
