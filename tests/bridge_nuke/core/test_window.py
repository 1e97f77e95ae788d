"""Windows: what is exported, what fits together, and arithmetic that stays on whole pixels."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparkvsr_link import UPSCALES
from sparkvsr_nuke.core import (
    BridgeError,
    Look,
    Window,
    check_formats,
    check_keyframes,
    find_window,
)

sides = st.integers(0, 40)


def look(
    width: int = 1920,
    height: int = 1080,
    aspect: float = 1.0,
    bbox: tuple[int, int, int, int] | None = None,
) -> Look:
    return Look((1,), width, height, aspect, Window(*(bbox or (0, 0, width, height))))


def message(call: Any, *args: Any) -> str:
    with pytest.raises(BridgeError) as error:
        call(*args)
    assert error.value.hint
    assert re.fullmatch(r"[^\n]+\.", error.value.message)
    return error.value.message


@st.composite
def plates(draw: st.DrawFn) -> list[Look]:
    width, height = draw(st.integers(41, 200)), draw(st.integers(41, 200))
    return [
        look(
            width,
            height,
            bbox=(-draw(sides) // 2, -draw(sides) // 2, width + draw(sides) // 2, height + 1),
        )
        for _ in range(draw(st.integers(1, 4)))
    ]


@given(plates())
def test_a_window_holds_format_and_boxes_and_not_a_pixel_more_than_alignment_needs(
    plate: list[Look],
) -> None:
    window = find_window(plate, overscan=True)
    boxes = [(0, 0, plate[0].width, plate[0].height), *(look.bbox for look in plate)]
    for side, ends in enumerate(zip(*boxes, strict=True)):
        wanted = min(ends) if side < 2 else max(ends)
        excess = wanted - window[side] if side < 2 else window[side] - wanted
        assert 0 <= excess <= 1


@given(plates(), st.sampled_from(UPSCALES))
def test_every_upscale_puts_the_corners_of_a_window_on_whole_pixels(
    plate: list[Look], upscale: float
) -> None:
    window = find_window(plate, overscan=True)
    if window[:2] == (0, 0) and window[2:] == (plate[0].width, plate[0].height):
        return  # its corner is the origin at any scale
    width, height = round(window.width * upscale), round(window.height * upscale)
    for side, length, whole in (
        (window.x, width, window.width),
        (window.r, width, window.width),
        (window.y, height, window.height),
        (window.t, height, window.height),
    ):
        assert (side * length) % whole == 0
        assert side * length / whole == side * upscale


def test_without_overscan_the_window_is_the_format() -> None:
    plate = [look(bbox=(-9999, 5, 9999, 6))]
    assert find_window(plate, overscan=False) == (0, 0, 1920, 1080)
    inside = [look(bbox=(10, 10, 20, 20))]
    assert find_window(inside, overscan=True) == (0, 0, 1920, 1080)
    assert find_window([look(width=1919)], overscan=True) == (0, 0, 1919, 1080)


def test_a_box_beyond_twice_the_format_is_refused_with_both_sizes() -> None:
    assert find_window([look(bbox=(-960, 0, 2880, 1080))], overscan=True).width == 3840
    sentence = message(find_window, [look(bbox=(-962, 0, 2880, 1080))], True)
    assert "3842×1080" in sentence and "1920×1080" in sentence
    assert "more than 2 times" in message(find_window, [look(bbox=(0, -1, 1920, 2160))], True)


def test_a_plate_of_one_format_passes_whatever_its_boxes() -> None:
    check_formats({1001: look(), 1002: look(bbox=(-5, 0, 10, 10))})
    check_formats({1001: look()})


def test_a_format_that_changes_is_told_with_the_frames_on_both_sides() -> None:
    plate = {frame: look(1920 if frame < 1006 else 2048) for frame in range(1010, 1000, -1)}
    assert message(check_formats, plate) == (
        "The plate is 1920×1080 up to frame 1005 and 2048×1080 from 1006 on."
    )
    assert "1920×1080 (pixel aspect 2) from 1002 on" in message(
        check_formats, {1001: look(), 1002: look(aspect=2.0)}
    )


OVERSCAN = (-4, -4, 1924, 1084)
WINDOW = Window(*OVERSCAN)


@pytest.mark.parametrize("scale", [1, 2, 3, 4])
def test_a_keyframe_may_be_as_large_as_the_plate_or_a_multiple(scale: int) -> None:
    box = tuple(scale * side for side in OVERSCAN)
    keyframe = look(1920 * scale, 1080 * scale, bbox=box)  # type: ignore[arg-type]
    check_keyframes({1: look(bbox=OVERSCAN)}, {1: keyframe}, WINDOW)


def test_the_black_pixel_around_a_read_picture_need_not_be_in_the_keyframe() -> None:
    keyframe = look(bbox=(-3, -3, 1923, 1083))
    check_keyframes({1: look(bbox=OVERSCAN)}, {1: keyframe}, WINDOW)


@pytest.mark.parametrize(
    ("keyframe", "words"),
    [
        (look(2048), "Keyframe 7 is 2048×1080 and the plate 1920×1080: .* exact multiple"),
        (look(960, 540), "Keyframe 7 is 960×540 .* exact multiple"),
        (look(3840, 1080), "Keyframe 7 is 3840×1080 .* exact multiple"),
        (look(aspect=2.0), r"Keyframe 7 is 1920×1080 \(pixel aspect 2\) and the plate 1920×1080\."),
        (look(2400, 1350, bbox=(-99, -99, 2500, 1500)), None),
        (look(2160, 1215, bbox=(-99, -99, 2500, 1500)), "not end on whole pixels"),
        (look(), "Keyframe 7 has pixels in 0…1920 × 0…1080 only, and the plate in -4…1924"),
        (look(bbox=(-2, -4, 1924, 1084)), "Keyframe 7 has pixels in -2…1924"),
        (look(bbox=(-4, -2, 1924, 1084)), "Keyframe 7 has pixels in .* × -2…1084"),
        (look(bbox=(-4, -4, 1922, 1084)), "Keyframe 7 has pixels in -4…1922"),
        (look(bbox=(-4, -4, 1924, 1082)), "Keyframe 7 has pixels in .* × -4…1082"),
        (look(3840, 2160), "0…3840 × 0…2160 only, and the plate in .* at 0.5 of its size"),
    ],
)
def test_a_keyframe_that_does_not_fit_is_refused(keyframe: Look, words: str | None) -> None:
    plate = {7: look(bbox=OVERSCAN), 8: look()}
    keyframes = {8: look(), 7: keyframe}
    if words is None:
        check_keyframes(plate, keyframes, WINDOW)
        return
    assert re.search(words, message(check_keyframes, plate, keyframes, WINDOW))


def test_without_overscan_a_keyframe_without_overscan_fits() -> None:
    plate = {7: look(bbox=OVERSCAN)}
    check_keyframes(plate, {7: look()}, find_window(plate.values(), overscan=False))


@pytest.mark.parametrize("side", range(4))
def test_each_side_of_the_window_must_be_a_whole_pixel_of_a_keyframe(side: int) -> None:
    keyframe = look(2160, 1215, bbox=(-99, -99, 2500, 1500))
    window = [0, 0, 1920, 1080]
    check_keyframes({7: look()}, {7: keyframe}, Window(*window))
    window[side] += 2
    sentence = message(check_keyframes, {7: look()}, {7: keyframe}, Window(*window))
    assert "whole pixels" in sentence
