"""A restoration as the panel follows it: progress, cancel, and leaving it to the agent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Optional

from sparkvsr_link import LinkError
from sparkvsr_resolve.core import BridgeError, remove_run

from .bench import Bench
from .bring_back import Returned
from .cancelling import CancelledError
from .panel_window import PanelWindow
from .under_way import AGENT_TROUBLE, UnderWay, await_agent, finish
from .waiting import Following, wait_for


@dataclass
class Wishes:
    """What a person at the panel wants: set by its events, asked for between steps."""

    cancel: bool = False
    close: bool = False


def follow(
    bench: Bench,
    window: PanelWindow,
    wishes: Wishes,
    under_way: UnderWay,
    answer: Optional[Mapping[str, Any]] = None,
) -> Returned:
    """Wait for the agent, then place the result.

    Args:
        answer: the agent's, when it was asked what became of the restoration.

    Raises:
        BridgeError, LinkError: why not.
        RestorationCancelledError: a person wanted it.
        LeftError: the panel is closed; the agent goes on.
    """
    clip = under_way.prepared.looked.clip
    window.say(f"Restoring `{clip.name}`; Resolve is yours meanwhile")
    _await(bench, window, wishes, under_way, answer)
    window.say("Placing the result")
    try:
        return finish(bench, under_way)
    except CancelledError as error:
        remove_run(under_way.prepared.version)
        hint = f"It is at {under_way.prepared.job['output']}."
        raise CancelledError("It was cancelled: the result was not placed.", hint) from error
    except BridgeError as error:
        hint = f"{error.hint} The result is kept, and placed when you look again."
        raise BridgeError(error.message, hint) from error


def _await(
    bench: Bench,
    window: PanelWindow,
    wishes: Wishes,
    under_way: UnderWay,
    answer: Optional[Mapping[str, Any]],
) -> None:
    following, shown = Following(), (0, 0)

    def meanwhile() -> None:
        nonlocal shown
        if wishes.cancel:
            following.cancel()
        if wishes.close:
            following.leave()
        if following.progress != shown:
            shown = following.progress
            window.show_progress(*shown)

    try:
        wait_for(
            bench.desk.clock,
            lambda: await_agent(bench.agent, under_way, following, answer),
            meanwhile,
        )
    except LinkError as error:
        if error.code not in AGENT_TROUBLE:
            raise
        hint = f"{error.hint} The restoration is taken up when you look again."
        raise LinkError(error.code, error.message, hint) from error
    finally:
        window.show_progress(0, 0)
