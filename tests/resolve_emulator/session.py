"""One emulated session, as tests hold it."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

from .application_api import Resolve
from .described import state_of
from .gate import Entry, Fault
from .making import Making
from .profile import Profile
from .proxy import Proxy, methods


class Session(Making):
    """A context manager: its end fails the test when a rule was broken, even if it was caught.

    Code under test gets `resolve` (or `scriptapp`), `sleep` and `now`; all else is the test's.
    """

    def __init__(self, profile: Profile | None = None, folder: Path | None = None) -> None:
        assert folder is not None, "a session needs a folder for its files"
        super().__init__(profile or Profile(), folder)

    @property
    def resolve(self) -> Any:
        """The object, new each time; typed as nothing, as Resolve does not say what it is."""
        return Resolve(self)

    def scriptapp(self, name: str = "Resolve", *address: Any) -> Any:
        """As `DaVinciResolveScript.scriptapp`; not answered while the timeline plays."""
        self.gate.wait()
        if name != "Resolve" or not self.profile.scripting or self.starting() or self.gate.gone:
            return None
        return self.resolve

    def sleep(self, seconds: float) -> None:
        """Let virtual time pass, and real time only if the profile says so."""
        time.sleep(self.profile.real_pause)
        self.clock.sleep(seconds)

    def now(self) -> float:
        return self.clock.now()

    @property
    def log(self) -> list[Entry]:
        """Every call of the API so far."""
        return self.gate.log

    def calls(self, name: str = "") -> list[str]:
        """Names of the calls so far that contain a text."""
        return [entry.name for entry in self.log if name in entry.name]

    def threads(self) -> set[int]:
        return {entry.thread for entry in self.log}

    # What happens beside the script.

    def at(self, seconds: float, action: Callable[[], object]) -> None:
        """Do something so many virtual seconds from now."""
        self.clock.after(seconds, action)

    def modal(self, is_open: bool) -> None:
        """A dialog or the Project Manager opens; only a person closes it."""
        self.modal_open = is_open

    def play(self, playing: bool) -> None:
        self.gate.play(playing)

    def slow(self, seconds: float) -> None:
        """Each call takes so long; 0 is as the profile says."""
        self.gate.slow = seconds

    def wedge(self) -> None:
        """Everything answers None from now on; only a restart helps."""
        self.gate.wedged = True

    def quit(self) -> None:
        """The application ends: every handle is dead."""
        self.gate.gone = True

    def fail(self, name: str, nth: int, how: Any) -> None:
        """Let the n-th call from now on of a method go wrong, as `Project.AddRenderJob`.

        Args:
            nth: 1 is the next one.
            how: what it gives instead of working (None, False, "", [] …); an exception, which it
                raises; "hang", until `release`; or a function, which is run before it works.
        """
        kind, _, method = name.partition(".")
        assert method in methods(Proxy._kinds[kind]), f"there is no method {name}"
        self.gate.faults.append(Fault(name, nth, how))

    def release(self) -> None:
        self.gate.release()

    def fail_render(self, frame: int, text: str = "Render failed") -> None:
        """The next job that reaches its frame so-and-so, counted from 0, fails there."""
        self.queue.fail_at = (frame, text)

    def state(self) -> dict[str, Any]:
        """What a user would miss: plain data, to compare before and after."""
        return state_of(self)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *rest: object) -> None:
        self.release()
        self.windows.end()
        if kind is None:
            assert not self.violations, self.violations
