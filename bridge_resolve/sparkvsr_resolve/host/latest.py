"""Which job a Cancel means: that of the clip at hand, else the latest one of this user."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, Optional

from sparkvsr_link import BridgeError, LinkError, read_json, write_json

from .bench import Bench
from .cancelling import check_cancelled
from .locate import find_clips
from .marks import read_state
from .restore import Prepared

LATEST_NAME = "latest.json"
_TRIES, _AGAIN_S = 20, 0.5


def keep_latest(folder: Path, prepared: Prepared) -> None:
    """Write down the job that is about to be given to the agent.

    Args:
        folder: of the lock.

    Raises:
        BridgeError: it cannot be written.
    """
    path = folder / LATEST_NAME
    try:
        write_json(path, {"clip": prepared.looked.clip.name, "output": prepared.job["output"]})
    except OSError as error:
        raise BridgeError(
            f"Cannot write {path}: {error.strerror}.", "Make room on that disk."
        ) from error


def cancel_job(bench: Bench) -> Optional[str]:
    """Cancel the job of the clip at hand if it has not ended, else the latest one.

    Returns:
        The name of the clip; None when no such job runs.

    Raises:
        LinkError: the agent cannot be asked.
    """
    for name, output in _outputs(bench):
        found: Optional[dict[str, Any]] = _ask(bench, "attach", output=output)
        if found is not None and found["state"] in ("running", "interrupted"):
            _cancel(bench, found["ticket"])
            return name
    return None


def _cancel(bench: Bench, ticket: str) -> None:
    """Another agent that still prepares the job is busy for a moment."""
    for _ in range(_TRIES):
        try:
            _ask(bench, "cancel", ticket=ticket)
            return
        except LinkError as error:
            if error.code != "busy":
                raise
            busy = error
        bench.desk.clock.sleep(_AGAIN_S)
    raise busy


def _ask(bench: Bench, method: str, **params: Any) -> Any:
    return bench.agent.call_while(lambda: check_cancelled(bench.desk), method, **params)


def _outputs(bench: Bench) -> Iterator[tuple[str, str]]:
    """Name of a clip, and output of its job."""
    with suppress(BridgeError):  # no clip at hand: there may be a latest job all the same
        for clip in find_clips(bench.desk, bench.able):
            state = read_state(bench.desk, bench.able, clip)
            if state is not None:
                yield clip.name, state.result
    with suppress(OSError, ValueError, KeyError):
        latest = read_json(bench.folder / LATEST_NAME)
        yield str(latest["clip"]), str(latest["output"])
