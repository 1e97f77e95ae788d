"""One place of one frame, enlarged: source, bicubic, result, and the truth where it is known."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from ..depth import Frame
from ..media import write_picture
from ._pictures import BACKGROUND, Image, as_image, resized

_PANEL = 480  # at most, unless the square itself is larger
_GUTTER = 12
_LABEL_HEIGHT = 40
_LABEL_GREY = (214, 214, 214)


def comparison(
    source: Frame,
    result: Frame,
    truth: Frame | None = None,
    *,
    centre: tuple[float, float] | None = None,
    side: int = 240,
) -> Image:
    """Panels side by side, each showing the same square of the picture, enlarged by a whole number.

    Args:
        source: H W 3, as it went in.
        result: the same frame restored, at output size (H W 3).
        truth: the picture that the result should be, at output size.
        centre: x and y of the square in the result's pixels; None takes the place with the most
            detail in the truth, or in the result when there is no truth.
        side: of the square, in the result's pixels; smaller when the picture is.

    Returns:
        H W 3: source (pixels as they are), source bicubically upscaled, result, truth if given;
        a label above each.
    """
    height, width = result.shape[:2]
    side = min(side, height, width)
    zoom = max(1, _PANEL // side)
    panel = side * zoom
    panels: dict[str, Image] = {
        "Source": np.asarray(
            cv2.resize(as_image(source), (width, height), interpolation=cv2.INTER_NEAREST), np.uint8
        ),
        "Bicubic": as_image(resized(source, width, height)),
        "Result": as_image(result),
    }
    if truth is not None:
        panels["Ground truth"] = as_image(truth)
    x, y = centre or _most_detail(list(panels.values())[-1], side)
    left = int(np.clip(round(x - side / 2), 0, width - side))
    top = int(np.clip(round(y - side / 2), 0, height - side))

    sheet_width = len(panels) * (panel + _GUTTER) + _GUTTER
    sheet = np.full((_LABEL_HEIGHT + panel + _GUTTER, sheet_width, 3), BACKGROUND, np.uint8)
    for position, (label, image) in enumerate(panels.items()):
        at = position * (panel + _GUTTER) + _GUTTER
        crop = image[top : top + side, left : left + side]
        sheet[_LABEL_HEIGHT : _LABEL_HEIGHT + panel, at : at + panel] = cv2.resize(
            crop, (panel, panel), interpolation=cv2.INTER_NEAREST
        )
        cv2.putText(
            sheet,
            label,
            (at, _LABEL_HEIGHT - 13),
            cv2.FONT_HERSHEY_DUPLEX,
            0.62,
            _LABEL_GREY,
            1,
            cv2.LINE_AA,
        )
    return sheet


def comparison_png(
    path: Path,
    source: Frame,
    result: Frame,
    truth: Frame | None = None,
    *,
    centre: tuple[float, float] | None = None,
    side: int = 240,
) -> Path:
    """Write a `comparison` as a PNG; replaces a file of that name.

    Raises:
        OutputError: its folder cannot be written.
        DiskFullError: no room left.
    """
    write_picture(path, comparison(source, result, truth, centre=centre, side=side))
    return path


def _most_detail(image: Image, side: int) -> tuple[float, float]:
    """The middle (x, y) of the square with the strongest fine structure."""
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    detail = np.abs(cv2.Laplacian(grey, cv2.CV_32F))
    # Only squares that lie inside the picture count.
    energy = cv2.boxFilter(detail, -1, (side, side))
    half = side // 2
    inside = energy[
        half : image.shape[0] - side + half + 1, half : image.shape[1] - side + half + 1
    ]
    row, column = np.unravel_index(int(inside.argmax()), inside.shape)
    return float(column + side / 2), float(row + side / 2)
