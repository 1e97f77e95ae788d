"""Every call of the API passes here: the log, and whatever keeps a call from working."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from .host import Host
    from .proxy import Method, Proxy


class Entry(NamedTuple):
    """One call, in the log."""

    name: str
    arguments: tuple[Any, ...]
    thread: int
    page: str | None
    time: float


@dataclass
class Fault:
    """What becomes of the n-th call from now on of a method."""

    name: str
    left: int
    how: Any


class StillHanging(AssertionError):  # noqa: N818
    """A call hangs and nobody in the test lets it go."""


class Gate:
    """Calls in the order in which they came."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._freed = threading.Condition()
        self._hanging = 0
        self.log: list[Entry] = []
        self.faults: list[Fault] = []
        self.slow = 0.0  # seconds for each call, in place of the profile's
        self.playing = self.wedged = self.gone = False

    def call(
        self, proxy: Proxy, method: Method, arguments: tuple[Any, ...], keywords: dict[str, Any]
    ) -> Any:
        host, name = self._host, f"{type(proxy).__name__}.{method.name}"
        page = host.pages.shown()
        self.log.append(Entry(name, arguments, threading.get_ident(), page, host.clock.now()))
        self._check_thread(name)
        if keywords:
            host.violate(f"{name} was called with keyword arguments: {sorted(keywords)}")
            return method.fails
        self.wait()
        host.clock.sleep(self.slowness())
        stop, answer = self._injected(name)
        if stop:
            return answer
        if self.wedged or self.gone:
            return None
        if not self._open_for(method) or not proxy._alive() or not method.takes(arguments):
            return method.fails
        if method.deliver and not host.modal_open:
            host.pages.go("deliver")
        return method.function(proxy, *arguments)

    def _open_for(self, method: Method) -> bool:
        if self._host.rendering and not method.while_rendering and (method.writes or method.blind):
            return False
        return not (method.writes and self._host.modal_open)

    def slowness(self) -> float:
        """Seconds that a call takes now."""
        profile = self._host.profile
        return self.slow or (profile.render_latency if self._host.rendering else profile.latency)

    def _check_thread(self, name: str) -> None:
        if self.log[0].thread != self.log[-1].thread:
            self._host.violate(f"{name} was called on a second thread")

    def _injected(self, name: str) -> tuple[bool, Any]:
        meant = [fault for fault in self.faults if fault.name == name]
        for fault in meant:
            fault.left -= 1
        for fault in [fault for fault in meant if not fault.left]:
            self.faults.remove(fault)
            if isinstance(fault.how, BaseException):
                raise fault.how
            if fault.how == "hang":
                self.hang()
            elif isinstance(fault.how, Callable):  # type: ignore[arg-type]
                fault.how()
            else:
                return True, fault.how
        return False, None

    # Calls that do not come back.

    def wait(self) -> None:
        """While the timeline plays, nothing answers."""
        if self.playing:
            self._block(lambda: self.playing)

    def hang(self) -> None:
        """This call does not come back until `release`."""
        self._hanging += 1
        target = self._hanging
        self._block(lambda: self._hanging >= target)

    def release(self) -> None:
        """Let every call go that hangs."""
        with self._freed:
            self._hanging = 0
            self._freed.notify_all()

    def _block(self, blocked: Callable[[], bool]) -> None:
        while blocked() and self._host.clock.step():
            pass
        with self._freed:
            if not self._freed.wait_for(lambda: not blocked(), self._host.profile.patience):
                raise StillHanging("a call to Resolve hangs, and nobody lets it go")

    def play(self, playing: bool) -> None:
        with self._freed:
            self.playing = playing
            self._freed.notify_all()
