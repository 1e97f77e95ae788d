"""The farm script and the render after it, as programs: what they print, leave and exit with."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import sysconfig
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from artist import AGENT, FIRST, LAST, Artist, read_exr, write_install
from daemons import Daemon, wait_until
from nuke_emulator import Session
from nuke_emulator.fixture import nuke_host as nuke_host
from nuke_emulator.fixture import nuke_profile as nuke_profile
from sittings import leave, put_on_disk, save
from sparkvsr_nuke.core import MEANING, ExitCode

TESTS = Path(__file__).resolve().parents[1]
BRIDGE = TESTS.parent / "bridge_nuke"
BATCH = str(BRIDGE / "sparkvsr_batch.py")
Done = subprocess.CompletedProcess[str]


class Farm:
    """A machine without a window that has a script, and SparkVSR on its NUKE_PATH."""

    def __init__(self, folder: Path, script: Path) -> None:
        self.folder, self.script = folder, script
        self.text = script.read_text()

    def change(self, *changes: tuple[str, str]) -> None:
        text = self.text
        for old, new in changes:
            assert old in text, old
            text = text.replace(old, new)
        self.script.write_text(text)

    def begin(self, *arguments: str, bridge: bool = True) -> subprocess.Popen[str]:
        # Without `site` nothing of SparkVSR can be imported, as in Nuke's own Python.
        environ = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join([str(TESTS), sysconfig.get_path("purelib")]),
            "NUKE_PATH": str(BRIDGE) if bridge else "",
            "SPARKVSR_HOME": str(self.folder / "home"),
        }
        command = [sys.executable, "-S", "-m", "nuke_emulator", *arguments]
        pipe = subprocess.PIPE
        return subprocess.Popen(command, env=environ, stdout=pipe, stderr=pipe, text=True)

    def run(self, *arguments: str, bridge: bool = True) -> Done:
        process = self.begin(*arguments, bridge=bridge)
        out, err = process.communicate(timeout=60)
        return Done(arguments, process.returncode, out, err)

    def restore(self, *more: str, node: str = "SparkVSR1", bridge: bool = True) -> Done:
        return self.run("-t", BATCH, str(self.script), "--node", node, *more, bridge=bridge)

    def render(self, bridge: bool = True) -> Done:
        return self.run("-x", "-F", f"{FIRST}-{LAST}", str(self.script), bridge=bridge)

    def renders(self) -> list[Any]:
        return [read_exr(path) for path in sorted((self.folder / "renders").glob("*.exr"))]

    def versions(self) -> list[str]:
        return sorted(path.name for path in (self.folder / "out").glob("*/v*"))


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Daemon]:
    monkeypatch.setenv("SPARKVSR_HOME", str(tmp_path / "home"))
    write_install(tmp_path / "home")
    handle = Daemon(tmp_path / "home")
    yield handle
    handle.close()


@pytest.fixture
def farm(nuke_host: Session, home: Daemon, tmp_path: Path) -> Farm:
    """The script of an artist who has restored nothing."""

    def load(name: str) -> Any:
        __import__(f"sparkvsr_nuke.host.{name}")
        return sys.modules[f"sparkvsr_nuke.host.{name}"]

    for name in [name for name in sys.modules if name.startswith("sparkvsr_nuke.host")]:
        del sys.modules[name]
    artist = Artist(nuke_host, load, tmp_path)
    put_on_disk(artist)
    artist.set(engine="identity")
    write = artist.nuke.nodes.Write(inputs=[artist.node], raw=True, create_directories=True)
    write["file_type"].setValue("exr")
    write["datatype"].setValue("32 bit float")
    write["file"].setValue((tmp_path / "renders" / "a.%04d.exr").as_posix())
    script = save(artist)
    leave(nuke_host, load)
    return Farm(tmp_path, script)


def test_a_task_restores_and_the_render_after_it_finds_the_result(farm: Farm) -> None:
    done = farm.restore()
    assert (done.returncode, done.stderr) == (0, "\n")
    lines = done.stdout.splitlines()
    assert all(line.startswith("SparkVSR: ") for line in lines)
    assert len(lines) < 40
    assert re.fullmatch(
        r"SparkVSR: Done: v001, 6 frames in \d+\.\d s\.( 1 warning: .*)?", lines[-1]
    )
    assert farm.script.read_text() == farm.text, "nobody asked to save it"
    assert farm.versions() == ["v001"]

    rendered = farm.render()
    assert (rendered.returncode, rendered.stderr) == (0, "\n")
    keys = [read_exr(path) for path in sorted((farm.folder / "Keys").iterdir())]
    pictures = farm.renders()
    assert len(pictures) == 6
    assert (pictures[1][..., :3] == keys[1][..., :3]).all(), "the keyframe of 1002"
    assert farm.render(bridge=False).returncode == 0
    assert not (farm.renders()[1] == pictures[1]).all(), "without the package it is the plate"


def test_save_leaves_a_script_that_renders_its_result_without_the_package(farm: Farm) -> None:
    assert farm.restore("--save").returncode == 0
    saved = farm.script.read_text()
    assert saved != farm.text and saved.count("Write {") == 1
    assert farm.render(bridge=False).returncode == 0
    without = farm.renders()
    assert farm.render().returncode == 0
    assert all((a == b).all() for a, b in zip(without, farm.renders(), strict=True))
    keys = [read_exr(path) for path in sorted((farm.folder / "Keys").iterdir())]
    assert (without[1][..., :3] == keys[1][..., :3]).all()


def test_a_render_fails_where_the_result_is_missing_or_stale(farm: Farm) -> None:
    missing = farm.render()
    assert missing.returncode == 1
    assert "SparkVSR1: it has no result. Restore it and save the script, or run" in missing.stderr
    assert farm.restore("--save").returncode == 0
    farm.text = farm.script.read_text()
    for old, new, reason in (
        ('keyframe_list "1002 1005"', "keyframe_list 1002", "Keyframe 1005 was removed."),
        ("name Paint", "add 1\n name Paint", "What feeds the input `keyframes` changed."),
    ):
        farm.change((old, new))
        done = farm.render()
        assert done.returncode == 1, reason
        assert "SparkVSR1: v001 is not what the script asks for. Stale: " in done.stderr
        assert reason in done.stderr and "Traceback" not in done.stderr
    farm.change()
    (frame,) = farm.folder.glob("out/*/v001/result/result.1004.exr")
    frame.unlink()
    done = farm.render()
    assert done.returncode == 1 and "1004" in done.stderr and "Restore it again" in done.stderr
    assert farm.renders() == []


def test_two_tasks_for_one_node_both_end_well(farm: Farm) -> None:
    arguments = ("-t", BATCH, str(farm.script), "--node", "SparkVSR1")
    tasks = [farm.begin(*arguments) for _ in range(2)]
    ends = [task.communicate(timeout=60) for task in tasks]
    assert [task.returncode for task in tasks] == [0, 0], ends
    assert farm.versions() == ["v001", "v002"]
    assert farm.render().returncode == 0


def nothing(farm: Farm, home: Daemon) -> None:
    pass


def without_script(farm: Farm, home: Daemon) -> None:
    farm.script.unlink()


def with_a_damaged_script(farm: Farm, home: Daemon) -> None:
    farm.script.write_text("Group {\n")


def with_a_keyframe_outside(farm: Farm, home: Daemon) -> None:
    farm.change(('"1002 1005"', '"1002 1009"'))


def without_keyframes_connected(farm: Farm, home: Daemon) -> None:
    farm.change(("inputs 2", "inputs 1"))


def not_installed(farm: Farm, home: Daemon) -> None:
    (farm.folder / "home" / "install.json").unlink()


def with_an_agent_that_ends_at_once(farm: Farm, home: Daemon) -> None:
    write_install(farm.folder / "home", [sys.executable, "-c", "raise SystemExit('no CUDA')"])


def with_a_plate_that_lacks_a_frame(farm: Farm, home: Daemon) -> None:
    (farm.folder / "Plate" / "a.1003.exr").unlink()


STUB = """
import json, pathlib, sys
for line in sys.stdin:
    call = json.loads(line)
    result, events = {}, []
    if call["method"] == "hello":
        result = {"version": "0", "agent_protocol": 1}
    elif call["method"] == "restore":
        result = {"ticket": "t"}
        events = json.loads(sys.argv[1])
    print(json.dumps({"jsonrpc": "2.0", "id": call["id"], "result": result}), flush=True)
    for event in events:
        params = {"ticket": "t", **event}
        print(json.dumps({"jsonrpc": "2.0", "method": "event", "params": params}), flush=True)
"""
STARTED = {"event": "started", "output_size": [16, 12], "frames": 6}


def with_an_agent_that_says(*events: dict[str, Any]) -> Callable[[Farm, Daemon], None]:
    def install(farm: Farm, home: Daemon) -> None:
        command = [sys.executable, "-c", STUB, json.dumps([STARTED, *events])]
        write_install(farm.folder / "home", command)

    return install


def error(code: str) -> dict[str, Any]:
    return {"event": "error", "code": code, "message": "It is hot.", "hint": "Cool it."}


FAULTS: list[tuple[ExitCode, Callable[[Farm, Daemon], None], str]] = [
    (ExitCode.NO_SCRIPT, without_script, "cannot be opened"),
    (ExitCode.NO_SCRIPT, with_a_damaged_script, "cannot be opened"),
    (ExitCode.BAD_INPUT, with_a_keyframe_outside, "Keyframe 1009 is outside"),
    (ExitCode.BAD_INPUT, without_keyframes_connected, "Nothing is connected to the input `keyf"),
    (ExitCode.UNREACHABLE, not_installed, "SparkVSR is not installed"),
    (ExitCode.UNREACHABLE, with_an_agent_that_ends_at_once, "no CUDA"),
    (ExitCode.EXPORT_FAILED, with_a_plate_that_lacks_a_frame, "ReadPlate fails at frame 1003"),
    (ExitCode.JOB_FAILED, with_an_agent_that_says(error("out_of_memory")), "hot. Cool it."),
    (ExitCode.BAD_INPUT, with_an_agent_that_says(error("bad_settings")), "It is hot."),
    (ExitCode.CANCELLED, with_an_agent_that_says(error("cancelled")), "Cancelled"),
    (
        ExitCode.BAD_RESULT,
        with_an_agent_that_says({"event": "done", "seconds": 1.0}),
        "Press Restore again.",
    ),
    (ExitCode.CRASHED, with_an_agent_that_says({"event": "progress"}), "KeyError: 'frames'"),
]


@pytest.mark.parametrize(
    ("code", "fault", "words"), FAULTS, ids=[fault.__name__ + str(int(c)) for c, fault, _ in FAULTS]
)
def test_every_fault_has_its_exit_code_and_a_sentence(
    farm: Farm, home: Daemon, code: ExitCode, fault: Callable[[Farm, Daemon], None], words: str
) -> None:
    fault(farm, home)
    done = farm.restore("--save")
    assert done.returncode == code, done.stderr
    assert words in done.stderr
    assert ("Traceback" in done.stderr) == (code is ExitCode.CRASHED)
    assert done.stderr.count("Traceback") <= 1
    assert [line for line in done.stderr.splitlines() if line][-1].startswith("SparkVSR: ")
    assert not list(farm.folder.glob("out/*/v*/result.json"))
    if farm.script.exists():
        assert "result_ready true" not in farm.script.read_text()


def test_a_node_that_is_not_there_or_none_of_ours_is_named(farm: Farm) -> None:
    for name in ("SparkVSR2", "Balance", "Write1"):
        done = farm.restore(node=name)
        assert done.returncode == ExitCode.NO_NODE
        assert f"has no SparkVSR node called {name}." in done.stderr
    assert farm.versions() == []


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
def test_a_task_that_is_stopped_cancels_its_job_and_leaves_nothing(
    farm: Farm, home: Daemon, stop: signal.Signals
) -> None:
    client = home.connect()
    client.pause()
    task = farm.begin("-t", BATCH, str(farm.script), "--node", "SparkVSR1")
    wait_until(lambda: client.jobs())
    task.send_signal(stop)
    out, err = task.communicate(timeout=60)
    assert task.returncode == ExitCode.CANCELLED, err
    assert err.splitlines()[0] == "SparkVSR: Cancelled."
    assert "Traceback" not in out + err
    assert [job.state for job in client.jobs()] == ["cancelled"]
    assert farm.versions() == []


def test_without_the_package_on_the_path_the_script_finds_it_beside_itself(farm: Farm) -> None:
    assert farm.restore(bridge=False).returncode == 0


def test_the_documented_codes_are_these() -> None:
    text = (TESTS.parent / "docs" / "nuke.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\d+) \| (.*) \|$", text, re.MULTILINE)
    assert dict(rows) == {str(int(code)): words for code, words in MEANING.items()}
    assert AGENT[0] == sys.executable
