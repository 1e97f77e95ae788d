"""Previews for a slider: the newest wins, and pictures come and go with the agent."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from agents import Agent, make_shot
from sparkvsr.media import read_picture
from sparkvsr_daemon._agent_previews import Previews
from sparkvsr_link import LinkError

Daemon = Any  # conftest.Daemon


def test_a_preview_is_that_frame_at_that_guidance(daemon: Daemon, tmp_path: Path) -> None:
    job = make_shot(tmp_path)
    with Agent() as agent:
        first = agent.call("preview", job=job, frame=1003)
        picture = Path(first["picture"])
        assert (first["frame"], first["guidance"]) == (1003, 1.0)
        assert first["seconds"] > 0
        np.testing.assert_array_equal(read_picture(picture), read_picture(tmp_path / "key.png"))
        same = agent.call("preview", job=job, frame=1003, guidance=1.0)
        assert same["picture"] == str(picture)

        other = Path(agent.call("preview", job=job, frame=1005, guidance=0.25)["picture"])
        assert other.parent == picture.parent
        assert other.exists()
        assert not picture.exists()

        exr = job | {"output": str(tmp_path / "exr" / "v1.####.exr")}
        assert agent.call("preview", job=exr, frame=1003)["picture"].endswith(".exr")
        assert other.exists()  # another output's
        assert not (tmp_path / "exr").exists()
        with pytest.raises(LinkError, match="outside of the shot"):
            agent.call("preview", job=job, frame=7)
        with pytest.raises(LinkError, match="guidance 99"):
            agent.call("preview", job=job, frame=1003, guidance=99)
        with pytest.raises(LinkError, match="no absolute path"):
            agent.call("preview", job=job | {"output": "out.mov"}, frame=1003)
    assert not other.parent.exists()


def test_of_those_that_wait_only_the_newest_of_each_job_is_made(
    daemon: Daemon, tmp_path: Path
) -> None:
    slider, still = make_shot(tmp_path, "a"), make_shot(tmp_path, "b")
    with Agent() as agent, ThreadPoolExecutor(8) as hands:

        def ask(job: dict[str, Any], guidance: float) -> Future[Any]:
            return hands.submit(agent.call, "preview", job=job, frame=1004, guidance=guidance)

        # The first of them starts the daemon, which takes longer than asking for all others.
        beside = ask(still, 0.5)
        moved = [ask(slider, value / 10) for value in range(6)]
        made, superseded = [], []
        for future in moved:
            error = future.exception()
            if error is None:
                made.append(future.result()["guidance"])
            else:
                assert isinstance(error, LinkError)
                superseded.append(error.code)
        assert superseded == ["superseded"] * len(superseded)
        assert 1 <= len(made) <= 2  # one that had begun, and the newest
        assert beside.result()["guidance"] == 0.5


def test_what_dead_agents_left_is_removed(tmp_path: Path) -> None:
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    for name in (str(dead.pid), "1"):  # process 1 lives
        (tmp_path / name).mkdir()
        (tmp_path / name / "picture.png").write_bytes(b"")
    Previews(tmp_path)
    assert [left.name for left in tmp_path.iterdir()] == ["1"]
