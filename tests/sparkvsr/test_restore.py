"""The main job on files: what comes out, and the sentence and the untouched disk for bad input."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import msgspec
import numpy as np
import pytest

from sparkvsr import (
    CancelledError,
    Done,
    Event,
    Job,
    KeyframeError,
    KeyframeFile,
    Notified,
    OutputError,
    Progress,
    Settings,
    SettingsError,
    SourceError,
    SparkVSRError,
    Started,
    restore,
)
from sparkvsr.depth import Frame
from sparkvsr.media import open_source, read_picture, write_picture

HEIGHT, WIDTH = 24, 32
FIRST, FRAMES = 1001, 12


def frame(number: int, dtype: str = "f2", height: int = HEIGHT, width: int = WIDTH) -> Frame:
    rng = np.random.default_rng(number)
    if dtype == "f2":
        return rng.normal(0.5, 2, (height, width, 3)).astype(np.float16)
    scale = np.iinfo(dtype).max
    return rng.integers(0, scale, (height, width, 3), endpoint=True).astype(dtype)


@pytest.fixture
def plate(tmp_path: Path) -> Path:
    """Twelve half-float EXR frames, 1001 to 1012, and two pictures that could be keyframes."""
    for number in range(FIRST, FIRST + FRAMES):
        write_picture(tmp_path / f"plate.{number}.exr", frame(number))
    write_picture(tmp_path / "key.png", frame(1, "u1"))
    write_picture(tmp_path / "wide.png", frame(1, "u1", HEIGHT, 2 * WIDTH))
    (tmp_path / "words.png").write_text("no picture")
    return tmp_path


def job(folder: Path, *keyframes: tuple[int, str], **change: Any) -> Job:
    settings = {"engine": "identity", "upscale": 1} | change.pop("settings", {})
    files = tuple(KeyframeFile(number, str(folder / name)) for number, name in keyframes)
    plain: dict[str, Any] = {
        "source": str(folder / "plate.####.exr"),
        "output": str(folder / "out" / "restored.####.exr"),
        "keyframes": files,
        "settings": msgspec.convert(settings, Settings),
    }
    return Job(**plain | change)


def listing(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_half_exr_comes_back_bit_by_bit_under_the_same_numbers(plate: Path) -> None:
    events: list[Event] = []
    done = restore(job(plate), on_event=events.append)
    written = sorted(path.name for path in (plate / "out").iterdir())
    assert written == [f"restored.{n}.exr" for n in range(FIRST, FIRST + FRAMES)]
    for number in range(FIRST, FIRST + FRAMES):
        got = read_picture(plate / "out" / f"restored.{number}.exr")
        assert got.dtype == np.float16
        np.testing.assert_array_equal(got, frame(number))
    assert isinstance(events[0], Started)
    assert [e.frames for e in events if isinstance(e, Progress)] == list(range(1, FRAMES + 1))
    assert events[-1] == done
    assert isinstance(done, Done)
    assert done.frames == FRAMES


def test_ten_bit_rgb_movie_comes_back_exactly(tmp_path: Path) -> None:
    codes = np.arange(1024, dtype=np.uint16).reshape(16, 64)
    source = str(tmp_path / "plate.mkv")
    with av.open(source, "w") as container:
        stream = container.add_stream("ffv1", rate=Fraction(24000, 1001))
        stream.width, stream.height, stream.pix_fmt = 64, 16, "gbrp10le"
        for shift in range(5):
            planes = av.VideoFrame(64, 16, "gbrp10le")
            for channel, plane in enumerate(planes.planes):
                rolled = np.roll(codes, 100 * channel + 37 * shift)
                line = np.zeros((16, plane.line_size // 2), np.uint16)
                line[:, :64] = rolled
                plane.update(line.tobytes())
            container.mux(stream.encode(planes))
        container.mux(stream.encode())
    output = str(tmp_path / "restored.mkv")
    restore(Job(source=source, output=output, settings=Settings(engine="identity", upscale=1)))
    with open_source(source) as before, open_source(output) as after:
        assert after.info.rate == Fraction(24000, 1001)
        assert (after.info.frames, after.info.bits) == (5, 10)
        for a, b in zip(before.frames(), after.frames(), strict=True):
            np.testing.assert_array_equal(a, b)


def test_a_keyframe_of_another_size_is_resized_and_said(plate: Path) -> None:
    events: list[Event] = []
    write_picture(plate / "larger.png", frame(1, "u1", 2 * HEIGHT - 12, 2 * WIDTH - 16))
    keyframes = (1004, "key.png"), (1009, "larger.png")
    restore(job(plate, *keyframes, settings={"upscale": 2}), on_event=events.append)
    said = [event.text for event in events if isinstance(event, Notified)]
    assert any("Keyframe 1009 is 48x36 and was resized to 64x48" in text for text in said)
    assert any("Keyframe 1004 has the size of the source" in text for text in said)


def test_a_report_is_written_and_never_over_another_file(plate: Path) -> None:
    report = plate / "report.html"
    done = restore(job(plate, (1004, "key.png")), report=report)
    assert done.report == str(report)
    assert "1004" in report.read_text()
    with pytest.raises(OutputError, match=r"report\.html exists"):
        restore(job(plate, output=str(plate / "two.####.exr")), report=report)


def with_gaps(folder: Path) -> Path:
    for number in (1003, 1006, 1007):
        (folder / f"plate.{number}.exr").unlink()
    return folder


Change = Callable[[Path], Job]

BAD: dict[str, tuple[type[SparkVSRError], str, Change]] = {
    "missing source": (
        SourceError,
        "nothing",
        lambda folder: job(folder, source=str(folder / "nothing.mov")),
    ),
    "missing sequence": (
        SourceError,
        "nothing",
        lambda folder: job(folder, source=str(folder / "nothing.####.exr")),
    ),
    "unreadable source": (
        SourceError,
        "words",
        lambda folder: job(folder, source=str((folder / "words.png").rename(folder / "words.mov"))),
    ),
    "missing frames": (
        SourceError,
        r"1003, 1006.1007",
        lambda folder: job(with_gaps(folder)),
    ),
    "keyframe before the shot": (
        KeyframeError,
        "Keyframe 1000 .*1001 to 1012",
        lambda folder: job(folder, (1000, "key.png")),
    ),
    "keyframe outside the range": (
        KeyframeError,
        "Keyframe 1009 .*1001 to 1008",
        lambda folder: job(folder, (1009, "key.png"), last=1008),
    ),
    "keyframe of another aspect": (
        KeyframeError,
        "Keyframe 1002 .*64x24.*another aspect",
        lambda folder: job(folder, (1002, "wide.png")),
    ),
    "two keyframes on one frame": (
        KeyframeError,
        "Frame 1002 has two keyframes",
        lambda folder: job(folder, (1002, "key.png"), (1002, "key.png")),
    ),
    "keyframe that is no picture": (
        KeyframeError,
        r"words\.png",
        lambda folder: job(folder, (1002, "words.png")),
    ),
    "keyframe that is missing": (
        KeyframeError,
        r"gone\.png",
        lambda folder: job(folder, (1002, "gone.png")),
    ),
    "output exists": (
        OutputError,
        "exist",
        lambda folder: job(folder, output=str(folder / "plate.####.exr").replace("plate", "old")),
    ),
    "output is the source": (
        OutputError,
        "source",
        lambda folder: job(folder, output=str(folder / "plate.####.exr"), overwrite=True),
    ),
    "output folder is a file": (
        OutputError,
        r"key\.png",
        lambda folder: job(folder, output=str(folder / "key.png" / "out.####.exr")),
    ),
    "cut outside the shot": (
        SettingsError,
        "cut at frame 900",
        lambda folder: job(folder, cuts=(900,)),
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_told_and_changes_nothing(plate: Path, case: str) -> None:
    kind, says, change = BAD[case]
    for number in (1001, 1005):
        write_picture(plate / f"old.{number}.exr", frame(7))
    bad = change(plate)
    before = listing(plate)
    events: list[Event] = []
    with pytest.raises(kind, match=says) as caught:
        restore(bad, on_event=events.append)
    assert caught.value.hint
    assert caught.value.exit_code == 2
    assert not any(isinstance(event, Started) for event in events)
    assert listing(plate) == before


def test_overwrite_replaces_the_old_frames(plate: Path) -> None:
    write_picture(plate / "old.1001.exr", frame(7))
    restore(job(plate, output=str(plate / "old.####.exr"), overwrite=True))
    np.testing.assert_array_equal(read_picture(plate / "old.1001.exr"), frame(1001))


def test_cancelling_leaves_nothing_behind(plate: Path) -> None:
    before = listing(plate)
    seen: list[Event] = []
    with pytest.raises(CancelledError):
        restore(
            job(plate),
            on_event=seen.append,
            cancelled=lambda: any(isinstance(event, Progress) for event in seen),
        )
    assert listing(plate) == before
    assert not (plate / "out").exists()


@pytest.mark.parametrize(("height", "width"), [(1, 1), (17, 33)])
@pytest.mark.parametrize("engine", ["identity", "flow"])
@pytest.mark.parametrize("upscale", [1, 3])
def test_odd_sizes_work(tmp_path: Path, height: int, width: int, engine: str, upscale: int) -> None:
    for number in range(3):
        write_picture(tmp_path / f"plate.{number:04d}.exr", frame(number, "f2", height, width))
    write_picture(tmp_path / "key.png", frame(5, "u1", height * upscale, width * upscale))
    done = restore(job(tmp_path, (1, "key.png"), settings={"engine": engine, "upscale": upscale}))
    assert done.frames == 3
    picture = read_picture(tmp_path / "out" / "restored.0002.exr")
    assert picture.shape == (height * upscale, width * upscale, 3)
