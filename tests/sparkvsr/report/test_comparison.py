"""The comparison: the same square of every picture, enlarged."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from sparkvsr import OutputError
from sparkvsr.media import read_picture
from sparkvsr.report import comparison, comparison_png

SIDE, ZOOM, TOP, GUTTER = 48, 10, 40, 12


def panel(sheet: np.ndarray, position: int) -> np.ndarray:
    """One panel, back at its own pixels."""
    left = position * (SIDE * ZOOM + GUTTER) + GUTTER
    cut = sheet[TOP : TOP + SIDE * ZOOM, left : left + SIDE * ZOOM]
    assert np.array_equal(cut[::ZOOM, ::ZOOM].repeat(ZOOM, 0).repeat(ZOOM, 1), cut)
    return cut[::ZOOM, ::ZOOM]


def pictures() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A source, a result and a truth: flat but for noise around (140, 60)."""
    truth = np.full((120, 200, 3), 90, np.uint8)
    noise = np.random.default_rng(1).integers(0, 256, (20, 20, 3), np.uint8)
    truth[50:70, 130:150] = noise
    source = cv2.resize(truth, (50, 30), interpolation=cv2.INTER_AREA)
    result = (truth.astype(np.float32) / 255 * 0.5 + 0.1).astype(np.float16)
    return source, result, truth


def test_panels_show_source_pixels_bicubic_result_and_truth_of_one_square() -> None:
    source, result, truth = pictures()
    sheet = comparison(source, result, truth, centre=(100, 60), side=SIDE)
    square = (slice(36, 84), slice(76, 124))
    nearest = source.repeat(4, 0).repeat(4, 1)
    bicubic = cv2.resize(source, (200, 120), interpolation=cv2.INTER_CUBIC)
    assert np.array_equal(panel(sheet, 0), nearest[square])
    assert np.array_equal(panel(sheet, 1), bicubic[square])
    assert np.abs(panel(sheet, 2) - result[square].astype(np.float32) * 255).max() < 1
    assert np.array_equal(panel(sheet, 3), truth[square])


def test_without_truth_there_are_three_panels() -> None:
    source, result, _ = pictures()
    assert comparison(source, result, side=SIDE).shape == (
        TOP + SIDE * ZOOM + GUTTER,
        3 * (SIDE * ZOOM + GUTTER) + GUTTER,
        3,
    )


def test_the_square_is_taken_where_the_detail_is() -> None:
    source, result, truth = pictures()
    sheet = comparison(source, result, truth, side=SIDE)
    shown = panel(sheet, 3).astype(int)
    assert (shown != 90).any(-1).sum() == (truth != 90).any(-1).sum()


@pytest.mark.parametrize("centre", [(0, 0), (1e6, 1e6)])
def test_a_square_at_the_border_stays_inside_the_picture(centre: tuple[float, float]) -> None:
    source, result, truth = pictures()
    corner = truth[:SIDE, :SIDE] if centre == (0, 0) else truth[-SIDE:, -SIDE:]
    assert np.array_equal(
        panel(comparison(source, result, truth, centre=centre, side=SIDE), 3), corner
    )


@pytest.mark.parametrize("size", [(4, 4), (17, 33), (66, 34)])
def test_pictures_smaller_than_the_square_are_shown_whole(size: tuple[int, int]) -> None:
    result = np.random.default_rng(2).random((*size, 3), np.float32)
    sheet = comparison(result[::2, ::2], result)
    side = min(size)
    assert sheet.shape[0] == TOP + 480 // side * side + GUTTER


def test_the_png_holds_the_comparison(tmp_path: Path) -> None:
    source, result, truth = pictures()
    path = comparison_png(tmp_path / "comparison.png", source, result, truth, side=SIDE)
    assert np.array_equal(read_picture(path), comparison(source, result, truth, side=SIDE))


def test_a_png_under_a_file_instead_of_a_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    source, result, _ = pictures()
    with pytest.raises(OutputError):
        comparison_png(tmp_path / "file" / "comparison.png", source, result)
