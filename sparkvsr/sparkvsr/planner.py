"""Cuts a shot into windows, and says what each window may look at.

Arithmetic only: no pixels, no files. Indices are 0-based in the shot; only notes and errors speak
in the host's frame numbers. `local` means counted from the first frame that the engine sees.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from math import inf
from typing import Final

from .errors import KeyframeError, SettingsError
from .job import Anchors, Direction

GROUP: Final = 8
"""Frames that the video VAE codes together: lengths are 8k+1, starts multiples of 8."""

SLOT: Final = 4
"""Frames in one latent: a reference belongs on a multiple of 4, and no two share one."""


@dataclass(frozen=True)
class KeyframeSlot:
    """A keyframe that is used.

    Attributes:
        keyframe: its position in the list of keyframes as given.
        index: its frame.
        slot: `index` on the grid of multiples of 4 from its window's first frame, as a shot index
            (in the padding of a tail it lies behind the scene's last frame).
    """

    keyframe: int
    index: int
    slot: int


@dataclass(frozen=True)
class Anchor:
    """A frame that a neighbouring window restores and this one takes as a reference.

    Attributes:
        index: the frame; a real one of both windows, at a local multiple of 4.
        window: position of the neighbour in `Plan.windows`.
    """

    index: int
    window: int


@dataclass(frozen=True)
class PlannedWindow:
    """A run of frames that the engine sees at once.

    Attributes:
        position: in `Plan.windows`.
        scene: in `Plan.scenes`.
        start, stop: the frames it covers, `stop` not included; never beyond its scene.
        length: frames that the engine sees, 8k+1; those after the real ones repeat the last.
        reversed: the engine sees the frames last one first.
        keyframes: those inside, by index.
        anchors: by local index.
        before, after: the nearest keyframes of the scene outside of the window, in shot time.
    """

    position: int
    scene: int
    start: int
    stop: int
    length: int
    reversed: bool
    keyframes: tuple[KeyframeSlot, ...]
    anchors: tuple[Anchor, ...]
    before: KeyframeSlot | None
    after: KeyframeSlot | None

    def shot_index(self, i: int) -> int:
        """Shot index of the engine's frame `i`, 0 ≤ i < length."""
        i = min(i, self.stop - self.start - 1)
        return self.stop - 1 - i if self.reversed else self.start + i

    def local(self, index: int) -> int:
        """Where the engine counts a shot index; outside of the window the count goes on."""
        return self.stop - 1 - index if self.reversed else index - self.start


@dataclass(frozen=True)
class Plan:
    """How a shot is restored.

    Attributes:
        windows: in shot order; both `start` and `stop` rise strictly.
        order: positions of `windows` in an order in which every anchor exists before it is needed.
        scenes: (start, stop) of each.
        keyframes: those that are used, by index.
        notes: sentences for the person.
        slot_notes: the same, of interest only where the engine puts keyframes into slots.
    """

    windows: tuple[PlannedWindow, ...]
    order: tuple[int, ...]
    scenes: tuple[tuple[int, int], ...]
    keyframes: tuple[KeyframeSlot, ...]
    notes: tuple[str, ...]
    slot_notes: tuple[str, ...]


def plan_shot(
    frames: int,
    keyframe_indices: Sequence[int],
    *,
    window: int = 33,
    overlap: int = 9,
    cuts: Sequence[int] = (),
    anchors: Anchors = "missing",
    direction: Direction = "forward",
    first_frame: int = 0,
) -> Plan:
    """Plan the windows of a shot.

    Windows start on multiples of 8 from their scene's start, `window - overlap` apart. The last
    is moved back on that grid so that it is full, too (at most 7 frames of padding); a scene that
    fits into one window gets the shortest that holds it. Neighbours share at least `overlap`
    frames. A frame lies in at most ⌈window / (window - overlap)⌉ windows, and in one more where
    the last window was moved back: with 33/9 in two, and at most one frame of a scene in three.

        frames  window/overlap  windows (start-last frame)          padding
             1  33/9            0-0                                 0
             7  33/9            0-6                                 2
            72  33/9            0-32  24-56  40-71                  1
            97  33/9            0-32  24-56  48-80  64-96           0
            65  33/1            0-32  32-64                         0
            72  33/1            0-32  32-64  40-71                  1

    A window without a keyframe gets an anchor from the neighbour nearer to a window with one, and
    from both if they are equally near: at local 0 from the one before, at the last local index
    from the one behind. With a keyframe on frame 60 of the 97 above, the window from 48 holds it;
    those before are anchored on the frames 32 and 56, the last on 64; the order is 2 1 0 3.

    `anchors="always"` works forwards from the first window with a keyframe: every window behind it
    is anchored at local 0 on the one before, unless a keyframe has that slot; those in front of
    it are anchored backwards, so it has no anchor itself.

    `direction="outward"` gives the frames up to the first keyframe K of a scene reversed windows
    counted from K, and those from K on forward ones counted from K; both hold K. Of K = 40 in 97
    frames: reversed 32-0 and 40-8, forward 40-72 and 64-96.

    Args:
        frames: of the shot, at least 1.
        keyframe_indices: in the order given by the person. Of two in one scene that are closer
            than 4 frames the later in the list is used.
        window: frames seen at once, 8k+1, at least 9.
        overlap: frames that neighbours share, 8k+1, less than `window`.
        cuts: indices at which a scene begins; 0 is implied. Nothing crosses them.
        first_frame: the host's number of index 0.

    Raises:
        SettingsError: `window`, `overlap` or a cut is not possible.
        KeyframeError: a keyframe is outside of the shot, or two are on one frame.
    """

    def number(index: int) -> int:
        return first_frame + index

    _check_lengths(window, overlap)
    scenes = _scenes(frames, cuts, number)
    chosen, notes = _chosen_keyframes(frames, keyframe_indices, scenes, number)
    windows: list[PlannedWindow] = []
    keyframes: list[KeyframeSlot] = []
    for scene, (start, stop) in enumerate(scenes):
        indices = sorted(index for index in chosen if start <= index < stop)
        if not indices:
            notes.append(
                f"Frames {number(start)} to {number(stop - 1)} have no keyframe: "
                "nothing is carried into them."
            )
        runs = _runs(start, stop, indices, direction)
        origin = runs[0].origin  # the runs of a scene share it
        slots = [
            KeyframeSlot(chosen[i], i, origin + (i - origin + SLOT // 2) // SLOT * SLOT)
            for i in indices
        ]
        keyframes += slots
        for run in runs:
            windows += _run_windows(run, scene, len(windows), slots, window, overlap, anchors)
    slot_notes = (
        f"Keyframe {number(k.index)} is given to the model at slot {number(k.slot)}; "
        f"its pixels stay at {number(k.index)}."
        for k in keyframes
        if k.slot != k.index
    )
    return Plan(
        windows=tuple(windows),
        order=_execution_order(windows),
        scenes=scenes,
        keyframes=tuple(keyframes),
        notes=tuple(notes),
        slot_notes=tuple(slot_notes),
    )


@dataclass(frozen=True)
class _Run:
    """Frames of a scene in the order in which engines see them: the k-th is `origin + step * k`."""

    origin: int
    step: int
    frames: int

    def shot_index(self, k: int) -> int:
        return self.origin + self.step * k


def _up(value: int, grid: int) -> int:
    return -(-value // grid) * grid


def _check_lengths(window: int, overlap: int) -> None:
    if window <= GROUP or window % GROUP != 1:
        raise SettingsError(f"window {window} is not 8k+1.", "Use 9, 17, 25, 33, 41, 49, …")
    if not 0 < overlap < window or overlap % GROUP != 1:
        raise SettingsError(
            f"overlap {overlap} does not fit into a window of {window}.",
            "Use 1, 9, 17, … and less than the window.",
        )


def _scenes(
    frames: int, cuts: Sequence[int], number: Callable[[int], int]
) -> tuple[tuple[int, int], ...]:
    for cut in cuts:
        if not 0 <= cut < frames:
            raise SettingsError(
                f"The cut at {number(cut)} is outside of the shot.",
                f"The shot has the frames {number(0)} to {number(frames - 1)}.",
            )
    return tuple(pairwise(sorted({0, *cuts, frames})))


def _chosen_keyframes(
    frames: int,
    indices: Sequence[int],
    scenes: Sequence[tuple[int, int]],
    number: Callable[[int], int],
) -> tuple[dict[int, int], list[str]]:
    """Positions in the list by index, of the keyframes that are used; and notes about the rest."""
    starts = [start for start, _ in scenes]
    seen: set[int] = set()
    for index in indices:
        if not 0 <= index < frames:
            raise KeyframeError(
                f"Keyframe {number(index)} is outside of the shot.",
                f"The shot has the frames {number(0)} to {number(frames - 1)}.",
            )
        if index in seen:
            raise KeyframeError(
                f"Two keyframes are on frame {number(index)}.", "Leave one of them out."
            )
        seen.add(index)

    chosen: dict[int, int] = {}
    notes: list[str] = []
    for keyframe, index in reversed(list(enumerate(indices))):
        start, stop = scenes[bisect_right(starts, index) - 1]
        near = range(max(start, index - SLOT + 1), min(stop, index + SLOT))
        rival = next((i for i in near if i in chosen), None)
        if rival is None:
            chosen[index] = keyframe
        else:
            notes.append(
                f"Keyframe {number(index)} is not used: it is closer than {SLOT} frames "
                f"to {number(rival)}, which was given later."
            )
    return chosen, notes


def _runs(start: int, stop: int, indices: Sequence[int], direction: Direction) -> list[_Run]:
    """The runs of a scene, in shot order."""
    if direction == "forward" or not indices or indices[0] == start:
        return [_Run(start, 1, stop - start)]
    first = indices[0]
    head = _Run(first, -1, first - start + 1)
    if first == stop - 1:
        return [head]
    return [head, _Run(first, 1, stop - first)]


def _run_windows(
    run: _Run,
    scene: int,
    base: int,
    slots: Sequence[KeyframeSlot],
    window: int,
    overlap: int,
    anchors: Anchors,
) -> list[PlannedWindow]:
    """The windows of a run in shot order, the first of them at `base` in the plan."""
    length = min(window, _up(run.frames - 1, GROUP) + 1)
    last = _up(run.frames - length, GROUP)
    starts = [*range(0, last, window - overlap), last]
    positions = range(base, base + len(starts))[:: run.step]
    windows = []
    for position, k in zip(positions, starts, strict=True):
        ends = run.shot_index(k), run.shot_index(min(k + length, run.frames) - 1)
        start, stop = min(ends), max(ends) + 1
        windows.append(
            PlannedWindow(
                position=position,
                scene=scene,
                start=start,
                stop=stop,
                length=length,
                reversed=run.step < 0,
                keyframes=tuple(s for s in slots if start <= s.index < stop),
                anchors=(),
                before=next((s for s in reversed(slots) if s.index < start), None),
                after=next((s for s in slots if s.index >= stop), None),
            )
        )
    neighbours = _neighbours([bool(w.keyframes) for w in windows], anchors)
    for i, beside in enumerate(neighbours):
        here = windows[i]
        # Only the last window of a run is padded, so the last frame of any other is a real one.
        shared = [
            Anchor(here.shot_index(0 if j < i else length - 1), windows[j].position) for j in beside
        ]
        taken = {keyframe.slot for keyframe in here.keyframes}
        windows[i] = replace(here, anchors=tuple(a for a in shared if a.index not in taken))
    return windows[:: run.step]


def _neighbours(held: Sequence[bool], anchors: Anchors) -> list[tuple[int, ...]]:
    """For each window of a run the neighbours that it takes anchors from; never in a circle."""
    if anchors == "none" or not any(held):
        return [() for _ in held]
    if anchors == "always":
        first = held.index(True)
        return [() if i == first else (i - 1 if i > first else i + 1,) for i in range(len(held))]
    behind = list(_since_held(held))
    ahead = list(_since_held(held[::-1]))[::-1]
    return [
        () if here else tuple(j for j, far in ((i - 1, back), (i + 1, on)) if far == min(back, on))
        for i, (here, back, on) in enumerate(zip(held, behind, ahead, strict=True))
    ]


def _since_held(held: Sequence[bool]) -> Iterator[float]:
    """How many windows ago there was one with a keyframe."""
    since = inf
    for here in held:
        since = 0 if here else since + 1
        yield since


def _execution_order(windows: Sequence[PlannedWindow]) -> tuple[int, ...]:
    """Shot order, but for windows whose anchors come first: few finished frames have to wait."""
    order: dict[int, None] = {}
    for window in windows:
        stack = [window.position]
        while stack:
            needed = [a.window for a in windows[stack[-1]].anchors if a.window not in order]
            if needed:
                stack += needed
            else:
                order[stack.pop()] = None
    return tuple(order)
