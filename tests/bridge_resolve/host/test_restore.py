"""A clip from its markers to the result above it, with the real agent and daemon."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from footage import make_picture
from resolve_emulator import Session
from resolve_emulator.making import source_picture
from resolve_emulator.model import Item
from resolve_emulator.renderer import composite
from restoring import FLOW, Patient
from sparkvsr_link import RestorationCancelledError
from sparkvsr_resolve.core import ClipSettings, Place
from sparkvsr_resolve.host.bench import Bench, look
from sparkvsr_resolve.host.bring_back import Returned
from sparkvsr_resolve.host.restore import prepare
from sparkvsr_resolve.host.under_way import restore

GAIN = (1.5, 1.0, 0.5)


def pictures(session: Session, first: int = 10, below_ours: bool = False) -> list[Any]:
    """What the timeline shows where the plate is, without the corner that tells frames."""
    timeline = session.current
    for track in timeline.tracks["video"][1:]:
        track.enabled = not below_ours
    frames = range(timeline.start + first, timeline.start + first + 12)
    found = [composite(session, timeline, frame)[0][16:] for frame in frames]
    for track in timeline.tracks["video"][1:]:
        track.enabled = True
    return found


def test_graded_keyframes_are_carried_to_the_frames_between(
    session: Session, plate: Item, bench: Bench
) -> None:
    ungraded = pictures(session)
    session.grade(plate, 7, gain=GAIN)
    graded = pictures(session)
    for frame in (10, 15, 21):
        session.mark(session.current, frame)
    before = session.state()
    looked = look(bench, FLOW)
    assert [key.index for key in looked.plan.keyframes] == [0, 5, 11]
    prepared = prepare(bench, looked, FLOW)
    assert session.state() == before
    returned = restore(bench, prepared, Patient())
    assert (returned.place.start, returned.place.frames, returned.place.track) == (86410, 12, 2)
    shown = pictures(session)
    for index, (was, wanted, got) in enumerate(zip(ungraded, graded, shown, strict=True)):
        off = np.abs(got - wanted).mean()
        assert off < (0.001 if index in (0, 5, 11) else 0.005) < np.abs(was - wanted).mean() / 20
    after = session.state()
    assert {key for key in before if before[key] != after[key]} == {"timelines", "bins"}
    edit = session.current.uid
    assert [t["name"] for t in after["timelines"][edit]["tracks"]["video"]] == [
        "Video 1",
        "SparkVSR",
    ]
    for state in (before, after):
        state["timelines"][edit]["tracks"]["video"][1:] = []
        for marker in state["timelines"][edit]["markers"].values():
            marker["custom"] = ""  # where the result is remembered
        state["bins"]["bins"].clear()
    assert after == before


def painted(session: Session, frame: int, size: tuple[int, int] = (64, 48)) -> Path:
    """A keyframe that somebody painted: the source's frame with a bright patch."""
    picture = source_picture(frame, size)
    picture[30:40, 30:50] = 0.9
    path = session.media / "painted" / f"{frame}.exr"
    make_picture(path, picture.astype(np.float32))
    return path


def go(bench: Bench, settings: ClipSettings) -> Returned:
    return restore(bench, prepare(bench, look(bench, settings), settings), Patient())


def test_a_painted_keyframe_is_carried_and_the_result_is_a_take_under_the_clips_grade(
    session: Session, plate: Item, bench: Bench
) -> None:
    session.mark(session.current, 12, note=f"keyframe: {painted(session, 6)}")
    session.grade(plate, 7, gain=GAIN)
    settings = replace(FLOW, deliver="ungraded", placement="take")
    returned = go(bench, settings)
    assert returned.place.track == 1
    assert len(plate.takes) == 2
    patch = pictures(session)[2][32 - 16 : 38 - 16, 32:48]
    np.testing.assert_allclose(patch.mean((0, 1)), 0.9 * np.array(GAIN) + (0, 0.01, 0), atol=0.02)


@pytest.mark.parametrize(
    ("changes", "suffix"),
    [
        ({"output": "exr"}, ".exr"),
        ({"base": "source"}, ".mov"),
        ({"placement": "replace"}, ".mov"),
        ({"upscale": 2.0}, ".mov"),
    ],
    ids=["sequence", "source", "replace", "twice as large"],
)
def test_what_can_be_asked_for_arrives(
    session: Session, plate: Item, bench: Bench, changes: dict[str, Any], suffix: str
) -> None:
    session.grade(plate, 7, gain=GAIN)
    for frame in (10, 15, 21):
        session.mark(session.current, frame)
    wanted = pictures(session)
    returned = go(bench, replace(FLOW, **changes))
    assert returned.place == Place(86410, 12, 2)
    (result,) = session.current.tracks["video"][1].items
    assert result.clip is not None and result.clip.media is not None
    assert Path(result.clip.media.path).suffix == suffix
    assert plate.enabled is (changes.get("placement") != "replace")
    for got, right in zip(pictures(session), wanted, strict=True):
        assert np.abs(got - right).mean() < 0.02


def test_a_second_run_renders_the_keyframes_only_and_takes_the_place_of_the_first_result(
    session: Session, plate: Item, bench: Bench
) -> None:
    session.grade(plate, 7, gain=GAIN)
    for frame in (10, 15, 21):
        session.mark(session.current, frame)
    go(bench, FLOW)
    plate.start += 24  # it is found again by what it shows, not by where it lies
    for frame in (10, 15, 21):
        session.current.markers[frame + 24] = session.current.markers.pop(frame)
    session.park(36)
    (result,) = session.current.tracks["video"][1].items
    result.start += 24
    session.grade(plate, 8, gain=(0.5, 1.0, 1.5))
    wanted = pictures(session, 34, below_ours=True)
    rendered = len(session.calls("AddRenderJob"))
    returned = go(bench, FLOW)
    assert len(session.calls("AddRenderJob")) - rendered == 3, "a job for each keyframe, no base"
    assert returned.place == Place(86434, 12, 2)
    assert len(session.current.tracks["video"][1].items) == 1
    for got, right in zip(pictures(session, 34), wanted, strict=True):
        assert np.abs(got - right).mean() < 0.02


def test_a_cancelled_run_in_between_does_not_lose_the_place_of_the_first_result(
    session: Session, plate: Item, bench: Bench
) -> None:
    session.grade(plate, 7, gain=GAIN)
    session.mark(session.current, 12)
    go(bench, FLOW)

    class Impatient(Patient):
        cancelled = True

    with pytest.raises(RestorationCancelledError):
        restore(bench, prepare(bench, look(bench, FLOW), FLOW), Impatient())
    assert go(bench, FLOW).place == Place(86410, 12, 2)
    assert len(session.current.tracks["video"]) == 2
    assert len(session.current.tracks["video"][1].items) == 1
