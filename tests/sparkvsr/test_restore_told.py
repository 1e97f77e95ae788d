"""A job that tells rate and timecode: what stands in the files, the report and the events."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import OpenEXR  # type: ignore[import-not-found]
import OpenImageIO as oiio  # noqa: N813 - as its own documentation does
import pytest

from footage import make_movie, make_picture, noise
from sparkvsr import Event, Job, Settings, SettingsError, Started, preview, restore
from sparkvsr.media import read_picture

FIRST, FRAMES = 1001, 5
SIZE = (120, 256)  # DNxHR takes nothing smaller
NTSC = Fraction(1000, 1001)


@pytest.fixture
def plate(tmp_path: Path) -> Path:
    """EXR files that say neither rate nor timecode."""
    for number in range(FIRST, FIRST + FRAMES):
        pixels = np.full((*SIZE, 3), number - FIRST, np.float16) / 8
        make_picture(tmp_path / f"plate.{number}.exr", pixels)
    return tmp_path


def job(folder: Path, output: str, **told: Any) -> Job:
    settings = Settings(engine="identity", upscale=1)
    plain = {"source": str(folder / "plate.####.exr"), "source_space": "rec709"}
    return Job(**{**plain, "output": str(folder / output), "settings": settings, **told})


def movie_says(path: Path) -> tuple[Fraction | None, str, int]:
    """Rate, timecode and number of frames, as FFmpeg tells them."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        places = (container.metadata, *(s.metadata for s in container.streams))
        facts = [fact for place in places for fact in place.items()]
        (label,) = {value for name, value in facts if name.lower() == "timecode"}
        return stream.average_rate, label, sum(1 for _ in container.decode(stream))


@pytest.mark.parametrize("output", ["o.mov", "o.mxf", "o.mp4", "o.mkv"])
@pytest.mark.parametrize(
    ("rate", "timecode", "exact"),
    [("23.976", "01:00:04:04", 24 * NTSC), ("29.97", "00:09:59;28", 30 * NTSC)],
)
def test_a_movie_has_the_rate_and_the_start_that_the_job_tells(
    plate: Path, output: str, rate: str, timecode: str, exact: Fraction
) -> None:
    restore(job(plate, output, rate=rate, timecode=timecode))
    found, label, frames = movie_says(plate / output)
    assert found is not None
    assert abs(found - exact) < Fraction(1, 10_000)  # Matroska counts milliseconds
    if output != "o.mkv":
        assert found == exact
    assert (label, frames) == (timecode, FRAMES)


def test_of_a_range_the_first_frame_has_the_timecode(plate: Path) -> None:
    restore(job(plate, "o.mov", rate="25", timecode="02:00:00:00", first=1003, last=1004))
    assert movie_says(plate / "o.mov") == (Fraction(25), "02:00:00:00", 2)


def test_pictures_have_the_rate_and_each_its_timecode(plate: Path) -> None:
    restore(job(plate, "o.####.exr", rate="29.97", timecode="00:00:59;28"))
    labels = [(0, 59, 28), (0, 59, 29), (1, 0, 2), (1, 0, 3), (1, 0, 4)]
    for number, (minutes, seconds, frame) in enumerate(labels, FIRST):
        header = OpenEXR.File(str(plate / f"o.{number}.exr"), header_only=True).header()
        assert Fraction(header["framesPerSecond"]) == 30 * NTSC
        code = header["timeCode"]
        assert (code.hours, code.minutes, code.seconds, code.frame) == (0, minutes, seconds, frame)
        assert code.dropFrame
        assert (read_picture(plate / f"o.{number}.exr") == (number - FIRST) / 8).all()
    restore(job(plate, "o.####.dpx", rate="23.976", timecode="01:00:04:04"))
    spec = oiio.ImageBuf(str(plate / "o.1002.dpx")).spec()
    assert spec.get_float_attribute("dpx:FrameRate") == pytest.approx(23.976, abs=1e-4)
    assert spec.getattribute("smpte:TimeCode")[0] == 0x01000405


def test_what_files_say_of_themselves_is_outranked(tmp_path: Path) -> None:
    before = OpenEXR.TimeCode(9, 0, 0, 0, *[0] * 14)
    said = {"timeCode": before, "framesPerSecond": Fraction(24), "capDate": "2001:01:01 00:00:00"}
    pixels = {"RGB": np.zeros((8, 8, 3), np.float16)}
    OpenEXR.File(said, pixels).write(str(tmp_path / "plate.1001.exr"))
    restore(job(tmp_path, "o.####.exr", rate="25", timecode="01:00:00:24"))
    header = OpenEXR.File(str(tmp_path / "o.1001.exr"), header_only=True).header()
    assert header["framesPerSecond"] == 25
    assert (header["timeCode"].hours, header["timeCode"].frame) == (1, 24)
    assert header["capDate"] == said["capDate"]


def test_a_movie_keeps_its_rate_and_takes_the_timecode(tmp_path: Path) -> None:
    frames = noise((4, 32, 32, 3), 255).astype(np.uint8)
    make_movie(tmp_path / "in.mov", frames, array_format="rgb24", encoder="png", rate=30 * NTSC)
    source = str(tmp_path / "in.mov")
    restore(job(tmp_path, "o.mov", source=source, rate="29.97", timecode="01:00:00;00"))
    assert movie_says(tmp_path / "o.mov") == (30 * NTSC, "01:00:00;00", 4)
    files = sorted(tmp_path.iterdir())
    with pytest.raises(SettingsError, match=r"in\.mov has 29\.97 frames a second, not the 24"):
        restore(job(tmp_path, "no.mov", source=source, rate="24"))
    assert sorted(tmp_path.iterdir()) == files


@pytest.mark.parametrize(
    ("told", "rate", "timecode", "page"),
    [
        ({}, "24", None, ["24 frames a second", "<td>none</td>"]),
        (
            {"rate": "23.976", "timecode": "01:00:04:04"},
            "24000/1001",
            "01:00:04:04",
            ["23.976 frames a second", "from 01:00:04:04"],
        ),
    ],
)
def test_events_and_report_say_both(
    plate: Path, told: dict[str, str], rate: str, timecode: str | None, page: list[str]
) -> None:
    events: list[Event] = []
    report = plate / "report.html"
    restore(job(plate, "o.####.exr", **told), on_event=events.append, report=report)
    started = events[0]
    assert isinstance(started, Started)
    assert (started.rate, started.timecode) == (rate, timecode)
    assert all(text in report.read_text() for text in page)


@pytest.mark.parametrize(
    ("told", "says"),
    [({"rate": "fast"}, 'rate "fast"'), ({"timecode": "1:2:3:4"}, 'timecode "1:2:3:4"')],
)
def test_wrong_text_is_named_and_changes_nothing(
    plate: Path, told: dict[str, str], says: str
) -> None:
    before = sorted(plate.iterdir())
    events: list[Event] = []
    bad = job(plate, "o.mov", **told)
    with pytest.raises(SettingsError, match=says) as caught:
        restore(bad, on_event=events.append)
    assert caught.value.exit_code == 2
    with pytest.raises(SettingsError, match=says):
        preview(bad, FIRST, plate / "p.png")
    assert (events, sorted(plate.iterdir())) == ([], before)
