"""The page that is shown, and what changing it does."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .host import Host

PAGES = ("media", "cut", "edit", "fusion", "color", "fairlight", "deliver")
WITHOUT_PLAYHEAD = ("media", "fusion")


class Pages:
    """Which page is open."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self.current = "edit"
        self.since = -1e9  # when it was opened
        self._refused = host.profile.open_page_false
        self._stuck = host.profile.open_page_stuck

    def shown(self) -> str | None:
        """As GetCurrentPage has it."""
        return None if self._host.modal_open or self._host.rendering else self.current

    def open(self, name: str) -> bool:
        """As OpenPage does it: slowly, or not at all."""
        if name not in (*PAGES, *(["photo"] if self._host.profile.version >= (21,) else [])):
            return False
        if self._refused:
            self._refused -= 1
            return False
        if self._stuck:
            self._stuck -= 1
        elif self._host.profile.page_delay:
            self._host.clock.after(self._host.profile.page_delay, lambda: self.go(name))
        else:
            self.go(name)
        return True

    def go(self, name: str) -> None:
        if name == self.current:
            return
        left, self.current, self.since = self.current, name, self._host.clock.now()
        self._host.page_changed(left, name)

    def settled(self, page: str, seconds: float) -> bool:
        return self.current == page and self._host.clock.now() - self.since >= seconds
