"""UIManager and its dispatcher, driven by the virtual clock; Studio only since 19.1."""

# ruff: noqa: N802
from __future__ import annotations

import time
import traceback
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from .elements import Element, make
from .gate import StillHanging

if TYPE_CHECKING:
    from .host import Host

LOOP_SECONDS = 90.0  # real ones


class Windows:
    """All windows of a script. As `fusion.UIManager` it makes elements: `ui.Button({...})`.

    Attributes:
        errors: tracebacks of handlers; Resolve only prints them.
    """

    def __init__(self, host: Host) -> None:
        self._host = host
        self._open: list[Window] = []
        self._posted: deque[Callable[[], None]] = deque()
        self._handlers: dict[tuple[str, str], Callable[..., Any]] = {}
        self._leave = True
        self.errors: list[str] = []

    def __getattr__(self, kind: str) -> Any:
        if kind.startswith("_"):
            raise AttributeError(kind)
        return self._timer if kind == "Timer" else partial(make, kind)

    def _timer(self, facts: dict[str, Any]) -> Timer:
        return Timer(self, facts)

    def FindWindow(self, name: str) -> Window | None:
        return next((window for window in self._open if name == window.ID), None)

    def dispatcher(self, ui: Any) -> Dispatcher:
        """As `bmd.UIDispatcher(ui)`."""
        return Dispatcher(self)

    # What a person does; inside of a running loop it is handled when its turn comes.

    def click(self, name: str) -> None:
        """Press a button, or tick a box."""
        element = self.find(name)
        if not element.Enabled or not element.Visible:
            return
        if element._kind == "CheckBox" or element.Checkable:
            element.Checked = not element.Checked
        self.post(name, "Clicked")

    def enter(self, name: str, value: Any) -> None:
        """Type a text, choose an entry by its text, or set a number."""
        element = self.find(name)
        attribute, event = {
            "ComboBox": ("CurrentText", "CurrentIndexChanged"),
            "CheckBox": ("Checked", "Toggled"),
            "LineEdit": ("Text", "TextChanged"),
            "TextEdit": ("PlainText", "TextChanged"),
        }.get(element._kind, ("Value", "ValueChanged"))
        setattr(element, attribute, value)
        self.post(name, event)

    def close(self, name: str) -> None:
        """The cross in the corner of a window."""
        self.post(name, "Close")

    def find(self, name: str) -> Element:
        """An element of an open window, for tests. Raises KeyError when there is none."""
        for window in self._open:
            found = window.Find(name)
            if found is not None:
                return found
        raise KeyError(name)

    def post(self, name: str, event: str) -> None:
        self._posted.append(lambda: self._send(name, event))

    def _send(self, name: str, event: str) -> None:
        handler = self._handlers.get((name, event))
        if handler is None:
            return
        try:
            handler({"who": name, "what": event})
        except Exception:
            self.errors.append(traceback.format_exc())
            self._host.violate(f"the handler of {name}.{event} failed:\n{self.errors[-1]}")
            traceback.print_exc()

    def run(self) -> None:
        """The loop: one event after the other, until a handler leaves it."""
        self._leave, end = False, time.monotonic() + LOOP_SECONDS
        while not self._leave:
            if self._posted:
                self._posted.popleft()()
            elif not self._host.clock.step() or time.monotonic() > end:
                self._leave = True
                raise StillHanging("nothing leaves the loop of the window")

    def end(self) -> None:
        """The session is over."""
        if not self._leave:
            self._host.violate("the loop of a window still runs")
        if any(window.shown for window in self._open):
            self._host.violate("a window was left open")


class Timer(Element):
    """Sends Timeout at each interval; only a running loop delivers it."""

    def __init__(self, windows: Windows, facts: dict[str, Any]) -> None:
        super().__init__("Timer", facts)
        self.__dict__.update(_windows=windows, _run=0)

    def Start(self) -> None:
        self.__dict__["_run"] += 1
        self._facts["IsActive"] = True
        self._next(self._run)

    def Stop(self) -> None:
        self._facts["IsActive"] = False

    def _next(self, run: int) -> None:
        seconds = max(1, self.Interval) / 1000
        self._windows._host.clock.after(seconds, lambda: self._tick(run))

    def _tick(self, run: int) -> None:
        if not self.IsActive or run != self._run:
            return
        time.sleep(max(0.0005, self._windows._host.profile.real_pause))  # other threads run, too
        if not self._windows._leave:
            self._windows.post(self.ID, "Timeout")
        if self.SingleShot:
            self.Stop()
        else:
            self._next(run)


class Window(Element):
    def __init__(self, windows: Windows, facts: dict[str, Any], children: Any) -> None:
        super().__init__("Window", facts, children)
        self.__dict__.update(_windows=windows, shown=False, On=Handlers(windows, self))

    def Find(self, name: str) -> Element | None:
        return next((element for element in self._all() if name == element.ID), None)

    def GetItems(self) -> dict[str, Element]:
        return {element.ID: element for element in self._all() if element.ID}

    def Show(self) -> None:
        self.__dict__["shown"] = True

    def Hide(self) -> None:
        self.__dict__["shown"] = False

    def RecalcLayout(self) -> None:
        pass


class Handlers:
    """`win.On["Restore"].Clicked = f`, and `disp.On["Tick"].Timeout = f`."""

    def __init__(self, windows: Windows, window: Window | None) -> None:
        self._windows, self._window = windows, window

    def __getitem__(self, name: str) -> Events:
        found = self._window.Find(name) if self._window else None
        if self._window and found is None:
            raise KeyError(f"the window has no element {name}")
        return Events(self._windows, name, found._events() if found else {"Timeout"})

    def __getattr__(self, name: str) -> Events:
        if name.startswith("__"):
            raise AttributeError(name)
        return self[name]


class Events:
    _windows: Windows
    _name: str
    _known: set[str]

    def __init__(self, windows: Windows, name: str, known: set[str]) -> None:
        self.__dict__.update(_windows=windows, _name=name, _known=known)

    def __setattr__(self, event: str, handler: Callable[..., Any]) -> None:
        if event not in self._known:
            raise AttributeError(f"{self._name} sends no {event}")
        self._windows._handlers[self._name, event] = handler


class Dispatcher:
    def __init__(self, windows: Windows) -> None:
        self._windows = windows
        self.On = Handlers(windows, None)

    def AddWindow(self, facts: dict[str, Any], children: Any = ()) -> Window | None:
        """Without a licence a dialog opens instead."""
        host = self._windows._host
        if not host.profile.studio and host.profile.version >= (19, 1):
            host.modal_open = True
            return None
        window = Window(self._windows, facts, children)
        self._windows._open.append(window)
        return window

    def RunLoop(self) -> None:
        self._windows.run()

    def ExitLoop(self, code: int = 0) -> None:
        self._windows._leave = True
