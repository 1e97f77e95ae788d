"""`sparkvsr jobs --watch`: asks the daemon again and again, and shows what it says."""

from __future__ import annotations

import time
from typing import Final, NoReturn

from sparkvsr.errors import UnreachableError

from ._client import Client
from ._console import console, say, say_json
from ._pace import Pace
from ._watch_views import Changes, LiveTable, View, Watched, as_line
from .client import connect
from .errors import ConnectionFileError, IncompatibleError

_POLL_S: Final = 0.25
_RETRY_S: Final = 0.5


def watch(*, json: bool) -> int:
    """Show the jobs until Ctrl-C: a table where stdout is a terminal, else a line for every change.

    A daemon that is lost is waited for, and never started.

    Raises:
        UnreachableError: none runs to begin with.
    """
    out = console()
    view: View
    if json:
        view = Changes(say_json)
    elif out.is_terminal:
        view = LiveTable(out)
    else:
        view = Changes(lambda event: say(as_line(event)))
    try:
        _watch(view)
    except KeyboardInterrupt:
        return 0


def _watch(view: View) -> NoReturn:
    pace = Pace()
    client = connect(start=False)
    try:
        with view:
            while True:
                try:
                    jobs, paused = client.jobs(), client.status().paused
                    pace.see(jobs, time.monotonic())
                    view.show(Watched(jobs, paused, pace))
                    time.sleep(_POLL_S)
                except UnreachableError:
                    client.give_up()
                    view.lost()
                    client = _next_daemon()
    finally:
        client.close()


def _next_daemon() -> Client:
    while True:
        try:
            return connect(start=False)
        except (IncompatibleError, ConnectionFileError):
            raise
        except UnreachableError:
            time.sleep(_RETRY_S)
