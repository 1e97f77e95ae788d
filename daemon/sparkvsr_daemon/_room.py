"""The store's size: a cap, what is needed, and what goes first when room is short."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, field
from typing import Final, Literal, NamedTuple

from ._messages import StoreReply
from .errors import StoreFullError
from .store import Store

_DEFAULT_CAP: Final = 50 * 10**9
_DEFAULT_SHARE: Final = 0.2


class Item(NamedTuple):
    """A blob, or all results of a job."""

    kind: Literal["blob", "job"]
    name: str


@dataclass
class _Hold:
    """What somebody needs: items, and bytes that will come to one of them."""

    items: set[Item] = field(default_factory=set)
    promised: dict[Item, int] = field(default_factory=dict)


class Room:
    """Keeps the store below its cap: what was used longest ago goes, what is held never does.

    Args:
        cap: bytes; None is the lesser of 50 GB and a fifth of what could be used.
        forget: is told of every job whose results are removed.
    """

    def __init__(self, store: Store, cap: int | None, forget: Callable[[str], None]) -> None:
        self._store = store
        self._forget = forget
        self._sizes: dict[Item, int] = {}  # used longest ago first
        self._used = 0
        self._held = 0
        self._holds: dict[Hashable, _Hold] = {}
        self._holders: Counter[Item] = Counter()
        for name, size in store.jobs():
            self.grow(Item("job", name), size)
        for name, size in store.blobs():
            self.grow(Item("blob", name), size)
        room = int(_DEFAULT_SHARE * (store.free + self._used))
        self.cap = min(_DEFAULT_CAP, room) if cap is None else cap

    def hold(
        self, owner: Hashable, items: Iterable[Item], promised: dict[Item, int] | None = None
    ) -> None:
        """Say that somebody needs these items, besides those that they hold already."""
        hold = self._holds.setdefault(owner, _Hold())
        for item in {*items, *(promised or ())} - hold.items:
            hold.items.add(item)
            self._holders[item] += 1
            if self._holders[item] == 1:
                self._held += self._sizes.get(item, 0)
        hold.promised |= promised or {}

    def release(self, owner: Hashable) -> None:
        """They need nothing any more."""
        hold = self._holds.pop(owner, None)
        for item in hold.items if hold else ():
            self._holders[item] -= 1
            if not self._holders[item]:
                del self._holders[item]
                self._held -= self._sizes.get(item, 0)

    def held_by(self, owner: Hashable) -> int:
        """Bytes that somebody holds, alone or with others."""
        hold = self._holds.get(owner)
        return sum(self._sizes.get(item, 0) for item in hold.items) if hold else 0

    def touch(self, item: Item) -> None:
        """It is in use now."""
        if item in self._sizes:
            self._sizes[item] = self._sizes.pop(item)

    def grow(self, item: Item, nbytes: int) -> None:
        """So many bytes were written, or (less than 0) removed."""
        self._sizes[item] = self._sizes.pop(item, 0) + nbytes
        self._used += nbytes
        if item in self._holders:
            self._held += nbytes

    def put(self, item: Item, nbytes: int) -> None:
        """It has so many bytes now."""
        self.grow(item, nbytes - self._sizes.get(item, 0))

    def gone(self, item: Item) -> None:
        """It was removed."""
        self.grow(item, -self._sizes.get(item, 0))
        del self._sizes[item]

    def check(self, nbytes: int, what: str) -> None:
        """See that so many bytes could be kept if everything that nobody needs went.

        Args:
            what: is to be kept, for the person.

        Raises:
            StoreFullError: no.
        """
        needed = self.needed
        if needed + nbytes > self.cap:
            raise StoreFullError(
                f"{what} needs {_gb(nbytes)} in the daemon's store, which may hold "
                f"{_gb(self.cap)}; {_gb(needed)} of that is taken by jobs that wait or run.",
                "Wait for them, or allow more: store_gb in daemon.toml (docs/daemon.md).",
            )

    def make(self, nbytes: int) -> int:
        """Remove what nobody needs until so many bytes fit below the cap; gives the bytes freed."""
        freed = 0
        for item in list(self._sizes):
            if self._used + nbytes <= self.cap:
                break
            if item not in self._holders:
                freed += self._sizes[item]
                self._remove(item)
        return freed

    def clean(self) -> int:
        """Remove everything that nobody needs; gives the bytes freed."""
        before = self._used
        for item in [item for item in self._sizes if item not in self._holders]:
            self._remove(item)
        return before - self._used

    @property
    def needed(self) -> int:
        """Bytes that are held or promised."""
        to_come = (
            max(0, nbytes - self._sizes.get(item, 0))
            for hold in self._holds.values()
            for item, nbytes in hold.promised.items()
        )
        return self._held + sum(to_come)

    def report(self, request: str, freed: int = 0) -> StoreReply:
        """What the store holds, for a client."""
        blobs = [size for item, size in self._sizes.items() if item.kind == "blob"]
        jobs = [size for item, size in self._sizes.items() if item.kind == "job"]
        return StoreReply(
            re=request,
            cap=self.cap,
            used=self._used,
            free=self._store.free,
            blobs=len(blobs),
            blob_bytes=sum(blobs),
            jobs=len(jobs),
            job_bytes=sum(jobs),
            needed=self._held,
            freed=freed,
        )

    def _remove(self, item: Item) -> None:
        if item.kind == "blob":
            self._store.remove_blob(item.name)
        else:
            self._store.drop_results(item.name)
            self._forget(item.name)
        self.gone(item)


def _gb(nbytes: int) -> str:
    return f"{nbytes / 1e9:.2f} GB" if nbytes >= 10**7 else f"{nbytes / 1e6:.2f} MB"
