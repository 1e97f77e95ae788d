"""The panel: a window of Resolve Studio in which a clip is restored.

Its events only take note of what a person wants. The work is done between them, in the one thread
that calls the API, and serves the window whenever it waits.
"""

from __future__ import annotations

import traceback
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Optional

from sparkvsr_link import LinkError, RestorationCancelledError
from sparkvsr_resolve.core import BridgeError, ScriptLock

from .bench import Bench
from .panel_actions import Actions
from .panel_follow import Wishes
from .panel_window import (
    CANCEL,
    CLEAN_UP,
    LOOK,
    PICTURE,
    PREVIEW,
    REPORT,
    RESTORE,
    PanelWindow,
)
from .ready import check_studio
from .waiting import LeftError
from .window_loop import WindowLoop

_SETTLED_S = 0.4  # after the last change of a control it is kept


def open_panel(bench: Bench, fusion: Any, bmd: Any) -> None:
    """Show the panel until it is closed.

    Args:
        fusion, bmd: globals of a menu script.

    Raises:
        BridgeError: it cannot be shown: not Studio, no project open, or it is open already.
    """
    check_studio(bench.desk, bench.able)
    with _only_one(bench.folder / "panel"):
        Panel(bench, fusion.UIManager, bmd).run()


class Panel:
    """One panel, from its opening to its end."""

    def __init__(self, bench: Bench, ui: Any, bmd: Any) -> None:
        dispatcher = bmd.UIDispatcher(ui)
        self._wishes = Wishes()
        self._loop = WindowLoop(ui, dispatcher, bench.desk.clock)
        self._window = PanelWindow(ui, dispatcher, bench.settings())
        desk = replace(
            bench.desk,
            clock=self._loop,
            say=self._window.say,
            cancelled=self._is_cancelled,
        )
        self._actions = actions = Actions(replace(bench, desk=desk), self._window, self._wishes)
        self._by_button: dict[str, Callable[[], None]] = {
            LOOK: actions.look,
            RESTORE: actions.restore,
            PREVIEW: actions.preview,
            CLEAN_UP: actions.clean_up,
            REPORT: actions.open_report,
            PICTURE: actions.open_picture,
        }
        self._tasks: deque[Callable[[], None]] = deque()
        self._changed_at: Optional[float] = None
        self._busy = False

    def run(self) -> None:
        """Show the window, and do what is asked for until it is closed."""
        window = self._window.window
        self._window.listen(self._handler, self._on_change, self._on_close)
        self._window.offer_clean_up(False)
        window.Show()
        try:
            self._do(self._actions.look)
            while not self._wishes.close:
                self._loop.serve_until(self._has_work)
                if not self._has_work():
                    break  # Resolve ended the loop
                self._do_next()
        finally:
            self._actions.end()
            window.Hide()

    def _is_cancelled(self) -> bool:
        """Asked between steps; the window answers once, so that a click before counts."""
        self._loop.sleep(0)
        return self._wishes.cancel

    def _has_work(self) -> bool:
        return bool(self._wishes.close or self._tasks or self._is_settled())

    def _is_settled(self) -> bool:
        """Whether a control was changed, and none since for a while."""
        changed_at = self._changed_at
        return changed_at is not None and self._loop.now() - changed_at >= _SETTLED_S

    def _do_next(self) -> None:
        if self._tasks:
            self._do(self._tasks.popleft())
        elif self._is_settled():
            self._changed_at = None
            self._do(self._actions.change_settings)

    def _do(self, task: Callable[[], None]) -> None:
        """One task; how it failed is shown."""
        self._wishes.cancel = False
        self._set_busy(True)
        try:
            task()
        except LeftError:
            pass  # the panel is closed, and the agent goes on
        except RestorationCancelledError:
            self._window.say("It was cancelled. Start it again when you like.")
        except Exception as error:
            self._show_error(error)
        finally:
            self._set_busy(False)

    def _set_busy(self, busy: bool) -> None:
        self._busy = busy
        actions, idle = self._actions, not busy
        self._window.enable(
            {
                LOOK: idle,
                RESTORE: idle and actions.has_clip,
                PREVIEW: idle and actions.has_clip,
                CLEAN_UP: idle,
                CANCEL: busy,
                REPORT: idle and actions.has_report,
                PICTURE: actions.has_picture,
            }
        )

    def _show_error(self, error: Exception) -> None:
        if isinstance(error, (BridgeError, LinkError)):
            self._window.say(f"{error.message} {error.hint}".rstrip())
            return
        traceback.print_exc()
        self._window.say(
            f"Something went wrong that nobody has foreseen: {type(error).__name__}: {error}. "
            "The details are in Workspace > Console."
        )

    # Events.

    def _handler(self, button: str) -> Callable[[Any], None]:
        return lambda event: self._press(button)

    def _press(self, button: str) -> None:
        if not self._busy and button != CANCEL:
            self._tasks.append(self._by_button[button])
        elif self._busy and button == CANCEL:
            self._wishes.cancel = True
            self._window.say("Cancelling")

    def _on_change(self, event: Any) -> None:
        self._changed_at = self._loop.now()

    def _on_close(self, event: Any) -> None:
        self._wishes.close = True
        self._window.say("Closing")


@contextmanager
def _only_one(folder: Path) -> Iterator[None]:
    """Raises BridgeError while another process shows a panel."""
    try:
        lock = ScriptLock.take(folder)
    except BridgeError as error:
        raise BridgeError(
            "The panel of SparkVSR is open already.", "Look for it behind Resolve's windows."
        ) from error
    with lock:
        yield
