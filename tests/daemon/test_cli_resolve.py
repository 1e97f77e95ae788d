"""`sparkvsr resolve` as a person and a program meet it: real processes at an emulated Resolve."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil  # type: ignore[import-untyped]
import pytest

import stub_agent
from artist import write_install
from daemons import wait_until
from resolve_processes import Terminal
from sparkvsr.media import read_picture

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")

FLOW = ("--engine=flow", "--upscale=1")
SLOW = {"frame_seconds": 1.0, "real_pause": 0.05}  # a render that real things can happen in
CAPTURED = {
    "preview": {"error": {"code": -32000, "message": "x", "data": {"code": "busy", "message": "x"}}}
}


def terminal(folder: Path, agent: dict[str, Any] | None = None, **scene: Any) -> Terminal:
    """With an agent that does as it is told."""
    found = Terminal(folder, **scene)
    write_install(found.home, stub_agent.command(**(agent or {})))
    return found


@pytest.fixture
def real(tmp_path: Path) -> Iterator[Terminal]:
    """With the real agent and the daemon that it starts."""
    found = Terminal(tmp_path)
    write_install(found.home)
    yield found
    command = [sys.executable, "-m", "sparkvsr_daemon.cli", "daemon", "stop"]
    subprocess.run(command, env=found.environ, capture_output=True, timeout=60)


def line_with(run: subprocess.Popen[str], text: str) -> str:
    """The next line that holds a text."""
    assert run.stdout is not None
    for line in run.stdout:
        assert line.strip()  # signs of life are not shown
        if text in line:
            return line
    raise AssertionError(f"it ended without saying {text}")


def connected(run: subprocess.Popen[str]) -> psutil.Process:
    """The process that holds the connection to Resolve."""
    (child,) = psutil.Process(run.pid).children()
    assert isinstance(child, psutil.Process)
    return child


def test_a_clip_is_restored_and_placed(real: Terminal) -> None:
    run = real.run("restore", *FLOW)
    assert run.returncode == 0, run.stderr
    lines = run.stdout.splitlines()
    assert lines[0] == "plate.[1001-1024].exr: 12 frames from 01:00:00:10 on"
    assert "Restored 12 of 12 frames" in lines
    assert lines[-1].startswith("On video track 2 from 01:00:00:10 on is the result of ")
    output = Path(lines[-1].partition("`: ")[2])
    assert output.is_file() and (output.parents[1] / "report.html").is_file()
    report = real.report("restore")
    assert (report["tracks"], report["violations"]) == ([1, 1], [])
    previewed = real.run("preview", *FLOW)
    assert previewed.returncode == 0, previewed.stderr
    assert "Uses the pictures of v001, captured" in previewed.stdout
    assert read_picture(real.shown()).shape == (48, 64, 3)


def test_a_job_is_cancelled_from_another_terminal(real: Terminal) -> None:
    daemon = [sys.executable, "-m", "sparkvsr_daemon.cli"]
    subprocess.run([*daemon, "daemon", "start"], env=real.environ, check=True, capture_output=True)
    subprocess.run([*daemon, "pause"], env=real.environ, check=True, capture_output=True)
    with real.start("restore", *FLOW) as run:
        line_with(run, "Restoring; Resolve is yours meanwhile")
        tickets = real.home / "data" / "tickets"
        wait_until(lambda: any('"running"' in path.read_text() for path in tickets.glob("*.json")))
        cancelled = real.run("cancel")
        assert (cancelled.returncode, cancelled.stderr) == (0, "")
        assert cancelled.stdout == "The restoration of `plate.[1001-1024].exr` is cancelled.\n"
        _, err = run.communicate(timeout=60)
    assert run.returncode == 4
    assert err == "sparkvsr: It was cancelled.\n          Start it again when you like.\n"
    assert real.report("restore")["tracks"] == [1]


def test_ctrl_c_while_the_agent_works_cancels_the_job(tmp_path: Path) -> None:
    person = terminal(
        tmp_path,
        {
            "restore": {"result": {"ticket": "t"}},
            "cancel": {
                "result": {},
                "events": [{"event": "error", "code": "cancelled", "message": "", "hint": ""}],
            },
        },
    )
    with person.start("restore", *FLOW) as run:
        line_with(run, "Restoring; Resolve is yours meanwhile")
        run.send_signal(signal.SIGINT)
        out, err = run.communicate(timeout=60)
    assert run.returncode == 4 and "It was cancelled." in err
    assert "Stopping: waiting until Resolve is as it was." in out


def test_ctrl_c_in_mid_capture_kills_nothing_and_puts_resolve_back(tmp_path: Path) -> None:
    person = terminal(tmp_path, profile=SLOW)
    with person.start("restore", *FLOW) as run:
        line_with(run, "Rendering 3 keyframes")
        child = connected(run).pid
        assert os.getpgid(child) == child  # the terminal's Ctrl-C does not reach it
        run.send_signal(signal.SIGINT)
        _, err = run.communicate(timeout=60)
    assert run.returncode == 4 and "It was cancelled." in err
    report = person.report("restore")
    assert report["as_before"] and report["timelines"] == ["Edit"] and not report["violations"]


def test_a_second_ctrl_c_leaves_and_resolve_is_put_back_all_the_same(tmp_path: Path) -> None:
    person = terminal(tmp_path, profile={**SLOW, "real_pause": 0.15})
    with person.start("restore", *FLOW) as run:
        line_with(run, "Rendering 3 keyframes")
        child = connected(run)
        run.send_signal(signal.SIGINT)
        line_with(run, "Ctrl-C again leaves")
        run.send_signal(signal.SIGINT)
        _, err = run.communicate(timeout=60)
    assert run.returncode == 4 and "stopped" in err
    child.wait(60)
    assert person.report("restore")["as_before"]


def test_a_terminal_that_is_closed_stops_the_work_and_puts_resolve_back(tmp_path: Path) -> None:
    person = terminal(tmp_path, profile=SLOW)
    with person.start("restore", *FLOW) as run:
        line_with(run, "Rendering 3 keyframes")
        child = connected(run)
        run.kill()
        child.wait(60)
    assert person.report("restore")["as_before"]


def test_a_capture_is_cancelled_from_another_terminal(tmp_path: Path) -> None:
    person = terminal(tmp_path, profile=SLOW)
    with person.start("restore", *FLOW) as run:
        line_with(run, "Rendering 3 keyframes")
        pid = connected(run).pid
        cancelled = person.run("cancel")
        assert cancelled.returncode == 0
        assert cancelled.stdout == f"Process {pid}, which works in Resolve, was asked to stop.\n"
        _, err = run.communicate(timeout=60)
    assert run.returncode == 4 and "It was cancelled." in err
    assert person.report("restore")["as_before"]


def test_a_process_that_answers_nobody_is_said_and_goes_on(tmp_path: Path) -> None:
    """As when a call of the API keeps all of Python from running."""
    person = terminal(tmp_path, CAPTURED, profile=SLOW)
    with person.start("preview", "--patience=1", *FLOW) as run:
        line_with(run, "Rendering 3 keyframes")
        child = connected(run)
        child.suspend()
        line_with(run, "Resolve does not answer. If it plays, stop it")
        child.resume()
        run.communicate(timeout=60)
    assert run.returncode == 3  # what the agent said
    assert person.report("preview")["as_before"]


def test_a_resolve_that_plays_is_said_before_there_is_a_connection(tmp_path: Path) -> None:
    person = terminal(tmp_path, profile={"patience": 5.5}, playing=True)
    with person.start("plan", "--patience=2") as run:
        assert "Resolve does not answer (scriptapp)" in line_with(run, "Resolve does not")
        run.communicate(timeout=60)


def test_a_process_that_died_is_one_sentence(tmp_path: Path) -> None:
    person = terminal(tmp_path, profile=SLOW)
    with person.start("restore", "--json", *FLOW) as run:
        line_with(run, "Rendering 3 keyframes")
        connected(run).kill()
        out, err = run.communicate(timeout=60)
    assert run.returncode == 3 and not err
    last = json.loads(out.splitlines()[-1])
    assert (last["event"], last["code"]) == ("error", "job_failed")
    assert "ended with status -9" in last["message"] and "clean-up" in last["hint"]
    after = person.run("plan")  # the lock went with it
    assert after.returncode == 0, after.stderr


def test_what_a_killed_run_left_is_refused_until_it_is_cleaned_up(tmp_path: Path) -> None:
    person = terminal(tmp_path, CAPTURED, profile=SLOW)
    with person.start("restore", *FLOW) as run:
        line_with(run, "Rendering 3 keyframes")
        connected(run).kill()
        run.communicate(timeout=60)
    person.scene(profile={})
    refused = person.run("preview", *FLOW)
    assert refused.returncode == 2 and "An earlier run ended too early" in refused.stderr
    cleaned = person.run("clean-up")
    assert cleaned.returncode == 0, cleaned.stderr
    assert cleaned.stdout.endswith("All of that is cleaned up.\n")
    assert person.run("preview", *FLOW).returncode == 3  # what the agent said


def test_plan_shows_the_table_and_changes_nothing(tmp_path: Path) -> None:
    person = terminal(tmp_path)
    run = person.run("plan")
    assert run.returncode == 0
    assert run.stdout.splitlines()[3:] == [
        "01:00:00:10      0       4  timeline marker `Marker`  to be captured",
        "01:00:00:15      5       9  timeline marker `Marker`  to be captured",
        "01:00:00:21     11      15  timeline marker `Marker`  to be captured",
        "3 keyframes.",
    ]
    assert person.report("plan")["as_before"]


def test_a_program_reads_events_and_nothing_else(tmp_path: Path) -> None:
    run = terminal(tmp_path).run("plan", "--json", "--marker-color=Red")
    assert (run.returncode, run.stderr) == (0, "")
    plan, done = map(json.loads, run.stdout.splitlines())
    assert (plan["event"], plan["frames"], plan["keyframes"]) == ("plan", 12, [])
    assert done == {"event": "done", "text": "0 keyframes."}


def test_the_doctor_prints_its_page(tmp_path: Path) -> None:
    run = terminal(tmp_path).run("doctor")
    assert run.returncode == 0
    assert "DaVinci Resolve Studio 20.3.2" in run.stdout and "yes, on the timeline" in run.stdout


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--engine=magic",), "The engine `magic` is not known"),
        (("--guidance=much",), "Argument --guidance: invalid float value: 'much'."),
        (("--name-prefix=Hero",), "has no keyframe"),
        (("--work-folder=/nowhere",), "not in Resolve's Media Storage"),
    ],
)
def test_wrong_settings_are_bad_input_and_change_nothing(
    tmp_path: Path, arguments: tuple[str, ...], sentence: str
) -> None:
    person = terminal(tmp_path)
    run = person.run("restore", *arguments)
    assert run.returncode == 2 and sentence in run.stderr
    if "much" not in arguments[0]:
        assert person.report("restore")["as_before"]


def test_without_resolve_it_is_one_sentence(tmp_path: Path) -> None:
    person = terminal(tmp_path)
    person.environ["PYTHONPATH"] = os.environ.get("PYTHONPATH", "")
    person.environ["RESOLVE_SCRIPT_API"] = str(tmp_path)
    run = person.run("plan")
    assert run.returncode == 2
    assert "sparkvsr: Resolve's scripting is not installed at" in run.stderr


def test_a_resolve_that_lets_nobody_in_is_one_sentence(tmp_path: Path) -> None:
    run = terminal(tmp_path, profile={"studio": False}).run("plan")
    assert run.returncode == 2 and "External scripting" in run.stderr


def test_an_agent_that_is_not_installed_is_unreachable(tmp_path: Path) -> None:
    person = terminal(tmp_path)
    (person.home / "install.json").unlink()
    run = person.run("restore", *FLOW)
    assert run.returncode == 5 and "not installed" in run.stderr


def test_an_unknown_action_is_bad_input(tmp_path: Path) -> None:
    run = terminal(tmp_path).run("explode")
    assert run.returncode == 2 and "explode" in run.stderr
