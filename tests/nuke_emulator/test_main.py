"""The emulator as a program: what runs in it, and the exit codes of the real one."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from nuke_emulator import Session, exr
from nuke_emulator.formats import Format
from nuke_emulator.image import RGB, Image

TESTS = Path(__file__).resolve().parents[1]


def nuke_program(*arguments: str, path: Path | None = None) -> subprocess.CompletedProcess[str]:
    environ = {**os.environ, "PYTHONPATH": str(TESTS), "NUKE_PATH": str(path or "")}
    command = [sys.executable, "-m", "nuke_emulator", *arguments]
    return subprocess.run(command, env=environ, capture_output=True, text=True)


def test_a_python_script_has_its_arguments_and_gives_the_exit_code(tmp_path: Path) -> None:
    (tmp_path / "init.py").write_text("import nuke\nnuke.started = not nuke.GUI\n")
    script = tmp_path / "work.py"
    script.write_text(
        "import sys, nuke\nprint(sys.argv[1:], nuke.started, __name__)\nsys.exit(int(sys.argv[1]))"
    )
    for code in (0, 12):
        done = nuke_program("-t", str(script), str(code), "--x", path=tmp_path)
        assert (done.returncode, done.stderr) == (code, "\n")
        assert done.stdout == f"['{code}', '--x'] True __main__\n"


def test_an_error_is_a_traceback_and_1(tmp_path: Path) -> None:
    script = tmp_path / "work.py"
    script.write_text("raise KeyError('x')")
    done = nuke_program("-t", str(script))
    assert done.returncode == 1 and "KeyError: 'x'" in done.stderr


@pytest.fixture
def saved(nuke_host: Session, tmp_path: Path) -> Path:
    """A script that copies two frames through a Group with a Write in it."""
    nuke = nuke_host.module
    planes = {name: np.ones((4, 4), np.float32) for name in RGB}
    for frame in (1, 2):
        image = Image(Format(4, 4), (0, 0, 4, 4), planes)
        exr.write(tmp_path / f"in.{frame}.exr", {"main": image}, False, "none", {}, "channels")
    read = nuke.nodes.Read(file=(tmp_path / "in.%d.exr").as_posix(), raw=True, last=2)
    group = nuke.nodes.Group(name="Out")
    with group:
        source = nuke.nodes.Input(name="in")
        nuke.nodes.Write(inputs=[source], file=(tmp_path / "out.%d.exr").as_posix(), raw=True)
    group.setInput(0, read)
    script = tmp_path / "comp.nk"
    nuke.scriptSaveAs(script.as_posix())
    return script


def test_rendering_writes_the_frames_that_were_asked_for(saved: Path) -> None:
    done = nuke_program("-x", "-F", "2", saved.as_posix())
    assert (done.returncode, done.stdout) == (0, "Out.Write1 wrote frame 2\n")
    assert [path.name for path in saved.parent.glob("out.*")] == ["out.2.exr"]


def test_an_error_of_a_frame_a_callback_or_a_missing_script_is_1(saved: Path) -> None:
    done = nuke_program("-x", "-F", "1-3", saved.as_posix())
    assert done.returncode == 0, "beyond its last frame a Read holds"
    (saved.parent / "in.2.exr").unlink()
    done = nuke_program("-x", "-F", "1-3", saved.as_posix())
    assert done.returncode == 1 and "Read error" in done.stderr
    (saved.parent / "init.py").write_text(
        "import nuke\ndef no(): raise RuntimeError('stale')\n"
        "nuke.addBeforeRender(no, nodeClass='Write')\n"
    )
    done = nuke_program("-x", "-F", "1", saved.as_posix(), path=saved.parent)
    assert done.returncode == 1 and "RuntimeError: stale" in done.stderr
    done = nuke_program("-x", "gone.nk")
    assert done.returncode == 1 and "Can't read gone.nk" in done.stderr
