"""One job's windows over several threads and processes, one of which is killed."""

from __future__ import annotations

import multiprocessing
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sensitive import MemoryShot, SensitiveInLatents
from shared_keeper import SharedKeeper, help_out
from sparkvsr import KeyframePicture, Request, RestoredFrame, Settings, Shot, executor

FRAMES, HEIGHT, WIDTH = 90, 20, 28
KEYFRAME = 40


def source(delay_s: float = 0.0) -> MemoryShot:
    return MemoryShot(FRAMES, HEIGHT, WIDTH, delay_s)


def request(engine: str) -> Request:
    settings: dict[str, Any] = {"engine": engine, "upscale": 1.0, "window": 17, "overlap": 9}
    return Request(
        Shot(width=WIDTH, height=HEIGHT, frames=FRAMES),
        (KeyframePicture(KEYFRAME, source().at(KEYFRAME) * np.float32(0.8)),),
        Settings(**settings, guidance=1.5, grade="off"),
    )


def run(job: Request, keeper: SharedKeeper | None = None) -> list[RestoredFrame]:
    def frames() -> Iterator[RestoredFrame]:
        for frame in executor.run(
            job,
            source(),
            on_notice=lambda notice: None,
            cancelled=lambda: False,
            keeper=keeper,
        ):
            if keeper is not None:
                with keeper.changed() as state:
                    state.stored = frame.index + 1
            yield frame

    try:
        return list(frames())
    finally:
        if keeper is not None:
            with keeper.changed() as state:
                state.over = True


def same(ours: list[RestoredFrame], want: list[RestoredFrame]) -> None:
    for frame, wanted in zip(ours, want, strict=True):
        assert (frame.index, frame.trust) == (wanted.index, wanted.trust)
        assert frame.picture.tobytes() == wanted.picture.tobytes()


@pytest.mark.parametrize("engine", ["flow", "latents"])
def test_threads_share_the_windows_of_a_run(
    engine: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if engine == "latents":
        monkeypatch.setattr("sparkvsr.executor.make_engine", lambda *_: SensitiveInLatents())
    job = request("flow")
    whole = run(job)
    helped = threading.Event()

    def wait_for_help() -> None:
        if not helped.is_set():
            while len(set(keeper.look().kept.values())) < 2:
                time.sleep(0.01)
            helped.set()

    keeper = SharedKeeper(tmp_path, "run", wait_for_help)
    with ThreadPoolExecutor(2) as pool:
        helpers = [pool.submit(help_out, tmp_path, f"helper {i}", job, source()) for i in range(2)]
        same(run(job, keeper), whole)
        for helper in helpers:
            helper.result(timeout=30)
    state = keeper.look()
    assert sorted(state.kept) == list(range(len(state.windows)))
    assert len(set(state.kept.values())) >= 2


def test_a_helper_that_is_killed_within_a_window_costs_that_window_only(tmp_path: Path) -> None:
    job = request("flow")
    whole = run(job)
    spawn = multiprocessing.get_context("spawn")
    processes: list[Any] = []
    killed_in: list[int] = []

    def start(owner: str, delay_s: float) -> None:
        process = spawn.Process(target=help_out, args=(tmp_path, owner, job, source(delay_s)))
        process.start()
        processes.append(process)

    def kill_and_replace() -> None:
        """At the first border; the run waits until the helper's successor has kept a window."""
        if killed_in:
            return
        start("first", 0.05)
        while not list(tmp_path.glob("*.part")):
            assert processes[0].is_alive()
            time.sleep(0.01)
        processes[0].kill()
        processes[0].join()
        with keeper.changed() as state:
            killed_in.extend(p for p, owner in state.claimed.items() if owner == "first")
            for position in killed_in:
                del state.claimed[position]
        start("second", 0.0)
        while "second" not in keeper.look().kept.values():
            assert processes[1].is_alive()
            time.sleep(0.01)

    keeper = SharedKeeper(tmp_path, "run", kill_and_replace)
    try:
        same(run(job, keeper), whole)
        processes[1].join(timeout=30)
        assert processes[1].exitcode == 0
    finally:
        for process in processes:
            process.kill()
    state = keeper.look()
    assert len(killed_in) == 1
    assert sorted(state.kept) == list(range(len(state.windows)))
    assert "second" in state.kept.values()
    assert not list(tmp_path.glob("*.part"))
