"""What a run does with its keeper: streams, borders, drops, disks and memory that run out."""

from __future__ import annotations

import errno
import os
import random
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from keepers import StrictKeeper
from sensitive import Case, Sensitive, SensitiveInLatents, same
from sparkvsr import (
    CancelledError,
    DiskFullError,
    EngineError,
    JobError,
    Notice,
    OutOfMemoryError,
)
from sparkvsr.engines import EngineFrame, Window
from sparkvsr.executor import restore_window
from sparkvsr.kept import PlanChoice

ENGINES = [Sensitive, SensitiveInLatents]


def keeper_of(case: Case, folder: Path) -> StrictKeeper:
    return StrictKeeper(folder, random.Random(1), in_latents=case.in_latents)


def test_first_frames_leave_before_their_window_is_finished(tmp_path: Path) -> None:
    case, engine = Case(40), Sensitive()
    keeper = keeper_of(case, tmp_path)
    keeper.only_wanted = True
    frames = case.run(engine, keeper=keeper)
    next(frames)
    assert engine.calls == 1
    assert not keeper.whole
    for _ in range(8):
        next(frames)
    assert keeper.whole == {0}


@pytest.mark.parametrize("engine", ENGINES)
def test_what_is_kept_costs_no_work_of_the_engine(engine: type[Sensitive], tmp_path: Path) -> None:
    case, second = Case(60, (30,), engine=engine), engine()
    keeper = keeper_of(case, tmp_path)
    whole = list(case.run(keeper=keeper))
    keeper.restart()
    for ours, want in zip(case.run(second, keeper=keeper), whole, strict=True):
        same(ours, want)
    assert second.calls == 0


@pytest.mark.parametrize("engine", ENGINES)
def test_another_request_may_run_at_every_border_and_its_work_is_not_counted(
    engine: type[Sensitive], tmp_path: Path
) -> None:
    case = Case(60, (20,), (50,), engine, {"guidance": 1.5})
    whole, plain = list(case.run()), told_work(case, engine(), keeper_of(case, tmp_path / "a"))
    begun: list[int | None] = []
    shared = engine(begun.append)
    other = replace(case, settings=case.settings | {"guidance": 0.5})
    other.request = replace(other.request, preview=45)
    (want,) = other.run()

    def preview() -> None:
        length = len(begun)
        (frame,) = other.run(shared, keeper=None)
        same(frame, want)
        begun[length:] = [None]

    keeper = keeper_of(case, tmp_path / "b")
    keeper.on_border = preview
    counted = told_work(case, shared, keeper, whole)
    assert counted == plain
    assert counted["frames"] < shared.calls
    windows = [seed for seed in begun if seed is not None]
    assert len(set(windows)) == len(keeper.kept_times)
    for before, seed in pairwise(begun):
        assert before is None or seed in (None, before), "no border before a window"


def told_work(
    case: Case, engine: Sensitive, keeper: StrictKeeper, whole: list[Any] | None = None
) -> dict[str, Any]:
    notices: list[Notice] = []
    frames = list(case.run(engine, keeper=keeper, on_notice=notices.append))
    for ours, want in zip(frames, whole or frames, strict=True):
        same(ours, want)
    return next(n.data for n in notices if "Models ran" in n.text)


def test_a_preview_asks_no_keeper() -> None:
    case = Case(40, (20,))
    case.request = replace(case.request, preview=5)
    (frame,) = case.run(keeper=object())
    assert frame.index == 5


def test_nothing_is_done_where_all_frames_are_stored(monkeypatch: pytest.MonkeyPatch) -> None:
    case, engine = Case(40), Sensitive()
    assert not list(case.run(engine, first=40, keeper=object()))
    assert engine.calls == 0


@pytest.mark.parametrize(
    ("settings", "most"),
    [
        ({"anchors": "none"}, {40, 48, 56}),
        ({"anchors": "always", "anchor_guidance": "job"}, {0, 8, 16, 24, 32, 40, 48, 56}),
    ],
)
def test_windows_before_the_first_frame_are_begun_for_anchors_only(
    settings: dict[str, Any], most: set[int]
) -> None:
    begun: list[int] = []
    case = Case(70, (3,), settings={"window": 17, "guidance": 1.5} | settings)
    engine = Sensitive(begun.append)
    list(case.run(engine, first=59))
    assert set(begun) == most
    assert engine.calls < 70 + 2 * 17


@pytest.mark.parametrize("pinning", ["exact", "blend", "off"])
@pytest.mark.parametrize(
    "settings", [{"grade": "on"}, {"grade": "on", "upscale": 1.5}, {"upscale": 1.5}]
)
def test_grades_and_other_sizes_do_not_depend_on_where_a_run_begins(
    pinning: str, settings: dict[str, Any]
) -> None:
    case = Case(30, (4, 13, 22), (18,), settings=settings | {"pin_keyframes": pinning})
    whole = list(case.run())
    for first in (1, 8, 13, 18, 29):
        for ours, want in zip(case.run(first=first), whole[first:], strict=True):
            same(ours, want)


@pytest.mark.parametrize(("engine", "most"), [(Sensitive, 4), (SensitiveInLatents, 14)])
def test_the_disk_holds_what_is_needed_only(
    engine: type[Sensitive], most: int, tmp_path: Path
) -> None:
    cuts = tuple(range(50, 400, 50))
    case = Case(400, (20, 120, 320), cuts, engine, {"window": 9, "overlap": 1})
    keeper, seen = keeper_of(case, tmp_path), []
    keeper.only_wanted = True
    for frame in case.run(keeper=keeper):
        keeper.safe = frame.index + 1
        seen.append(len(keeper.whole))
    assert max(seen) <= most


def test_anchors_stay_for_a_window_whose_first_frames_are_stored_but_which_was_not_finished(
    tmp_path: Path,
) -> None:
    case = Case(60, (4,), settings={"overlap": 1})  # frames 16 to 32 follow frame 16 of 0 to 16
    whole, keeper = list(case.run()), keeper_of(case, tmp_path)
    keeper.only_wanted = True
    for frame in case.run(keeper=keeper):
        keeper.safe = frame.index + 1
        if keeper.safe == 26:
            break
    assert keeper.whole == {0}
    keeper.restart()
    for ours, want in zip(case.run(first=26, keeper=keeper), whole[26:], strict=True):
        same(ours, want)
        keeper.safe = ours.index + 1
    assert set(keeper.kept_times.values()) == {1}


@pytest.mark.parametrize("engine", ENGINES)
def test_files_that_changed_places_are_not_believed(
    engine: type[Sensitive], tmp_path: Path
) -> None:
    case = Case(60, (30,), engine=engine)
    keeper = keeper_of(case, tmp_path)
    whole = list(case.run(keeper=keeper))
    one, other = (keeper.file(p) for p in (1, 4))
    one.rename(tmp_path / "between")
    other.rename(one)
    (tmp_path / "between").rename(other)
    keeper.restart()
    for ours, want in zip(case.run(keeper=keeper), whole, strict=True):
        same(ours, want)
    again = {position for (_, position), times in keeper.kept_times.items() if times == 2}
    assert again == {1, 4}


@pytest.mark.parametrize("what", ["guidance", "keyframe", "source", "engine"])
def test_windows_of_another_job_are_not_believed(
    what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    case, other = Case(40, (20,)), Case(40, (20,))
    keeper = keeper_of(case, tmp_path)
    list(case.run(keeper=keeper))
    keeper.restart()
    if what == "guidance":
        other = Case(40, (20,), settings={"guidance": 0.9})
    elif what == "keyframe":
        (keyframe,) = other.request.keyframes
        brighter = replace(keyframe, picture=keyframe.picture * np.float32(1.1))
        other.request = replace(other.request, keyframes=(brighter,))
    elif what == "source":
        monkeypatch.setattr(other.source, "digest", lambda index: f"other {index}")
    else:
        monkeypatch.setattr(Sensitive, "version", "another")
    for ours, want in zip(other.run(keeper=keeper), list(other.run()), strict=True):
        same(ours, want)
    assert set(keeper.kept_times.values()) == {2}


class FailingDisk(StrictKeeper):
    """Nothing that is kept can be read back."""

    def kept(self, position: int, nbytes: int) -> None:
        super().kept(position, nbytes)
        self.file(position).write_bytes(bytes(nbytes))


@pytest.mark.parametrize("engine", ENGINES)
def test_a_disk_that_gives_nothing_back_is_told(engine: type[Sensitive], tmp_path: Path) -> None:
    case = Case(60, (50,), engine=engine)
    keeper = FailingDisk(tmp_path, random.Random(1), in_latents=case.in_latents)
    with pytest.raises(JobError, match=r"cannot be read back.*\.safetensors"):
        list(case.run(keeper=keeper))
    assert sorted(keeper.kept_times.values())[-1] == 2


class Tight(Sensitive):
    """Has no memory for windows of more than 9 frames, from its n-th window on."""

    good = 0

    def restore(self, window: Window) -> Iterator[EngineFrame]:
        self.good -= 1
        if self.good < 0 and window.frames > 9:
            raise OutOfMemoryError("It does not fit.", "Try less.")
        return super().restore(window)


def test_a_later_start_goes_on_with_what_fitted_into_memory(tmp_path: Path) -> None:
    case = Case(60, (20,), engine=Tight, settings={"guidance": 0.5})
    whole = list(case.run())
    keeper = keeper_of(case, tmp_path)
    for ours, want in zip(case.run(keeper=keeper), whole[:25], strict=False):
        same(ours, want)
        keeper.safe = ours.index + 1
    keeper.restart()
    assert keeper.choice() == PlanChoice(9)
    roomy = Sensitive()
    for ours, want in zip(
        case.run(roomy, first=keeper.safe, keeper=keeper), whole[25:], strict=True
    ):
        same(ours, want)
    assert set(keeper.kept_times.values()) == {1}
    assert {choice for choice, _ in keeper.kept_times} == {PlanChoice(9)}


def test_where_memory_runs_out_later_the_windows_of_both_plans_stay_apart(tmp_path: Path) -> None:
    case = Case(80, settings={"pin_keyframes": "off"})
    tight = Tight()
    tight.good = 3
    keeper = keeper_of(case, tmp_path)
    keeper.only_wanted = True
    frames = list(case.run(tight, keeper=keeper))
    tight.good = 3
    for ours, want in zip(frames, case.run(tight), strict=True):
        same(ours, want)
    assert {choice for choice, _ in keeper.kept_times} == {PlanChoice(17), PlanChoice(9)}
    assert set(keeper.kept_times.values()) == {1}


@pytest.mark.parametrize("engine", ENGINES)
def test_a_full_disk_ends_the_run_and_the_next_goes_on(
    engine: type[Sensitive], tmp_path: Path
) -> None:
    case = Case(60, (20,), engine=engine)
    whole, keeper = list(case.run()), keeper_of(case, tmp_path)
    usual, room = os.fsync, [2]

    def fsync(file: int) -> None:
        room[0] -= 1
        if room[0] < 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        usual(file)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", fsync)
        with pytest.raises(DiskFullError):
            for ours in case.run(keeper=keeper):
                same(ours, whole[ours.index])
                keeper.safe = ours.index + 1
    assert len(keeper.kept_times) == 2
    assert not list(tmp_path.rglob("*.part"))
    keeper.restart()
    rest = case.run(first=keeper.safe, keeper=keeper)
    for ours, want in zip(rest, whole[keeper.safe :], strict=True):
        same(ours, want)
    assert set(keeper.kept_times.values()) == {1}


@pytest.mark.parametrize("engine", ENGINES)
def test_cancelling_ends_a_claim_and_the_reading_of_what_is_kept(
    engine: type[Sensitive], tmp_path: Path
) -> None:
    case = Case(60, (20,), engine=engine)
    keeper = keeper_of(case, tmp_path)
    list(case.run(keeper=keeper))
    keeper.restart()
    asked: list[None] = []

    def cancelled() -> bool:
        asked.append(None)
        return len(asked) > 20

    with pytest.raises(CancelledError):
        list(case.run(keeper=keeper, cancelled=cancelled))

    def misfortune() -> None:
        raise CancelledError("Somebody else cancelled the job.")

    keeper.on_border = misfortune
    with pytest.raises(CancelledError, match="Somebody else"):
        list(case.run(keeper=keeper))


class Doubtful(Sensitive):
    """Gives doubles."""

    def restore(self, window: Window) -> Iterator[EngineFrame]:
        for frame in super().restore(window):
            yield EngineFrame(frame.picture_HWC.astype(np.float64), 1.0)


def test_an_engine_that_gives_no_frames_of_the_window_is_told(tmp_path: Path) -> None:
    case = Case(20, engine=Doubtful)
    with pytest.raises(EngineError, match=r"frames 0 to 16: item 0 .* float64"):
        list(case.run(keeper=keeper_of(case, tmp_path)))
    assert not list(tmp_path.rglob("*.part"))


@pytest.mark.parametrize("settings", [{}, {"guidance": 1.5}, {"anchor_guidance": "job"}])
@pytest.mark.parametrize("engine", ENGINES)
def test_a_single_window_mends_damaged_neighbours_that_it_needs(
    engine: type[Sensitive],
    settings: dict[str, Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("sparkvsr.executor.make_engine", lambda *_: engine())
    case = Case(60, (50,), engine=engine, settings={"window": 17} | settings)
    keeper = keeper_of(case, tmp_path)
    list(case.run(keeper=keeper))
    keeper.restart()
    assert keeper.plan is not None
    user = next(w for w in keeper.plan.windows if w.anchors)
    neighbour = user.anchors[0].window
    files = [keeper.file(p) for p in (user.position, neighbour)]
    before = [file.read_bytes() for file in files]
    files[0].unlink()
    files[1].write_bytes(before[1][:-1])
    keeper.damaged(user.position)
    keeper.only_wanted = True
    keeper.on_border = lambda: pytest.fail("a border outside of a run")
    choice = keeper.choice()
    assert choice is not None
    assert keeper.claim(user.position) == user.position
    restore_window(
        case.request, case.source, choice, user.position, keeper, cancelled=lambda: False
    )
    assert [file.read_bytes() for file in files] == before
