"""A whole job stops wherever it asks, leaves nothing open, and the next one has the same pixels."""

from __future__ import annotations

import gc
import math
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asking import Question, StepCounter, cancelled_at
from sparkvsr import (
    CancelledError,
    InProcess,
    KeyframePicture,
    Request,
    RestoredFrame,
    Settings,
    Shot,
)
from sparkvsr.backend import Cancelled
from sparkvsr.color import _mend, mend
from sparkvsr.depth import Frame
from sparkvsr.engines.diffusion import load_engine
from sparkvsr.engines.flow import FlowEngine
from sparkvsr.grade import GradeCarrier, _carrier, pinned
from sparkvsr.grade._transform import CHUNK, Transform
from tiny import make_tiny_pipeline
from windows import reference, window_of

FRAMES, HEIGHT, WIDTH, UPSCALE = 20, 24, 32, 2
JOBS: dict[str, dict[str, Any]] = {
    "flow": {"engine": "flow", "guidance": 1.2},
    "flow, grade alone": {"engine": "flow", "upscale": 1, "grade": "on", "pin_keyframes": "blend"},
    "flow, tiles": {"engine": "flow", "tile": 64, "upscale": 4},
    "identity": {"engine": "identity"},
    "model, latents": {"engine": "sparkvsr", "window": 17, "overlap": 9},
    "model, pixels": {"engine": "sparkvsr", "window": 17, "overlap": 9, "cross_fade": "pixels"},
    "model, preview": {"engine": "sparkvsr", "window": 17, "overlap": 9, "preview": 12},
}


def source() -> list[Frame]:
    """A picture that moves; some of its pixels are no numbers."""
    noise = np.random.default_rng(0).random((HEIGHT, WIDTH + FRAMES, 3), np.float32)
    smooth = cv2.GaussianBlur(noise, (0, 0), 2)
    frames = [np.ascontiguousarray(smooth[:, t : t + WIDTH]) for t in range(FRAMES)]
    frames[3] = frames[3].copy()
    frames[3][4:9, 6:20] = np.nan
    return frames


class Frames:
    """The source, and something that is told whenever a frame of it is read."""

    def __init__(self, told: Callable[[int], None]) -> None:
        self._told = told

    def frames(self) -> Iterator[Frame]:
        for index, frame in enumerate(source()):
            self._told(index)
            yield frame


def restored(
    job: str, cancelled: Cancelled, told: Callable[[int], None] = lambda index: None
) -> list[RestoredFrame]:
    options = {"upscale": UPSCALE} | JOBS[job]
    preview, upscale = options.pop("preview", None), options["upscale"]
    graded = [np.array([1.4, 1.0, 0.7], np.float32) * source()[index] for index in (2, 7)]
    large = [cv2.resize(g, None, fx=upscale, fy=upscale) for g in graded]
    request = Request(
        Shot(width=WIDTH, height=HEIGHT, frames=FRAMES, cuts=(12,)),
        tuple(KeyframePicture(i, p) for i, p in zip((2, 7), large, strict=True)),
        Settings(**options),
        preview=preview,
    )
    return list(
        InProcess().restore(
            request, Frames(told), on_notice=lambda notice: None, cancelled=cancelled
        )
    )


def assert_equal(given: list[RestoredFrame], expected: list[RestoredFrame]) -> None:
    for a, b in zip(given, expected, strict=True):
        assert (a.index, a.trust) == (b.index, b.trust)
        np.testing.assert_array_equal(a.picture, b.picture)


@pytest.fixture(scope="module", autouse=True)
def model(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The tiny model is installed; it keeps no stage."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SPARKVSR_MODEL", str(make_tiny_pipeline(tmp_path_factory.mktemp("model"))))
        patch.setenv("SPARKVSR_HOME", str(tmp_path_factory.mktemp("home")))
        patch.setenv("SPARKVSR_CACHE_GB", "0")
        load_engine.cache_clear()
        yield
    load_engine.cache_clear()


@pytest.fixture(scope="module", params=JOBS)
def undisturbed(request: pytest.FixtureRequest) -> tuple[str, list[RestoredFrame], int]:
    """A job, what it gives, and how often it asks meanwhile, the model being loaded already."""
    restored(request.param, Question())
    question = Question()
    return request.param, restored(request.param, question), question.asked


@settings(max_examples=3, deadline=None)
@given(share=st.floats(0.0, 1.0))
def test_wherever_a_job_is_stopped_the_next_one_has_the_same_pixels(
    undisturbed: tuple[str, list[RestoredFrame], int], share: float
) -> None:
    job, expected, questions = undisturbed
    with cancelled_at(1 + int(share * (questions - 1))) as question:
        restored(job, question)
    gc.collect()  # a file that was left open would be told here
    assert_equal(restored(job, Question()), expected)


@settings(max_examples=1, deadline=None)
@given(data=st.data())
def test_jobs_within_jobs_change_nothing(
    undisturbed: tuple[str, list[RestoredFrame], int], data: st.DataObject
) -> None:
    job, expected, _ = undisturbed
    at = data.draw(st.integers(0, FRAMES - 1))
    inner = data.draw(st.sampled_from([job, "flow", "model, preview"]))
    alone = restored(inner, Question())

    def told(index: int) -> None:
        if index == at:
            assert_equal(restored(inner, Question()), alone)

    assert_equal(restored(job, Question(), told), expected)


def test_frames_are_not_read_on_for_a_job_that_is_over() -> None:
    read: list[int] = []
    with pytest.raises(CancelledError):  # the first keyframe's source is wanted, the third frame
        restored("flow", lambda: bool(read), read.append)
    assert read == [0]


def test_filling_up_a_large_hole_asks_at_every_width() -> None:
    counter = StepCounter()
    picture = np.ones((300, 400, 3), np.float32)
    picture[20:280, 20:380] = np.nan
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_mend, "_sums", counter.counting(_mend._sums))
        mend(picture, counter)
    assert counter.steps > 3 * 2 * 6
    assert counter.most == 2
    with cancelled_at(5) as question:
        mend(picture, question)


def test_a_frame_of_the_flow_engine_asks_between_its_steps(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    counter = StepCounter()
    for name in ("remap", "resize", "cvtColor"):
        monkeypatch.setattr(cv2, name, counter.counting(getattr(cv2, name)))
    pictures = list(np.random.default_rng(0).random((9, 32, 40, 3), np.float32))
    large = list(np.random.default_rng(1).random((2, 64, 80, 3), np.float32))
    references = [reference(i, p, pictures[i]) for i, p in zip((0, 8), large, strict=True)]
    window = replace(window_of(pictures, references, upscale=2, guidance=1.2), cancelled=counter)
    assert len(list(FlowEngine().restore(window))) == 9
    assert counter.steps > 9 * 10
    assert counter.most == 2


def test_leading_over_to_a_keyframe_asks_between_its_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    counter = StepCounter()
    for name in ("remap", "resize", "erode", "dilate"):
        monkeypatch.setattr(cv2, name, counter.counting(getattr(cv2, name)))
    pictures = list(np.random.default_rng(0).random((9, 32, 40, 3), np.float32))
    keyframes = {i: pictures[i] + np.float32(0.2) for i in (2, 5)}
    frames = pinned(pictures, keyframes, pictures.__getitem__, [(0, 9)], "exact", cancelled=counter)
    assert len(list(frames)) == 9
    assert counter.steps > 9 * 8
    assert counter.most <= 3


def test_the_pieces_of_a_grade_ask_each_for_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    fits, pieces = StepCounter(), StepCounter()
    picture = np.random.default_rng(0).random((270, 480, 3), np.float32)
    carrier = GradeCarrier(
        lambda index: np.roll(picture, index, 1),
        {0: picture * np.float32(1.2), 8: np.roll(picture, 8, 1) * np.float32(0.9)},
        [(0, 9)],
        lambda: fits() or pieces(),
    )
    with monkeypatch.context() as patch:
        for name in ("match", "fit_grade"):
            patch.setattr(_carrier, name, fits.counting(getattr(_carrier, name)))
        carrier.graded(4)
    assert fits.steps == 2 + 2 + 2  # grades; motion to either keyframe, there and in the middle
    monkeypatch.setattr(Transform, "_change", pieces.counting(Transform._change))
    carrier.graded(4)
    assert pieces.steps == math.ceil(270 * 480 / CHUNK)
    assert (fits.most, pieces.most) == (1, 1)


@settings(max_examples=8, deadline=None)
@given(data=st.data())
def test_a_grade_that_was_stopped_halfway_is_fitted_again(data: st.DataObject) -> None:
    picture = np.random.default_rng(0).random((40, 60, 3), np.float32)
    keyframes = {0: picture * np.float32(1.3), 8: picture * np.float32(0.8)}
    now = Question()
    carrier = GradeCarrier(lambda index: picture, keyframes, [(0, 9)], lambda: now())
    asked = now.asked
    expected = carrier.graded(4)
    asked = now.asked - asked
    carrier = GradeCarrier(lambda index: picture, keyframes, [(0, 9)], lambda: now())
    for stop in data.draw(st.lists(st.integers(1, asked), min_size=1, max_size=3)):
        now = Question(stop)
        with suppress(CancelledError):
            carrier.graded(4)
    now = Question()
    np.testing.assert_array_equal(carrier.graded(4), expected)
