"""The recorder: what it keeps, and the page it writes."""

from __future__ import annotations

import base64
import html.parser
import re
import shutil
import subprocess
import sys
import tracemalloc
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparkvsr import DiskFullError, KeyframePicture, OutputError, Shot
from sparkvsr.depth import Frame
from sparkvsr.report import ReportRecorder
from sparkvsr.report._recorder import _spread

WIDTH, HEIGHT, UPSCALE = 32, 18, 2


def grey(value: float, upscale: int = 1, dtype: str = "f4") -> Frame:
    """One frame of one grey; unsigned integers get their full scale."""
    full = np.iinfo(dtype).max if np.dtype(dtype).kind == "u" else 1
    return np.full((HEIGHT * upscale, WIDTH * upscale, 3), value * full).astype(dtype)


def record(
    trust: list[float],
    keyframes: tuple[int, ...] = (0,),
    *,
    cuts: tuple[int, ...] = (),
    columns: int = 6,
    dtype: str = "f4",
) -> ReportRecorder:
    """A shot whose source is dark and whose result is bright, both brightening over time."""
    frames = len(trust)
    recorder = ReportRecorder(
        Shot(width=WIDTH, height=HEIGHT, frames=frames, first_frame=1001, cuts=cuts),
        [KeyframePicture(k, grey(1.0, UPSCALE)) for k in keyframes],
        upscale=UPSCALE,
        columns=columns,
    )
    for index in range(frames):
        recorder.add_source(index, grey(0.4 * index / frames, dtype=dtype))
    for index, value in enumerate(trust):
        recorder.add_result(index, grey(0.5 + 0.4 * index / frames, UPSCALE, dtype), value)
    return recorder


class PageReader(html.parser.HTMLParser):
    """Reads a page back: tags with attributes, and the text people see."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


def written(recorder: ReportRecorder, folder: Path, **facts: str) -> PageReader:
    path = recorder.write(folder / "report.html", facts, ["One & two."])
    return PageReader(path.read_text("utf-8"))


@pytest.mark.parametrize("dtype", ["u1", "u2", "f2", "f4"])
def test_every_depth_shows_the_same_grey(dtype: str) -> None:
    recorder = record([1.0] * 4, dtype=dtype)
    assert np.abs(recorder.xt_slice("source")[2].astype(int) - 51).max() <= 1
    assert np.abs(recorder.xt_slice("result")[2].astype(int) - 179).max() <= 1


def test_an_xt_slice_holds_the_middle_row_of_every_frame_in_order() -> None:
    shot = Shot(width=40, height=9, frames=5)
    recorder = ReportRecorder(shot, [], upscale=1)
    frames = np.random.default_rng(0).integers(0, 256, (5, 9, 40, 3), np.uint8)
    for index, frame in enumerate(frames):
        recorder.add_source(index, frame)
        recorder.add_result(index, frame[::-1], 1.0)
    assert np.array_equal(recorder.xt_slice("source"), frames[:, 4])
    assert np.array_equal(recorder.xt_slice("result"), frames[:, 4])


def test_wide_pictures_and_long_shots_give_bounded_slices() -> None:
    shot = Shot(width=1000, height=1, frames=4100)
    recorder = ReportRecorder(shot, [], upscale=1)
    for index in range(shot.frames):
        recorder.add_result(index, np.full((1, 1000, 3), index // 17, np.uint8), 1.0)
    rows = recorder.xt_slice("result")
    assert rows.shape == (1367, 640, 3)
    assert rows[100, 0, 0] == 300 // 17


def test_values_that_no_screen_shows_are_clipped_not_wrapped() -> None:
    recorder = ReportRecorder(Shot(width=4, height=1, frames=1), [], upscale=1)
    wild = np.array([[[-3.0] * 3, [7.0] * 3, [np.nan] * 3, [np.inf] * 3]], np.float16)
    recorder.add_source(0, wild)
    assert recorder.xt_slice("source")[0, :, 0].tolist() == [0, 255, 0, 255]


def test_the_contact_sheet_shows_source_keyframe_and_result_of_each_column() -> None:
    sheet = record([1.0] * 6).contact_sheet()
    rows = sheet.shape[0] // 3
    centres = sheet[[rows // 2, rows + rows // 2, 2 * rows + rows // 2]][:, 100, 0]
    assert centres.tolist() == [0, 255, 128]
    last = sheet[[rows // 2, 2 * rows + rows // 2]][:, -100, 0]
    assert last.tolist() == [85, 213]  # index 5 of 6


@pytest.mark.parametrize("low", range(0, 40, 3))
def test_the_frame_of_lowest_trust_is_always_shown_and_named(low: int, tmp_path: Path) -> None:
    trust = [0.9 - 0.001 * index for index in range(40)]  # every frame is the lowest so far
    trust[low] = 0.3
    recorder = record(trust, (0, 20))
    page = written(recorder, tmp_path)
    assert f"{1001 + low} lowest trust 0.30" in page.text
    results = [a for t, a in page.tags if t == "img" and str(a["alt"]).startswith("Result")]
    assert len(results) == 6
    shown = next(a for a in results if a["alt"] == f"Result, frame {1001 + low}")
    assert shown["src"] is not None
    pixels = np.frombuffer(base64.b64decode(shown["src"].partition(",")[2]), np.uint8)
    image = np.asarray(cv2.imdecode(pixels, cv2.IMREAD_COLOR))
    assert image[0, 0, 0] == int((0.5 + 0.4 * low / 40) * 255 + 0.5)


def test_columns_are_keyframes_and_the_frames_far_from_them() -> None:
    assert _spread(72, [0, 24, 48], 6) == [0, 24, 48, 71, 12, 36]
    assert _spread(73, [], 4)[:3] == [0, 72, 36]
    assert _spread(3, [1], 6) == [1, 0, 2]
    assert _spread(1, [], 6) == [0]


def test_columns_between_many_keyframes_are_no_keyframes() -> None:
    keyframes = range(0, 5000, 24)
    columns = _spread(5000, keyframes, 6)
    assert sum(index in keyframes for index in columns) == 3
    assert max(np.diff(sorted(columns))) < 2000


@given(st.integers(1, 60), st.sets(st.integers(0, 59)), st.integers(1, 12))
def test_columns_are_distinct_and_as_many_as_there_can_be(
    frames: int, keyframes: set[int], count: int
) -> None:
    columns = _spread(frames, sorted(k for k in keyframes if k < frames), count)
    assert len(set(columns)) == len(columns) == min(count, frames)
    assert all(0 <= index < frames for index in columns)


def test_a_column_shows_no_keyframe_of_another_scene(tmp_path: Path) -> None:
    recorder = record([1.0] * 8, (0,), cuts=(4,))
    page = written(recorder, tmp_path)
    shown = [int(str(a["alt"])[-4:]) for t, a in page.tags if str(a.get("alt")).startswith("Sou")]
    assert page.text.count("no keyframe in this scene") == sum(n >= 1005 for n in shown) > 0


def test_without_keyframes_the_page_says_what_the_result_is(tmp_path: Path) -> None:
    page = written(record([0.0] * 8, ()), tmp_path)
    assert "No keyframes: nothing was carried into the shot." in page.text
    assert "add a keyframe near" not in page.text


def test_the_page_names_low_stretches_facts_and_notes(tmp_path: Path) -> None:
    recorder = record([1.0] * 10 + [0.2] * 5 + [1.0] * 10, (0, 24))
    page = written(recorder, tmp_path, Engine="flow 1", Output="/a/b/shot.mov")
    assert "Frames 1011–1015: low trust; add a keyframe near 1013." in page.text
    assert "Engine flow 1" in page.text
    assert "One & two." in page.text
    assert page.words[page.words.index("shot.mov")] == "shot.mov"


def test_nothing_of_a_name_or_a_note_becomes_markup(tmp_path: Path) -> None:
    evil = '/x/<script>alert("1")<&.mov'
    recorder = record([1.0] * 3)
    path = recorder.write(tmp_path / "r.html", {"Output": evil, "<b>": "<i>"}, ["<img src=x>"])
    page = PageReader(path.read_text("utf-8"))
    assert not {"script", "b", "i"} & {tag for tag, _ in page.tags}
    assert all(str(a["src"]).startswith("data:") for t, a in page.tags if t == "img")
    assert '<script>alert("1")<&.mov' in page.text
    assert "<img src=x>" in page.text


def test_the_page_refers_to_nothing_outside_of_itself(tmp_path: Path) -> None:
    page = written(record([0.2] * 9), tmp_path)
    for tag, attributes in page.tags:
        for name in ("src", "href", "srcset", "action", "data", "poster"):
            assert str(attributes.get(name, "data:")).startswith("data:"), tag
        assert not [name for name in attributes if name.startswith("on")]
    assert not {"script", "link", "iframe", "object"} & {tag for tag, _ in page.tags}
    text = (tmp_path / "report.html").read_text("utf-8")
    assert "@import" not in text
    assert "url(" not in text
    assert "default-src 'none'" in text


def test_all_tags_are_closed(tmp_path: Path) -> None:
    record([0.2, 1.0, 0.2, 1.0], (1,), cuts=(2,)).write(tmp_path / "r.html", {"A": "b"}, [])
    text = (tmp_path / "r.html").read_text("utf-8")
    for tag in ("html", "body", "section", "table", "tr", "td", "th", "svg", "text", "p", "ul"):
        assert len(re.findall(rf"<{tag}[ >]", text)) == text.count(f"</{tag}>") > 0, tag


@pytest.mark.parametrize(("width", "height", "frames"), [(1, 1, 1), (17, 33, 2), (3, 500, 3)])
def test_odd_sizes_and_short_shots_make_a_page(
    width: int, height: int, frames: int, tmp_path: Path
) -> None:
    recorder = ReportRecorder(
        Shot(width=width, height=height, frames=frames, pixel_aspect=(2, 1)), [], upscale=4
    )
    for index in range(frames):
        recorder.add_source(index, np.zeros((height, width, 3), np.uint16))
        recorder.add_result(index, np.ones((height * 4, width * 4, 3), np.float16), 0.0)
    path = recorder.write(tmp_path / "report.html", {}, [])
    assert PageReader(path.read_text("utf-8")).tags
    sheet = recorder.contact_sheet()
    assert sheet.shape[1] > sheet.shape[0] / 4 or height > 10 * width


def test_anamorphic_thumbnails_are_shown_with_square_pixels() -> None:
    shot = Shot(width=100, height=100, frames=1, pixel_aspect=(2, 1))
    recorder = ReportRecorder(shot, [], upscale=1, columns=1)
    recorder.add_source(0, np.zeros((100, 100, 3), np.uint8))
    recorder.add_result(0, np.zeros((100, 100, 3), np.uint8), 1.0)
    height, width, _ = recorder.contact_sheet().shape
    assert (height, width) == (3 * 128 + 4 * 8, 256 + 2 * 8)


def test_an_older_report_is_replaced_and_nothing_else_is_left(tmp_path: Path) -> None:
    target = tmp_path / "report.html"
    target.write_text("old")
    record([1.0] * 3).write(target, {}, [])
    assert target.read_text("utf-8").startswith("<!doctype html>")
    assert [file.name for file in tmp_path.iterdir()] == ["report.html"]


def test_a_full_disk_is_named_and_leaves_no_part_behind(tmp_path: Path) -> None:
    resource = pytest.importorskip("resource")  # not on Windows
    recorder = record([1.0] * 3)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limits[1]))
    try:
        with pytest.raises(DiskFullError, match=re.escape(str(tmp_path / "report.html"))):
            recorder.write(tmp_path / "report.html", {}, [])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert not list(tmp_path.iterdir())


def test_a_page_that_cannot_be_put_in_place_leaves_no_part_behind(tmp_path: Path) -> None:
    (tmp_path / "report.html").mkdir()
    with pytest.raises(OutputError, match=re.escape(str(tmp_path))):
        record([1.0] * 3).write(tmp_path / "report.html", {}, [])
    assert [file.name for file in tmp_path.iterdir()] == ["report.html"]


@pytest.mark.parametrize(("sources", "results"), [(1, 1), (2, 1), (0, 2)])
def test_a_report_of_half_a_shot_is_refused(sources: int, results: int, tmp_path: Path) -> None:
    recorder = ReportRecorder(Shot(width=4, height=4, frames=2), [], upscale=1)
    for index in range(sources):
        recorder.add_source(index, np.zeros((4, 4, 3), np.uint8))
    for index in range(results):
        recorder.add_result(index, np.zeros((4, 4, 3), np.uint8), 1.0)
    with pytest.raises(ValueError, match="every frame"):
        recorder.write(tmp_path / "r.html", {}, [])
    assert not list(tmp_path.iterdir())


def kept_bytes(frames: int) -> int:
    """What a recorder holds after it saw the whole source of a shot and no result yet."""
    small = np.random.default_rng(0).integers(0, 256, (12, 16, 3), np.uint8)
    frame = np.asarray(cv2.resize(small, (640, 360), interpolation=cv2.INTER_CUBIC))
    tracemalloc.start()
    recorder = ReportRecorder(Shot(width=640, height=360, frames=frames), [], upscale=1)
    for index in range(frames):
        recorder.add_source(index, frame)
    kept = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    return kept


def test_memory_is_a_few_kb_a_frame_even_when_the_source_runs_ahead() -> None:
    assert (kept_bytes(140) - kept_bytes(20)) / 120 < 12_000


def test_a_frame_that_its_owner_reuses_is_not_shown_changed() -> None:
    shot = Shot(width=256, height=144, frames=1)  # as large as a thumbnail: nothing to resize
    recorder = ReportRecorder(shot, [], upscale=1)
    buffer = np.full((144, 256, 3), 90, np.uint8)
    recorder.add_source(0, buffer)
    recorder.add_result(0, buffer, 1.0)
    buffer[:] = 0
    assert recorder.contact_sheet()[50, 50, 0] == 90


def _browser() -> str | None:
    return shutil.which("chromium") or shutil.which("google-chrome")


@pytest.mark.slow
@pytest.mark.skipif(_browser() is None, reason="no chromium on PATH to render the page with")
@pytest.mark.skipif(sys.platform != "linux", reason="the browser's options are those of Linux")
def test_a_browser_renders_the_page_without_a_complaint(tmp_path: Path) -> None:
    path = record([1.0] * 10 + [0.2] * 5, (0, 14)).write(tmp_path / "r.html", {"A": "b"}, [])
    shot = tmp_path / "page.png"
    browser: list[Any] = [_browser(), "--headless", "--no-sandbox", "--disable-gpu"]
    quiet = ["background-networking", "component-update", "sync", "extensions"]
    ran = subprocess.run(
        [
            *browser,
            *[f"--disable-{name}" for name in quiet],
            "--no-first-run",
            "--enable-logging=stderr",
            f"--user-data-dir={tmp_path / 'profile'}",
            f"--screenshot={shot}",
            "--window-size=1200,1400",
            path.as_uri(),
        ],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert "CONSOLE" not in ran.stderr
    picture = np.asarray(cv2.imread(str(shot)))
    assert picture.shape[:2] == (1400, 1200)
    assert picture[5, 5].tolist() == [30, 30, 30]
    assert picture.std() > 10
