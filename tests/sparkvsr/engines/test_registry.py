"""Engines by name, and the contract that all of them keep."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from threading import Event

import numpy as np
import pytest

from asking import Question, cancelled_at
from sparkvsr import EngineError
from sparkvsr.engines import ENGINES, Picture, _registry, make_engine, resolve_engine
from tiny import make_tiny_pipeline
from windows import reference, window_of

FRAMES, UPSCALE = 9, 2


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tiny_pipeline(tmp_path_factory.mktemp("model"))


def pictures(count: int, scale: int = 1) -> list[Picture]:
    shape = (count, 18 * scale, 22 * scale, 3)
    return list(np.random.default_rng(count).random(shape, np.float32))


@pytest.mark.parametrize("name", ENGINES)
def test_a_frame_alone_is_the_one_that_restore_gives(
    name: str, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPARKVSR_MODEL", str(model))
    monkeypatch.setenv("SPARKVSR_HOME", str(tmp_path))
    source = pictures(FRAMES)
    keyframe = reference(4, pictures(1, UPSCALE)[0], source[4])
    window = window_of(source, [keyframe], upscale=UPSCALE)
    frames = list(make_engine(name).restore(window))
    assert len(frames) == FRAMES
    for index in (0, 3, 4, 8):
        frame = make_engine(name).frame(window, index)
        np.testing.assert_array_equal(frame.picture_HWC, frames[index].picture_HWC)
        assert frame.trust == frames[index].trust
        assert frame.picture_HWC.shape == (36, 44, 3)


def test_a_name_is_resolved_to_an_engine_and_its_version() -> None:
    flow = resolve_engine("flow")
    assert (flow.name, flow.version, flow.why) == ("flow", make_engine("flow").version, "")


def test_an_unknown_engine_is_refused_with_the_ones_there_are() -> None:
    with pytest.raises(EngineError, match="magic") as caught:
        resolve_engine("magic")
    assert all(name in caught.value.hint for name in ENGINES)


@pytest.mark.parametrize("asked_for", [make_engine, resolve_engine])
def test_nobody_waits_for_packages_that_are_imported_for_a_cancelled_job(
    asked_for: Callable[[str, Question], object],
    model: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SPARKVSR_MODEL", str(model))
    monkeypatch.setenv("SPARKVSR_HOME", str(tmp_path))
    name = "auto" if asked_for is resolve_engine else "sparkvsr"
    slow, imported = Event(), Event()

    def import_module(name: str) -> None:
        slow.wait(30)
        imported.set()

    with monkeypatch.context() as patch, cancelled_at(2) as question:
        patch.setattr(_registry, "import_module", import_module)
        asked_for(name, question)
    assert not imported.is_set()
    slow.set()
    assert imported.wait(60), "it ends by itself"
    assert asked_for(name, Question())


def test_an_import_that_fails_is_told(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def import_module(name: str) -> None:
        raise ImportError("torch is not installed")

    monkeypatch.setenv("SPARKVSR_MODEL", str(model))
    monkeypatch.setattr(_registry, "import_module", import_module)
    with pytest.raises(ImportError, match="torch is not installed"):
        make_engine("sparkvsr")
