"""One frame of a job, from files to a picture."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from sparkvsr import (
    Event,
    Job,
    KeyframeError,
    KeyframeFile,
    OutputError,
    Previewed,
    Settings,
    SettingsError,
    preview,
    restore,
)
from sparkvsr.depth import as_picture
from sparkvsr.media import read_picture, write_picture


@pytest.fixture
def job(tmp_path: Path) -> Job:
    """Frames 1001 to 1020, and a keyframe on 1010."""
    rng = np.random.default_rng(0)
    for number in range(1001, 1021):
        picture = rng.integers(0, 255, (24, 32, 3), np.uint8)
        write_picture(tmp_path / f"plate.{number}.png", picture)
    write_picture(tmp_path / "key.png", rng.integers(0, 255, (48, 64, 3), np.uint8))
    return Job(
        source=str(tmp_path / "plate.####.png"),
        output=str(tmp_path / "out.####.png"),
        keyframes=(KeyframeFile(1010, str(tmp_path / "key.png")),),
        settings=Settings(upscale=2, engine="flow"),
    )


@pytest.mark.parametrize("suffix", ["png", "exr", "tif"])
def test_the_picture_is_that_frame_of_the_shot(job: Job, tmp_path: Path, suffix: str) -> None:
    restore(job)
    events: list[Event] = []
    done = preview(job, 1012, tmp_path / f"p.{suffix}", on_event=events.append)
    assert (done.frame, done.guidance, done.output) == (1012, 1.0, str(tmp_path / f"p.{suffix}"))
    assert events[-1] is done
    ours = np.clip(as_picture(read_picture(tmp_path / f"p.{suffix}")), 0, 1)  # EXR is not limited
    theirs = as_picture(read_picture(tmp_path / "out.1012.png"))
    np.testing.assert_allclose(ours, theirs, atol=0.6 / 255)


def test_another_guidance_is_tried_without_touching_the_job(job: Job, tmp_path: Path) -> None:
    one = preview(job, 1012, tmp_path / "a.png")
    two = preview(job, 1012, tmp_path / "b.png", guidance=0.0)
    assert (one.guidance, two.guidance) == (1.0, 0.0)
    assert (read_picture(tmp_path / "a.png") != read_picture(tmp_path / "b.png")).any()
    assert not list(tmp_path.glob("out.*"))
    changed = msgspec.structs.replace(
        job, settings=msgspec.structs.replace(job.settings, guidance=0.0)
    )
    preview(changed, 1012, tmp_path / "c.png")
    assert (tmp_path / "b.png").read_bytes() == (tmp_path / "c.png").read_bytes()


@pytest.mark.parametrize(
    ("changes", "error", "says"),
    [
        ({"frame_number": 1021}, SettingsError, "outside of the shot"),
        ({"frame_number": 1000}, SettingsError, "outside of the shot"),
        ({"guidance": 11.0}, SettingsError, "guidance"),
        ({"output": "p.mov"}, OutputError, "no picture"),
        ({"output": "key.png"}, OutputError, "replace an input"),
        ({"output": "plate.1012.png", "overwrite": True}, OutputError, "replace an input"),
        ({"output": "there.png"}, OutputError, "exists already"),
    ],
)
def test_what_cannot_be_done_is_refused_before_anything_is_written(
    job: Job, tmp_path: Path, changes: dict[str, Any], error: type[Exception], says: str
) -> None:
    (tmp_path / "there.png").write_bytes(b"mine")
    before = {p.name: p.read_bytes() for p in tmp_path.iterdir()}
    options: dict[str, Any] = {"frame_number": 1012, "output": "p.png"} | changes
    options["output"] = tmp_path / options["output"]
    with pytest.raises(error, match=says):
        preview(job, **options)
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == before


def test_a_keyframe_that_does_not_fit_is_refused(job: Job, tmp_path: Path) -> None:
    job = msgspec.structs.replace(job, keyframes=(KeyframeFile(1050, str(tmp_path / "key.png")),))
    with pytest.raises(KeyframeError, match="1050"):
        preview(job, 1012, tmp_path / "p.png")


def test_an_existing_picture_is_replaced_when_asked(job: Job, tmp_path: Path) -> None:
    (tmp_path / "p.png").write_bytes(b"old")
    assert isinstance(preview(job, 1012, tmp_path / "p.png", overwrite=True), Previewed)
    assert read_picture(tmp_path / "p.png").shape == (48, 64, 3)
