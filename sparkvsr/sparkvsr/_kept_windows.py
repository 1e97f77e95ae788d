"""Windows that are restored once, whoever restores them, and read from their files by all others.

The window that is wanted next, when it is restored here, gives its frames while they are written;
one that is wanted later, or was restored by somebody else, gives them from its file.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from itertools import islice

from ._window_file import Contents, DamagedWindow, Item, WindowWriter, open_window
from ._windows import ShotWindows
from .engines import EngineFrame, Window
from .errors import CancelledError, JobError
from .grade import FEATHER
from .kept import Keeper
from .latents import Latent, Run, latent_of, plan_runs
from .planner import Anchor, PlannedWindow


class KeptWindows:
    """Restores under claims of a keeper; implements `RestoredWindows`.

    A file that is damaged is reported to the keeper, and its window restored again. If that one
    is damaged, too, the run ends with a `JobError`.

    Args:
        border: called before each claim.
    """

    def __init__(self, shot: ShotWindows, keeper: Keeper, border: Callable[[], None]) -> None:
        self._shot, self._keeper, self._border = shot, keeper, border
        self._windows = shot.plan.windows
        self._anchors: dict[int, set[int]] = {}  # position → indices of frames that others want
        self._users: dict[int, set[int]] = {}  # position → positions of those that want them
        for window in self._windows:
            for anchor in window.anchors:
                self._anchors.setdefault(anchor.window, set()).add(anchor.index)
                self._users.setdefault(anchor.window, set()).add(window.position)
        self._needless_at = {window.position: window.stop for window in self._windows}
        if shot.latent_engine is not None:
            for run in plan_runs(shot.plan):
                self._needless_at |= {window.position: run.stop for window in run.windows}
        self._seen: set[int] = set()  # restored or read
        self._dropped: set[int] = set()
        self._reported: set[int] = set()

    def frames(self, first: int) -> Iterator[tuple[int, int, EngineFrame]]:
        """See `RestoredWindows.frames`."""
        for planned in self._windows:
            if planned.stop > first:
                for i, item in enumerate(self._items(planned)):
                    yield planned.position, planned.shot_index(i), EngineFrame(*item)

    def latents(self, run: Run) -> Iterator[tuple[int, Sequence[Latent]]]:
        """See `RestoredWindows.latents`."""
        for planned in run.windows:
            yield planned.position, [Latent(*item) for item in self._items(planned)]

    def restore(self, position: int) -> None:
        """Restore a claimed window into its file, with the anchors that others will want."""
        for _ in self._restored(position):
            pass

    def _items(self, planned: PlannedWindow) -> Iterator[Item]:
        """All frames or latents of a window: as they are restored here, or from its file."""
        position, given = planned.position, 0
        self._drop_needless()
        while given < self._count(planned):
            claimed = self._claim(position)
            if claimed not in (position, None):
                self.restore(claimed)
                continue
            items = self._read(position) if claimed is None else self._restored(position)
            try:
                for item in islice(items, given, None):
                    yield item
                    given += 1
            except DamagedWindow as damage:
                self._report(position, damage)

    def _claim(self, wanted: int) -> int | None:
        self._border()
        return self._keeper.claim(wanted)

    def _restored(self, position: int) -> Iterator[Item]:
        """The items of a claimed window, which is kept when all of them were taken."""
        shot, planned = self._shot, self._windows[position]
        window = shot.window(planned, self._anchor)
        with WindowWriter(self._keeper.path(position), self._contents(position)) as writer:
            for item in self._fresh(planned, window):
                with shot.telling(planned):  # an engine may give what is no frame of the window
                    writer.add(*item)
                yield item
            for index in self._anchors_apart(position):
                frame = shot.anchor(planned, window, index)
                writer.add(frame.picture_HWC, frame.trust)
            nbytes = writer.finish()
        self._keeper.kept(position, nbytes)
        self._seen.add(position)

    def _fresh(self, planned: PlannedWindow, window: Window) -> Iterator[Item]:
        if self._shot.latent_engine is None:
            for _, frame in self._shot.restored(planned, window):
                yield frame.picture_HWC, frame.trust
        else:
            for latent in self._shot.latents(planned, window):
                yield latent.values_Chw, latent.carried

    def _anchor(self, anchor: Anchor) -> EngineFrame:
        """A frame from the file of a neighbour, which was kept before its user was claimed."""
        position, at = anchor.window, self._windows[anchor.window].local(anchor.index)
        if self._shot.has_anchors_apart:
            apart = self._anchors_apart(position)
            at = self._count(self._windows[position]) + apart.index(anchor.index)
        while True:
            try:
                with open_window(self._keeper.path(position), self._contents(position)) as file:
                    frame = EngineFrame(*file.item(at))
            except DamagedWindow as damage:
                self._report(position, damage)
                while (claimed := self._claim(position)) is not None:
                    self.restore(claimed)
            else:
                self._seen.add(position)
                return frame

    def _read(self, position: int) -> Iterator[Item]:
        contents = self._contents(position)
        with open_window(self._keeper.path(position), contents) as file:
            for i in range(contents.count):
                if self._shot.cancelled():
                    raise CancelledError("The job was cancelled.")
                yield file.item(i)
        self._seen.add(position)

    def _report(self, position: int, damage: DamagedWindow) -> None:
        """Have a window restored again; but once only, as a disk may fail for good."""
        if position in self._reported:
            raise JobError(
                f"A restored window cannot be read back, not even restored anew: {damage}.",
                "Check the disk that it is kept on, then go on with the job.",
            ) from damage
        self._reported.add(position)
        self._keeper.damaged(position)

    def _drop_needless(self) -> None:
        """Windows whose frames are stored, and that no window still to come has anchors of."""
        safe = self._keeper.stored() - FEATHER  # as far as a new start reaches back
        for position in reversed(self._shot.plan.order):  # users before those that they use
            users = self._users.get(position, set())
            if (
                position not in self._dropped
                and self._needless_at[position] <= safe
                and users <= self._seen | self._dropped
            ):
                self._keeper.drop(position)
                self._dropped.add(position)

    def _anchors_apart(self, position: int) -> list[int]:
        """Indices of the anchors of a window that are not among its frames."""
        wanted = self._anchors.get(position, set())
        return sorted(wanted) if self._shot.has_anchors_apart else []

    def _count(self, planned: PlannedWindow) -> int:
        """Of frames or latents."""
        if self._shot.latent_engine is None:
            return planned.stop - planned.start
        return latent_of(planned.length - 1) + 1

    def _contents(self, position: int) -> Contents:
        shot, planned = self._shot, self._windows[position]
        return Contents(
            key=self._key(planned),
            kind="frames" if shot.latent_engine is None else "latents",
            count=self._count(planned),
            anchors=len(self._anchors_apart(position)),
            picture=(shot.look.height, shot.look.width, 3),
        )

    def _key(self, planned: PlannedWindow) -> str:
        """Names what a window is made from, the neighbours' frames apart."""
        shot, look, request = self._shot, self._shot.look, self._shot.request
        parts = [
            (shot.engine.name, shot.engine.version, request.settings, planned, shot.tiles),
            [look.digest(index) for index in range(planned.start, planned.stop)],
            [(k.index, look.keyframe_digest(i)) for i, k in enumerate(request.keyframes)],
        ]
        return hashlib.sha256(repr(parts).encode()).hexdigest()
