"""Kept windows: whatever ends a run, the next gives the same pixels and restores nothing twice."""

from __future__ import annotations

import random
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from keepers import Killed, StrictKeeper
from sensitive import Case, Sensitive, SensitiveInLatents, same
from sparkvsr import RestoredFrame
from sparkvsr.engines.flow import FlowEngine

SEEDS = st.integers(0, 2**32)


@st.composite
def cases(draw: st.DrawFn) -> Case:
    frames = draw(st.integers(1, 60))
    window = draw(st.sampled_from([9, 17, 33]))
    index = st.integers(0, frames - 1)
    engine = draw(st.sampled_from([Sensitive, SensitiveInLatents, SensitiveInLatents, FlowEngine]))
    tile = draw(st.sampled_from([None, None, 64]))
    chosen: dict[str, Any] = {
        "window": window,
        "overlap": draw(st.sampled_from([o for o in (1, 9, 17) if o < window])),
        "guidance": draw(st.sampled_from([0.0, 0.5, 1.0, 1.0, 1.5])),
        "anchors": draw(st.sampled_from(["none", "missing", "always"])),
        "anchor_guidance": draw(st.sampled_from(["one", "job"])),
        "direction": draw(st.sampled_from(["forward", "outward"])),
        "pin_keyframes": draw(st.sampled_from(["exact", "blend", "off"])),
        "cross_fade": draw(st.sampled_from(["latents", "latents", "pixels"])),
        "tile": tile,
        "upscale": 4.0 if tile else 1.0,
    }
    keyframes = draw(st.lists(index, max_size=3, unique=True))
    cuts = draw(st.lists(index, max_size=2))
    return Case(frames, tuple(keyframes), tuple(cuts), engine, chosen)


@settings(max_examples=25, deadline=None)
@given(cases(), SEEDS)
def test_a_run_that_begins_anywhere_gives_the_frames_of_the_whole_run(
    case: Case, seed: int
) -> None:
    whole, chance = list(case.run()), random.Random(seed)
    for first in {chance.randint(0, case.frames) for _ in range(3)}:
        rest = list(case.run(first=first))
        assert len(rest) == case.frames - first
        for ours, want in zip(rest, whole[first:], strict=True):
            same(ours, want)


@settings(max_examples=40, deadline=None)
@given(cases(), SEEDS, st.booleans())
def test_whatever_ends_a_run_the_next_gives_the_same_pixels_and_restores_no_window_twice(
    case: Case, seed: int, damage: bool
) -> None:
    whole, chance = list(case.run()), random.Random(seed)
    with tempfile.TemporaryDirectory() as folder:
        keeper = StrictKeeper(Path(folder), chance, in_latents=case.in_latents)
        for life in range(4):
            live(case, keeper, whole, chance if life < 3 else None)
            keeper.restart()
            if damage and life < 3:
                harm(keeper, chance)
        assert keeper.safe == case.frames
        if not damage:
            assert set(keeper.kept_times.values()) <= {1}
        assert not list(Path(folder).rglob("*.part"))


def live(
    case: Case, keeper: StrictKeeper, whole: list[RestoredFrame], chance: random.Random | None
) -> None:
    """One run; with a chance it ends somewhere: between frames, or within any call."""
    left = [chance.randint(1, 200) if chance else 10**9]

    def misfortune() -> None:
        left[0] -= 1
        if left[0] == 0:
            raise Killed

    def on_window(seed: int) -> None:
        misfortune()
        assert keeper.plan is not None
        (position,) = [w.position for w in keeper.plan.windows if w.start == seed]
        assert position not in keeper.whole, "restored though it is kept"

    engine = case.engine(on_window) if issubclass(case.engine, Sensitive) else case.engine()
    keeper.misfortune = case.source.on_read = misfortune
    most = chance.randint(0, case.frames) if chance else case.frames
    expected = keeper.safe
    try:
        for frame in case.run(engine, first=keeper.safe, keeper=keeper):
            assert frame.index == expected
            expected += 1
            same(frame, whole[frame.index])
            if chance is None or chance.random() < 0.7:  # else it is not stored at once
                keeper.safe = frame.index + 1
            if frame.index + 1 >= most:
                break
    except Killed:
        pass
    finally:
        case.source.on_read = None


def harm(keeper: StrictKeeper, chance: random.Random) -> None:
    """Damage one of the kept files."""
    if keeper.plan is None:
        return
    files = [f for f in map(keeper.file, sorted(keeper.whole)) if f.exists()]
    if not files:
        return
    file = chance.choice(files)
    data = bytearray(file.read_bytes())
    kind = chance.randrange(4)
    if kind == 0:
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    elif kind == 1:
        del data[chance.randrange(len(data)) :]
    elif kind == 2:
        data = bytearray(chance.choice(files).read_bytes())
    if kind == 3:
        file.unlink()
    else:
        file.write_bytes(data)
