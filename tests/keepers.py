"""A keeper on a folder that forgives nothing; for tests."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from sparkvsr.grade import FEATHER
from sparkvsr.kept import PlanChoice
from sparkvsr.latents import plan_runs
from sparkvsr.planner import Plan


class Killed(BaseException):
    """Stands for the end of a process: nothing may catch it."""


class StrictKeeper:
    """Keeps windows in a folder; refuses whatever a real keeper need not bear.

    It lives on over the runs of a job like a journal does: `restart` begins the next one.

    Attributes:
        safe: finished frames that are stored; whoever consumes the run sets it.
        kept_times: how often each window was kept.
        misfortune: called within each method; may raise `Killed`.
        on_border: called at each border.
        only_wanted: never gives a window that is wanted soon.
    """

    def __init__(
        self,
        folder: Path,
        chance: random.Random,
        *,
        in_latents: bool = False,
    ) -> None:
        self._folder, self._chance, self._in_latents = folder, chance, in_latents
        self._choice: PlanChoice | None = None
        self._whole: dict[PlanChoice, set[int]] = {}
        self._claimed: list[int] = []
        self._dropped: set[int] = set()
        self._was_damaged = False
        self.plan: Plan | None = None
        self.safe = 0
        self.only_wanted = False
        self.kept_times: Counter[tuple[PlanChoice, int]] = Counter()
        self.misfortune: Callable[[], None] = lambda: None
        self.on_border: Callable[[], None] = lambda: None

    def restart(self) -> None:
        """The process of the run is gone."""
        self._claimed.clear()
        self._dropped.clear()
        self.misfortune = lambda: None

    @property
    def whole(self) -> set[int]:
        """Windows that are kept under the current choice."""
        assert self._choice is not None
        return self._whole.setdefault(self._choice, set())

    def choice(self) -> PlanChoice | None:
        self.misfortune()
        return self._choice

    def planned(self, choice: PlanChoice, plan: Plan) -> None:
        self.misfortune()
        self._choice, self.plan = choice, plan
        self._claimed.clear()
        self._dropped.clear()

    def claim(self, wanted: int) -> int | None:
        self.misfortune()
        if wanted in self.whole:
            return None
        assert not self._claimed or self._was_damaged, "one claim at a time"
        assert wanted not in self._claimed, "it is claimed already"
        position = self._chance.choice(self._ready(wanted, soon=not self.only_wanted))
        self._claimed.append(position)
        return position

    def path(self, position: int) -> Path:
        self.misfortune()
        assert position in self._claimed or position in self.whole, "nothing to be read there"
        return self.file(position)

    def kept(self, position: int, nbytes: int) -> None:
        self.misfortune()
        self._claimed.remove(position)
        assert position not in self.whole
        assert self.file(position).stat().st_size == nbytes
        assert self._choice is not None
        self.whole.add(position)
        self.kept_times[self._choice, position] += 1
        self.misfortune()

    def damaged(self, position: int) -> None:
        self.misfortune()
        self._was_damaged = True
        self.whole.remove(position)

    def stored(self) -> int:
        return self.safe

    def drop(self, position: int) -> None:
        self.misfortune()
        assert self.plan is not None
        assert position not in self._claimed
        assert position not in self._dropped, "dropped twice"
        assert self._last_frame_needs(position) <= self.safe - FEATHER, "its frames are not stored"
        for window in self.plan.windows:
            if any(anchor.window == position for anchor in window.anchors):
                assert window.position in self.whole | self._dropped, "its anchors are needed"
        self._dropped.add(position)
        self.whole.discard(position)
        self.file(position).unlink(missing_ok=True)

    def border(self) -> None:
        self.misfortune()
        self.on_border()

    def file(self, position: int) -> Path:
        """Of a window under the current choice."""
        assert self._choice is not None
        folder = self._folder / f"{self._choice.window}-{self._choice.tile}"
        folder.mkdir(parents=True, exist_ok=True)
        return folder / f"{position}.safetensors"

    def _ready(self, wanted: int, *, soon: bool) -> list[int]:
        """Windows that may be claimed: what `wanted` needs, and what is wanted soon needs."""
        assert self.plan is not None
        windows = self.plan.windows
        needed = {wanted, *(w.position for w in windows if soon and w.stop > self.safe)}
        for position in reversed(self.plan.order):
            if position in needed and position not in self.whole:
                needed |= {anchor.window for anchor in windows[position].anchors}
        return [
            p
            for p in sorted(needed - self.whole - set(self._claimed))
            if all(anchor.window in self.whole for anchor in windows[p].anchors)
        ]

    def _last_frame_needs(self, position: int) -> int:
        assert self.plan is not None
        if not self._in_latents:
            return self.plan.windows[position].stop
        runs = plan_runs(self.plan)
        return next(r.stop for r in runs if position in {w.position for w in r.windows})
