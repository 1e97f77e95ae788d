"""A script that is opened again, in another session: its results and its running jobs are found."""

from __future__ import annotations

import json
import shutil
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from artist import Artist, Load, write_install
from daemons import Daemon
from nuke_emulator import Profile
from sittings import Sittings, leave, publish, put_on_disk, save, settle
from sparkvsr_nuke.core import Submission, write_submission

FARM = Profile(gui=False)


@pytest.fixture
def sittings(load: Load, artist: Artist, tmp_path: Path) -> Iterator[Sittings]:
    """Sessions after that of `artist`, whose plates are on disk and whose engine is quick."""
    put_on_disk(artist)
    artist.set(engine="identity")
    made = Sittings(load, tmp_path)
    yield made
    made.end_all()


def is_result(artist: Artist) -> bool:
    """Whether the node gives what no keyframe-less plate gives: its keyframe."""
    given, key = artist.picture(1002), artist.picture(1002, artist.keys)
    return bool(np.array_equal(given.planes["rgba.green"], key.planes["rgba.green"]))


def shown(artist: Artist) -> tuple[str, str, bool]:
    return artist.node["version"].value(), artist.node["badge"].value(), is_result(artist)


def test_a_result_that_is_newer_than_the_script_is_shown_if_it_is_what_the_script_asks_for(
    artist: Artist, sittings: Sittings
) -> None:
    script = save(artist)
    artist.set(guidance=0.5)
    artist.restore()
    artist.set(guidance=1)
    artist.restore()
    artist.set(guidance=2)
    artist.restore()
    assert artist.versions() == ["v001", "v002", "v003"]
    leave(artist.session, artist.load)  # without saving
    for profile in (Profile(), FARM):
        again = sittings.open(script, profile)
        if profile.gui:
            assert shown(again) == ("none", "", False), "opening waits for nothing"
            settle(again)
        assert shown(again)[::2] == ("v002", True)
        assert again.nuke.modified() == profile.gui, "a script that shows another result"
        if profile.gui:
            assert again.node["badge"].value() == "v002"
            assert again.node["version"].values() == ["none", "v001", "v002", "v003"]
            assert again.said == [] and again.status == " "
            save(again, "comp_v002.nk")
        sittings.end()
    again = sittings.open(artist.folder / "comp_v002.nk")
    again.set(version="v001")  # chosen on purpose, though it is not what the knobs ask for
    assert again.node["badge"].value() == "v001 is stale"
    save(again, "comp_v003.nk")
    sittings.end()
    again = sittings.open(artist.folder / "comp_v003.nk")
    settle(again)
    assert shown(again)[:2] == ("v001", "v001 is stale")
    assert not again.nuke.modified()
    assert again.status == "Stale: Guidance was 0.5 and is now 1."


def test_a_result_that_was_not_chosen_stays_so_though_it_is_newer_and_fresh(
    artist: Artist, sittings: Sittings
) -> None:
    publish(artist)
    publish(artist, 7)
    artist.set(version="v001")
    script = save(artist)
    leave(artist.session, artist.load)
    again = sittings.open(script)
    settle(again)
    assert shown(again)[:2] == ("v001", "v001")


def begun(artist: Artist, daemon: Daemon) -> Path:
    """A script whose second restoration is under way; its daemon is paused."""
    save(artist)
    artist.restore()
    client = daemon.connect()
    client.pause()
    artist.set(keyframe_list="1002")  # else it is the job that has ended already
    artist.press("restore")
    artist.session.queue.pump_until(lambda: len(client.jobs()) == 2, 60)
    artist.session.pump()
    return save(artist)


def test_a_job_that_runs_on_is_followed_with_a_progress_window_and_its_result_is_shown(
    artist: Artist, sittings: Sittings, daemon: Daemon
) -> None:
    script = begun(artist, daemon)
    agent = leave(artist.session, artist.load, detach=True)
    again = sittings.open(script)
    again.session.queue.pump_until(lambda: again.run() is not None, 30)
    assert len(again.session.progress_watch.live) == 1
    assert shown(again)[:1] == ("v001",)
    daemon.connect().resume()
    settle(again)
    assert shown(again) == ("v002", "v002", True)
    assert again.status.startswith("Done: v002, 6 frames in ") and again.said == []
    assert not again.session.progress_watch.live
    agent.wait(20)


def test_a_job_that_ended_while_nuke_was_closed_is_shown(
    artist: Artist, sittings: Sittings, daemon: Daemon
) -> None:
    script = begun(artist, daemon)
    agent = leave(artist.session, artist.load, detach=True)
    daemon.connect().resume()
    agent.wait(30)
    assert not (artist.version("v002") / "result.json").exists()
    again = sittings.open(script)
    settle(again)
    assert shown(again) == ("v002", "v002", True)
    assert again.said == []


def test_a_job_that_was_cancelled_while_nuke_was_closed_is_told_once(
    artist: Artist, sittings: Sittings, daemon: Daemon
) -> None:
    script = begun(artist, daemon)
    agent = leave(artist.session, artist.load, detach=True)
    client = daemon.connect()
    client.cancel(client.jobs()[-1].id)
    agent.wait(30)
    again = sittings.open(script)
    settle(again)
    assert shown(again) == ("v001", "v001 is stale", True)
    assert again.status == "v002 was not restored: it was cancelled."
    assert again.said == [] and again.run() is None
    sittings.end()
    again = sittings.open(script)
    settle(again)
    assert again.status == "Stale: Keyframe 1005 was removed."


def test_a_copy_of_the_script_does_not_take_up_the_job_of_the_original(
    artist: Artist, sittings: Sittings, daemon: Daemon
) -> None:
    script = begun(artist, daemon)
    agent = leave(artist.session, artist.load, detach=True)
    copy = script.with_name("other.nk")
    shutil.copyfile(script, copy)
    again = sittings.open(copy)
    settle(again)
    assert again.load("agent").AGENT.process is None, "nobody was asked"
    assert shown(again) == ("v001", "v001 is stale", True)
    assert again.status == "Stale: Keyframe 1005 was removed."
    assert (again.version("v002") / "job.json").is_file()
    daemon.connect().resume()
    agent.wait(20)


def test_a_job_that_nobody_here_knows_is_told_and_not_begun_again(
    artist: Artist, sittings: Sittings, daemon: Daemon
) -> None:
    artist.restore()
    script = save(artist)
    leave(artist.session, artist.load)
    first = artist.version("v001")
    elsewhere = first.with_name("v002")
    elsewhere.mkdir()
    text = (first / "job.json").read_text()
    (elsewhere / "job.json").write_text(text.replace("/v001/", "/v002/"))
    again = sittings.open(script)
    settle(again)
    assert again.status == "v002 was submitted elsewhere and has no result yet."
    assert len(daemon.connect().jobs()) == 1
    assert shown(again)[:2] == ("v001", "v001")


ANSWERS = """
import json, sys
for line in sys.stdin:
    call = json.loads(line)
    result = {"hello": {"version": "0", "agent_protocol": 1}, "attach": json.loads(sys.argv[1])}
    answer = {"jsonrpc": "2.0", "id": call["id"], "result": result[call["method"]]}
    print(json.dumps(answer), flush=True)
"""


def test_a_job_that_failed_while_nuke_was_closed_is_one_sentence_and_forgotten(
    artist: Artist, sittings: Sittings
) -> None:
    record = publish(artist).record
    assert record is not None
    script = save(artist)
    leave(artist.session, artist.load)
    version = artist.version("v001").with_name("v002")
    version.mkdir()
    write_submission(version, Submission({"output": "/x"}, record.stamp, record.window))
    error = {"event": "error", "code": "out_of_memory", "message": "It is hot.", "hint": "Cool it."}
    found = json.dumps({"ticket": "t", "state": "failed", "events": [error]})
    write_install(artist.folder / "home", [sys.executable, "-c", ANSWERS, found])
    again = sittings.open(script)
    settle(again)
    assert again.status == "v002 was not restored: It is hot. Cool it."
    assert again.said == [] and again.node["version"].value() == "v001"
    assert not (version / "job.json").exists()


def test_a_folder_that_is_not_there_is_silence(artist: Artist, sittings: Sittings) -> None:
    publish(artist)
    script = save(artist)
    leave(artist.session, artist.load)
    (artist.folder / "out").rename(artist.folder / "unmounted")
    again = sittings.open(script)
    settle(again)
    again.session.update_ui()
    settle(again)
    assert again.status == " " and again.said == [] and again.session.printed == []
    assert again.node["version"].value() == "v001"
    assert again.load("agent").AGENT.process is None


def test_opening_a_script_leaves_the_disk_to_other_threads(
    artist: Artist, sittings: Sittings, daemon: Daemon, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = begun(artist, daemon)
    agent = leave(artist.session, artist.load, detach=True)
    main, wrong = threading.main_thread(), list[Any]()
    real_open, real_iterdir = Path.open, Path.iterdir

    def watched(real: Any) -> Any:
        def call(path: Path, *args: Any, **kwargs: Any) -> Any:
            if threading.current_thread() is main and "out" in path.parts:
                wrong.append(path)
            return real(path, *args, **kwargs)

        return call

    daemon.connect().resume()
    monkeypatch.setattr(Path, "open", watched(real_open))
    monkeypatch.setattr(Path, "iterdir", watched(real_iterdir))
    again = sittings.open(script)
    again.session.update_ui()
    assert again.node["badge"].value() == "v001 is stale", "what the script says"
    again.session.queue.pump_until(lambda: again.run() is not None, 30)
    again.session.update_ui()
    assert wrong == []
    monkeypatch.setattr(Path, "open", real_open)
    monkeypatch.setattr(Path, "iterdir", real_iterdir)
    settle(again)
    assert shown(again)[0] == "v002"
    agent.wait(20)
