"""While an engine restores a window, others are restored with it in between: nobody notices.

A preview runs at the border of two windows of a batch job: on the same engine, in the same thread,
wherever the engine has asked for a source frame or a latent, or has given a frame.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from dataclasses import replace
from pathlib import Path
from secrets import token_hex

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asking import cancelled_at
from sparkvsr import CancelledError
from sparkvsr.engines import (
    ENGINES,
    Engine,
    EngineFrame,
    LatentEngine,
    Picture,
    Window,
    make_engine,
)
from sparkvsr.engines.diffusion import DiffusionEngine, StageCache
from sparkvsr.engines.diffusion._placement import VARIABLE
from sparkvsr.latents import Latent
from tiny import make_tiny_pipeline
from windows import reference, window_of

HEIGHT, WIDTH, UPSCALE = 16, 18, 2
INNER = ("window", "preview", "same", "stopped")
CASES = (*ENGINES, "sparkvsr int8", "sparkvsr offload", "sparkvsr kept")


def pictures(count: int, seed: int, scale: int = 1) -> list[Picture]:
    shape = (count, HEIGHT * scale, WIDTH * scale, 3)
    return list(np.random.default_rng(seed).random(shape, np.float32))


def window(seed: int, frames: int = 9, guidance: float = 1.3) -> Window:
    source = pictures(frames, seed)
    keyframe = reference(4, pictures(1, seed + 50, UPSCALE)[0], source[4])
    return window_of(source, [keyframe], upscale=UPSCALE, guidance=guidance)


OUTER, OTHER = window(0), window(1, guidance=0.7)


class Job:
    """One engine, and what it gives when nobody comes between.

    Args:
        stages: where it may keep stages; None where it keeps nothing.
    """

    def __init__(self, engine: Engine, stages: Path | None = None) -> None:
        self.engine = engine
        self._stages = stages
        self.expected = {
            "outer": list(outer(engine, lambda: None)),
            "window": list(engine.restore(OTHER)),
            "preview": [engine.preview(OTHER, 3)],
            "same": list(engine.restore(OUTER)),
        }
        self.events = 0
        for _ in outer(engine, self._event):
            pass

    def _event(self) -> None:
        self.events += 1

    def forget(self) -> None:
        """Nothing is kept from now on but what is made from now on."""
        if self._stages is not None:
            folder = self._stages / token_hex(8)
            vars(self.engine)["_cache"] = StageCache(folder, 1 << 30)

    def interrupt(self, kind: str) -> None:
        """A whole other request."""
        if kind == "stopped":
            with cancelled_at(4) as question:
                list(self.engine.restore(replace(OTHER, cancelled=question)))
        elif kind == "preview":
            assert_equal([self.engine.preview(OTHER, 3)], self.expected[kind])
        else:
            chosen = OTHER if kind == "window" else OUTER
            assert_equal(list(self.engine.restore(chosen)), self.expected[kind])


def outer(engine: Engine, event: Callable[[], None]) -> Generator[EngineFrame]:
    """Two windows as a job runs them: in one decode stream where the engine can.

    Args:
        event: called at every place where others may come between.
    """

    def told(window: Window) -> Window:
        def source(t: int) -> Picture:
            event()
            return window.source(t)

        def digest(t: int) -> str:
            event()
            return window.digest(t)

        return replace(window, source=source, digest=digest)

    first, second = told(OUTER), told(window(2))

    def latents(engine: LatentEngine) -> Iterator[Latent]:
        for part, cut in ((first, 0), (second, 1)):
            event()
            yield from engine.latents(part)[cut:]

    if isinstance(engine, LatentEngine):
        long = window_of(pictures(17, 3), upscale=UPSCALE)
        frames = engine.decode(told(long), latents(engine))
    else:
        frames = (frame for part in (first, second) for frame in engine.restore(part))
    for frame in frames:
        event()
        yield frame


def assert_equal(given: list[EngineFrame], expected: list[EngineFrame]) -> None:
    assert [frame.trust for frame in given] == [frame.trust for frame in expected]
    for a, b in zip(given, expected, strict=True):
        np.testing.assert_array_equal(a.picture_HWC, b.picture_HWC)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tiny_pipeline(tmp_path_factory.mktemp("model"))


@pytest.fixture(scope="module", params=CASES)
def job(
    request: pytest.FixtureRequest, model: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Job]:
    name, _, how = request.param.partition(" ")
    with pytest.MonkeyPatch.context() as patch:
        if how in ("int8", "offload"):
            patch.setenv(VARIABLE, how)
        if name == "sparkvsr":
            folder = tmp_path_factory.mktemp("stages")
            engine = DiffusionEngine(model, "test", StageCache(folder, 0))
            yield Job(engine, folder if how == "kept" else None)
        else:
            yield Job(make_engine(name))


@settings(max_examples=3, deadline=None)
@given(data=st.data())
def test_who_comes_between_changes_nothing_and_is_changed_by_nothing(
    job: Job, data: st.DataObject
) -> None:
    places = st.integers(0, job.events - 1)
    planned = data.draw(st.dictionaries(places, st.sampled_from(INNER), min_size=1, max_size=3))
    now = 0

    def event() -> None:
        nonlocal now
        kind = planned.get(now)
        now += 1
        if kind:
            job.interrupt(kind)

    job.forget()
    assert_equal(list(outer(job.engine, event)), job.expected["outer"])
    assert now == job.events


def test_two_streams_take_turns_frame_by_frame(job: Job) -> None:
    job.forget()
    one, other = outer(job.engine, lambda: None), outer(job.engine, lambda: None)
    pairs = list(zip(one, other, strict=True))
    for side in range(2):
        assert_equal([pair[side] for pair in pairs], job.expected["outer"])


def test_a_stream_that_was_left_in_the_middle_does_not_matter(job: Job) -> None:
    left = outer(job.engine, lambda: None)
    next(left)
    job.interrupt("window")
    left.close()
    job.interrupt("same")


def test_who_comes_between_is_not_stopped_when_the_other_one_is(job: Job) -> None:
    job.forget()
    stopped: list[bool] = []

    def source(t: int) -> Picture:
        if not stopped:
            stopped.append(True)
            job.interrupt("preview")
        return OUTER.source(t)

    stopping = replace(OUTER, source=source, cancelled=lambda: bool(stopped))
    with pytest.raises(CancelledError):
        list(job.engine.restore(stopping))
    assert stopped
    job.interrupt("same")
