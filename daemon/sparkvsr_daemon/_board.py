"""Which windows of a running job are restored, by whom, and which comes next. Arithmetic only."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Final

LOOKAHEAD: Final = 4
"""How many windows may be restored before the one that the joining waits for."""


class WindowBoard:
    """The windows of one plan.

    The worker that leads a job joins its windows in order, and restores those that nobody else
    does; helpers restore those that it will want next. A window is restored by one at a time, and
    only when the windows that it has anchors of are there.

    Args:
        needs: for every window, by position, the windows that it has anchors of.
        order: positions, such that each comes behind those that it needs.
        kept: positions of those that are restored already.
        dropped: of those that were, and that nobody needs any more.
        claims: who restores which at the moment.
    """

    def __init__(
        self,
        needs: Sequence[Sequence[int]],
        order: Sequence[int],
        kept: Iterable[int] = (),
        dropped: Iterable[int] = (),
        claims: Mapping[int, Hashable] | None = None,
    ) -> None:
        self._needs = needs
        self._order = order
        self._rank = {position: rank for rank, position in enumerate(order)}
        self._kept = set(kept)
        self._dropped = set(dropped)
        self._claims = dict(claims or {})
        self._wanted: int | None = None

    @property
    def has_work(self) -> bool:
        """`help` would give a window."""
        return self._soon(None) is not None

    @property
    def done(self) -> int:
        """How many windows are restored."""
        return len(self._kept | self._dropped)

    def claim(self, wanted: int, who: Hashable) -> int | None:
        """What the leader, who wants a window, is to restore now; None if it has to wait.

        Ask `is_kept` first. The window itself, if it can be restored; else one that it depends on;
        else, where others are busy with those, one that will be wanted soon. A window that was
        claimed by the same one before may be given again.
        """
        self._wanted = wanted
        todo = self._startable(wanted, who)
        if todo is None:
            todo = self._soon(who)
        if todo is not None:
            self._claims[todo] = who
        return todo

    def help(self, who: Hashable) -> int | None:
        """A window for a helper to restore now, or None."""
        todo = self._soon(who)
        if todo is not None:
            self._claims[todo] = who
        return todo

    def is_kept(self, position: int) -> bool:
        """A window is there to be read."""
        return position in self._kept

    def keep(self, position: int) -> None:
        """A window was restored."""
        self._claims.pop(position, None)
        self._dropped.discard(position)
        self._kept.add(position)

    def lose(self, position: int) -> None:
        """A restored window turned out to be damaged."""
        self._kept.discard(position)

    def drop(self, position: int) -> None:
        """Nobody needs a restored window any more."""
        self._kept.discard(position)
        self._dropped.add(position)

    def release(self, who: Hashable) -> None:
        """Somebody is gone, with what they were restoring."""
        self._claims = {p: claimant for p, claimant in self._claims.items() if claimant != who}

    def _startable(self, wanted: int, who: Hashable) -> int | None:
        """The window, or the first of those that it depends on, if nobody restores that yet."""
        missing = {wanted}
        for position in reversed(self._order[: self._rank[wanted] + 1]):
            if position in missing:
                missing.update(need for need in self._needs[position] if need not in self._kept)
        for position in sorted(missing, key=self._rank.__getitem__):
            if self._is_ready(position, who):
                return position
        return None

    def _soon(self, who: Hashable) -> int | None:
        first = 0 if self._wanted is None else self._rank[self._wanted]
        for position in self._order[first : first + 1 + LOOKAHEAD]:
            if self._is_ready(position, who) and position not in self._dropped:
                return position
        return None

    def _is_ready(self, position: int, who: Hashable) -> bool:
        return (
            position not in self._kept
            and self._claims.get(position, who) == who
            and all(need in self._kept for need in self._needs[position])
        )
