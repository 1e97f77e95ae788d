"""The state of one emulated session: who runs on which thread, what was said, what went wrong."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

F = TypeVar("F", bound=Callable[..., Any])

NODE_LIMIT = 10  # nodes that Python may touch without a commercial licence
API: dict[str, Any] = {}  # the names of the module `nuke`
BUSY = "I'm already executing something else"


@dataclass(frozen=True)
class Profile:
    """What kind of session it is.

    Attributes:
        gui: False is `nuke -t` and `nuke -x`: no menus, no dialogs, no main-thread queue.
        terminal_progress: a ProgressTask can be made in a terminal session (it then prints).
    """

    version: tuple[int, int, int] = (15, 1, 3)
    gui: bool = True
    nc: bool = False
    indie: bool = False
    terminal_progress: bool = False


class StrictError(RuntimeError):
    """Nuke may let it pass or crash; the emulator never lets it pass, even when it is caught."""


class Host:
    """One session. Tests reach it as the fixture `nuke_host`; host code never sees it."""

    def __init__(self, profile: Profile | None = None) -> None:
        self.profile = profile or Profile()
        self.main = threading.current_thread()
        self.module: Any = None
        self.root: Any = None
        self.groups: list[Any] = []  # the current group is the last
        self.context: list[tuple[Any, Any]] = []  # thisNode, thisKnob
        self.script_path: str | None = None
        self.views = ["main"]
        self.violations: list[str] = []
        self.touched: set[int] = set()
        self.created = 0  # nodes made in this session: a source of identities
        self.closed = False
        # filled by the session: see `Session`
        self.queue: Any = None
        self.progress_watch: Any = None
        self.menus: dict[str, Any] = {}
        self.plugin_path: list[str] = []
        self.starting: list[Any] | None = None  # folders, while their init.py files are run
        # rendering
        self.executing = False
        self.in_callback = 0
        self.progress = 0
        self.cancel_at: int | None = None
        self.rendered: list[tuple[str, int, tuple[str, ...]]] = []
        self.knob_defaults: dict[str, str] = {}
        # people
        self.messages: list[tuple[str, str]] = []
        self.answers: list[Any] = []
        self.printed: list[str] = []

    @property
    def group(self) -> Any:
        return self.groups[-1]

    def violate(self, text: str) -> StrictError:
        """Record what no session may do; the fixture fails the test at its end."""
        self.violations.append(text)
        return StrictError(text)

    def check_main(self, what: str) -> None:
        if threading.current_thread() is not self.main:
            raise self.violate(f"{what} was called outside of the main thread")

    def touch(self, node: Any) -> None:
        """Count a node that Python reached: the limit of the unpaid editions.

        That those which were reached before can be reached again is an assumption.
        """
        if not (self.profile.nc or self.profile.indie) or id(node) in self.touched:
            return
        if len(self.touched) >= NODE_LIMIT:
            raise RuntimeError(f"Python access is limited to {NODE_LIMIT} nodes in this edition")
        self.touched.add(id(node))

    @contextmanager
    def this(self, node: Any, knob: Any = None) -> Iterator[None]:
        """Code of a knob or callback runs: thisNode and thisKnob are set."""
        self.context.append((node, knob))
        try:
            yield
        finally:
            self.context.pop()

    @contextmanager
    def callback(self) -> Iterator[None]:
        """Inside of a callback nothing can be executed."""
        self.in_callback += 1
        try:
            yield
        finally:
            self.in_callback -= 1

    def run_code(self, code: str, node: Any, knob: Any = None) -> None:
        """Run the Python code that a knob holds."""
        with self.this(node, knob):
            exec(code, {"nuke": self.module, "__name__": "__main__"})  # noqa: S102


_hosts: list[Host] = []


def host() -> Host:
    """The session that is open."""
    if not _hosts:
        raise RuntimeError("no emulated session is open")
    return _hosts[-1]


def opened(session: Host) -> None:
    _hosts.append(session)


def closed(session: Host) -> None:
    _hosts.remove(session)


def offer(name: str, value: Any) -> None:
    """Give the module `nuke` a name that any thread may use."""
    API[name] = value


def api(function: F) -> F:
    """Give the module `nuke` a function that only the main thread may call."""

    @functools.wraps(function)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        host().check_main(f"nuke.{function.__name__}")
        return function(*args, **kwargs)

    API[function.__name__] = guarded
    return function


def api_class(kind: type) -> Any:
    API[kind.__name__] = kind
    return kind


class Guarded:
    """Every call of a public method asks `_guard` first; the emulator itself uses private names."""

    def __getattribute__(self, name: str) -> Any:
        found = object.__getattribute__(self, name)
        if name.startswith("_") or not callable(found):
            return found

        @functools.wraps(found)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            object.__getattribute__(self, "_guard")(name)
            return found(*args, **kwargs)

        return guarded

    def _guard(self, name: str) -> None:
        raise NotImplementedError
