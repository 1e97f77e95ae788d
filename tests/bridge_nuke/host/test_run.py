"""What a restoration that is under way outlives, and what it does not."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import stub_agent
from artist import PATIENCE_S, Artist, write_install
from daemons import Daemon
from sparkvsr_daemon.client import Client


@pytest.fixture
def paused(daemon: Daemon) -> Client:
    """A daemon whose jobs wait until it is resumed."""
    client = daemon.connect()
    client.pause()
    return client


def start(artist: Artist, client: Client, jobs: int = 1) -> None:
    """Press Restore, and let it come so far that the daemon has its job."""
    artist.press("restore")
    artist.session.queue.pump_until(lambda: len(client.jobs()) == jobs, PATIENCE_S)


def wait_for_ticket(home: Path) -> None:
    """Until the agent has put down which job of the daemon is its."""
    tickets = (home / "data" / "tickets").glob
    Daemon.wait_until(
        lambda: any(json.loads(path.read_bytes()).get("job") for path in tickets("*.json"))
    )


def kill_agent(artist: Artist) -> None:
    link = artist.load("agent").AGENT.process
    os.kill(link._process.pid, signal.SIGKILL)
    artist.session.queue.pump_until(lambda: link.ended is not None)


def assert_shown(artist: Artist, frame: int = 1002) -> None:
    assert artist.status.startswith("Done: v001")
    key = artist.picture(frame, artist.node.input(1)).planes["rgba.green"]
    np.testing.assert_array_equal(artist.picture(frame).planes["rgba.green"], key)


def job_file(version: Path) -> Any:
    return json.loads((version / "job.json").read_text(encoding="utf-8"))["job"]


def test_a_new_agent_takes_up_what_a_killed_one_left(artist: Artist, paused: Client) -> None:
    start(artist, paused)
    kill_agent(artist)
    paused.resume()
    artist.wait()
    assert artist.said == []
    assert_shown(artist)
    assert len(paused.jobs()) == 1, "taken up, not begun again"


def test_two_nodes_outlive_the_death_of_the_agent_they_share(
    artist: Artist, paused: Client, load: Any
) -> None:
    start(artist, paused)
    other = load("create").create_node()
    for name in ("keyframe_list", "output", "upscale", "engine"):
        other[name].setValue(artist.node[name].value())
    other.setInput(0, artist.keys)
    other.setInput(1, artist.plate)
    other["restore"].execute()
    artist.session.queue.pump_until(lambda: len(paused.jobs()) == 2, PATIENCE_S)
    kill_agent(artist)
    paused.resume()
    artist.session.queue.pump_until(lambda: not load("run").all_runs(), PATIENCE_S)
    assert artist.said == []
    assert_shown(artist)
    assert other["status"].value().startswith("Done: v001")


def test_a_restoration_goes_on_in_a_new_daemon(
    artist: Artist, daemon: Daemon, paused: Client
) -> None:
    start(artist, paused)
    killed = paused.status().pid
    os.kill(killed, signal.SIGKILL)
    daemon.wait_until(lambda: killed not in daemon.processes())
    daemon.connect().resume()
    artist.wait()
    assert artist.said == []
    assert_shown(artist)


def test_an_agent_that_dies_again_and_again_is_given_up(artist: Artist, tmp_path: Path) -> None:
    log = tmp_path / "starts"
    command = stub_agent.command(restore={"result": {"ticket": "t"}, "die": True})
    code = f"open({str(log)!r}, 'a').write('x'); import runpy, sys; sys.argv = sys.argv[1:]; "
    command[1:2] = ["-I", "-c", code + "runpy.run_path(sys.argv[0], run_name='__main__')"]
    write_install(tmp_path / "home", command)
    before = artist.state()
    artist.restore()
    (text,) = artist.said
    assert text.startswith("The SparkVSR agent ended with status 9.\n\n")
    assert log.read_text() == "xxx"
    assert artist.state() == before
    assert not list((tmp_path / "out").glob("*/v001/job.json"))

    write_install(tmp_path / "home")
    artist.restore()
    assert_shown(artist)
    assert artist.versions() == ["v001"], "what was exported is used"


def test_a_cancel_reaches_the_job_of_a_killed_agent(
    artist: Artist, paused: Client, daemon: Daemon
) -> None:
    before = artist.state()
    start(artist, paused)
    wait_for_ticket(daemon.home)
    kill_agent(artist)
    artist.press("cancel")
    artist.wait()
    assert artist.said == []
    assert artist.status == "Cancelled."
    assert artist.state() == before
    assert [job.state for job in paused.jobs()] == ["cancelled"]


def test_the_files_of_a_deleted_node_are_named(artist: Artist, paused: Client, load: Any) -> None:
    start(artist, paused)
    artist.nuke.delete(artist.node)
    paused.resume()
    artist.session.queue.pump_until(lambda: not load("run").all_runs(), PATIENCE_S)
    (text,) = artist.said
    version = artist.version("v001")
    assert f"its node is gone: {version / 'result'}." in text
    assert (version / "result.json").exists()
    assert len(list((version / "result").iterdir())) == 6


def test_a_node_that_is_renamed_meanwhile_gets_its_result(artist: Artist, paused: Client) -> None:
    start(artist, paused)
    artist.node.setName("Hero")
    assert artist.run() is not None
    paused.resume()
    artist.wait()
    assert artist.said == []
    assert_shown(artist)
    artist.set(guidance=0.5)
    artist.restore()
    assert artist.status.startswith("Done: v002")
    assert artist.version("v002").parent == artist.version("v001").parent


def test_a_job_goes_on_when_its_script_is_closed(artist: Artist, paused: Client, load: Any) -> None:
    start(artist, paused)
    version = artist.version("v001")
    artist.nuke.scriptClose()
    artist.session.queue.pump_until(lambda: not load("run").all_runs())
    assert artist.said == []
    paused.resume()
    wanted = version / "result" / "result.1006.exr"
    artist.session.queue.pump_until(wanted.exists, PATIENCE_S)
    assert job_file(version)["last"] == 1006, "a node that is opened again finds it"
    assert not (version / "result.json").exists()
    assert list((version / "plate").iterdir()) != []


def test_a_job_goes_on_when_nuke_quits(artist: Artist, paused: Client) -> None:
    start(artist, paused)
    version = artist.version("v001")
    run = artist.run()
    artist.session.quit()
    assert run.left
    paused.resume()
    wanted = version / "result" / "result.1006.exr"
    Daemon.wait_until(wanted.exists, PATIENCE_S)
    assert (version / "job.json").exists()
    assert artist.said == []


def test_a_script_with_views_restores_the_one_that_is_asked_for(artist: Artist) -> None:
    artist.session.views = ["left", "right"]
    artist.set(view="right")
    artist.restore()
    assert artist.said == []
    given = artist.picture(1001).planes["rgba.green"]
    assert given.min() > 8, "the right eye is 8 brighter"


def test_a_plate_of_one_frame_is_restored(artist: Artist) -> None:
    artist.set(range="custom", custom_first=1002, custom_last=1002, keyframe_list="1002")
    artist.restore()
    assert artist.said == []
    assert artist.status.startswith("Done: v001, 1 frame in ")
    assert_shown(artist)
