"""Service entries: what is in them for each system, and that any path survives in them."""

from __future__ import annotations

import os
import plistlib
import shutil
import subprocess
from pathlib import Path, PurePosixPath
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from service_tools import read_task, read_unit
from sparkvsr.errors import SettingsError
from sparkvsr_daemon._service_entry import (
    MARKER,
    Launch,
    launch_agent,
    scheduled_task,
    systemd_unit,
    this_launch,
)

Daemon = Any
NASTY = " '\"%$&<>;=\\#éü漢{}~!|`*?[]@:-"
WORST = '/srv/Jane "J" Doe\'s 100% $HOME & %h\\é;#/bin/python'
COMMAND = ["-I", "-m", "sparkvsr_daemon"]

paths = st.text(st.sampled_from(NASTY + "abzAZ09/"), max_size=30).map(lambda text: f"/{text}")


def launch(python: str = "/opt/env/bin/python", home: str = "/data/home") -> Launch:
    return Launch(python, {"SPARKVSR_HOME": home})


@given(paths, paths)
@example(WORST, WORST)
def test_any_path_survives_a_systemd_unit(python: str, home: str) -> None:
    _, command, environment = read_unit(systemd_unit(launch(python, home)))
    assert command == ["/bin/sh", "-c", 'exec "$0" "$@"', python, *COMMAND]
    assert environment == {"SPARKVSR_HOME": home}


@given(paths, paths)
@example(WORST, WORST)
def test_any_path_survives_a_launch_agent(python: str, home: str) -> None:
    agent = plistlib.loads(launch_agent(launch(python, home), PurePosixPath(home)))
    assert agent["ProgramArguments"] == [python, *COMMAND]
    assert agent["EnvironmentVariables"] == {"SPARKVSR_HOME": home}
    assert agent["StandardErrorPath"] == str(PurePosixPath(home))


@given(paths, paths)
@example("C:\\Jane Doe's 100% & é\\Scripts\\pythonw.exe", "D:\\with a \\ at its end\\")
def test_a_path_survives_a_scheduled_task_or_is_refused(python: str, home: str) -> None:
    if max(python.count("%"), home.count("%")) > 1:
        with pytest.raises(SettingsError, match="percent signs"):
            scheduled_task(launch(python, home), "PC\\jane")
        return
    _, command = read_task(scheduled_task(launch(python, home), "PC\\jane"))
    module = ["-I", "-m", "sparkvsr_daemon._service_main"]
    assert command == [python, *module, f"SPARKVSR_HOME={home}"]


def test_a_unit_restarts_a_daemon_that_failed_and_lets_it_end_in_peace() -> None:
    parser, _, _ = read_unit(systemd_unit(launch()))
    assert (
        dict(parser["Service"]).items()
        >= {
            "Type": "exec",
            "Restart": "on-failure",
            "RestartSec": "2",
            "KillMode": "mixed",
            "TimeoutStopSec": "20",
        }.items()
    )
    assert parser["Unit"]["StartLimitBurst"] == "5"
    assert parser["Install"]["WantedBy"] == "default.target"


def test_an_agent_is_not_throttled_and_comes_back_only_after_a_failure() -> None:
    agent = plistlib.loads(launch_agent(launch(), PurePosixPath("/log")))
    assert agent["RunAtLoad"] is True
    assert agent["KeepAlive"] == {"SuccessfulExit": False}
    assert agent["ExitTimeOut"] == 20
    assert agent["ProcessType"] == "Interactive"


def test_a_task_is_hidden_humble_and_not_ended_after_three_days() -> None:
    root, command = read_task(scheduled_task(Launch("C:\\env\\python.exe", {}), "PC\\Jane & Joe"))
    assert command == ["C:\\env\\python.exe", *COMMAND]
    texts = {element.tag.rpartition("}")[2]: element.text for element in root.iter()}
    assert (
        texts.items()
        >= {
            "UserId": "PC\\Jane & Joe",
            "LogonType": "InteractiveToken",
            "RunLevel": "LeastPrivilege",
            "Hidden": "true",
            "ExecutionTimeLimit": "PT0S",
            "StopIfGoingOnBatteries": "false",
            "MultipleInstancesPolicy": "IgnoreNew",
        }.items()
    )
    assert [e.tag.rpartition("}")[2] for e in root.iter() if e.text == "PC\\Jane & Joe"] == [
        "UserId",
        "UserId",
    ]


def test_every_entry_says_who_wrote_it() -> None:
    for entry in (
        systemd_unit(launch()),
        launch_agent(launch(), PurePosixPath("/log")),
        scheduled_task(launch(), "PC\\jane").decode("utf-16").encode(),
    ):
        assert MARKER.encode() in entry


@pytest.mark.parametrize("text", ["a\nb", "a\0b", "a\x1bb", "a\udcffb", "a\uffffb"])
def test_what_no_entry_can_hold_is_refused_by_name(text: str) -> None:
    with pytest.raises(SettingsError, match="SPARKVSR_HOME"):
        launch(home=text)
    with pytest.raises(SettingsError, match="path of Python"):
        launch(python=text)


def test_this_daemon_is_launched_as_it_starts_on_demand(
    daemon: Daemon, monkeypatch: pytest.MonkeyPatch
) -> None:
    pid = daemon.connect().status().pid
    started = Path(f"/proc/{pid}/cmdline").read_bytes().decode().split("\0")[:-1]
    assert list(this_launch().command) == started
    monkeypatch.chdir(daemon.home)
    this = this_launch({"SPARKVSR_HOME": "a", "SPARKVSR_WEIGHTS": "int8", "HF_TOKEN": "secret"})
    assert this.environment == {
        "SPARKVSR_HOME": str(daemon.home / "a"),
        "SPARKVSR_WEIGHTS": "int8",
    }


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="no systemd-analyze here")
def test_systemd_itself_accepts_the_unit_and_would_refuse_a_plain_command(tmp_path: Path) -> None:
    unit = tmp_path / "sparkvsr.service"
    unit.write_bytes(systemd_unit(launch(WORST, WORST)))
    assert verified(unit) == (0, "")
    text = unit.read_text()
    start = text.index("ExecStart=") + len("ExecStart=")
    unit.write_text(text[:start] + text[text.index(' "', start) + 1 :])
    status, said = verified(unit)
    assert status != 0
    assert "special characters" in said or "ExecStart" in said


def verified(unit: Path) -> tuple[int, str]:
    run = subprocess.run(
        ["systemd-analyze", "--user", "verify", str(unit)],
        env={**os.environ, "XDG_RUNTIME_DIR": str(unit.parent)},
        capture_output=True,
        text=True,
        check=False,
    )
    return run.returncode, run.stderr
