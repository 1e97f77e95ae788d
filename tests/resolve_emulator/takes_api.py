"""The take selector of an item. Its grade stays with the item, whichever take is shown."""

# mypy: disable-error-code="no-any-return"
# ruff: noqa: N802
from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

from .model import Item, Take
from .proxy import Proxy, read, write

if TYPE_CHECKING:
    from .pool_api import MediaPoolItem


class Takes(Proxy):
    _of: Item

    @write
    def AddTake(
        self,
        mediaPoolItem: MediaPoolItem,
        startFrame: float | None = None,
        endFrame: float | None = None,
    ) -> bool:
        """The original becomes take 1; without a range all of the clip is the take."""
        clip, item = mediaPoolItem._of, self._of
        if self._host.profile.add_take_fails or item.clip is None or not mediaPoolItem._alive():
            return False
        if not item.takes:
            first = int(item.source_in)
            item.takes.append(Take(item.clip, first, first + item.duration - 1))
            item.take = 1
        last = clip.frames - 1 if endFrame is None else int(endFrame)
        item.takes.append(Take(clip, int(startFrame or 0), last))
        return True

    @read(blind=True)
    def GetTakesCount(self) -> int:
        return len(self._of.takes)

    @read(blind=True)
    def GetSelectedTakeIndex(self) -> int:
        return self._of.take

    @read(blind=True)
    def GetTakeByIndex(self, idx: int) -> dict[str, Any] | None:
        if not 1 <= idx <= len(self._of.takes):
            return None
        take = self._of.takes[idx - 1]
        clip = self._give("MediaPoolItem", take.clip)
        return {"startFrame": take.first, "endFrame": take.last, "mediaPoolItem": clip}

    @write
    def SelectTakeByIndex(self, idx: int) -> bool:
        if not 1 <= idx <= len(self._of.takes):
            return False
        take = self._of.takes[idx - 1]
        self._of.take = idx
        self._of.clip, self._of.source_in = take.clip, Fraction(take.first)
        return True

    @write
    def DeleteTakeByIndex(self, idx: int) -> bool:
        """The selected one cannot go; with one left the selector goes."""
        item = self._of
        if not 1 <= idx <= len(item.takes) or idx == item.take:
            return False
        del item.takes[idx - 1]
        item.take -= idx < item.take
        if len(item.takes) == 1:
            item.takes, item.take = [], 0
        return True

    @write
    def FinalizeTake(self) -> bool:
        if not self._of.takes:
            return False
        self._of.takes, self._of.take = [], 0
        return True
