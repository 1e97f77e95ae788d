"""Taking up a restoration that an earlier session left, of the clip at hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Optional

from sparkvsr_link import AgentSession, BridgeError
from sparkvsr_resolve.core import VersionFolder, read_run

from .again import identity_of
from .bench import Bench, Looked
from .marks import read_state
from .restore import Prepared, read_job
from .under_way import UnderWay, give_up


@dataclass(frozen=True)
class Found:
    """What became of a restoration that is under way.

    Attributes:
        answer: the agent's, for `await_agent`.
    """

    under_way: UnderWay
    answer: Mapping[str, Any]


def latest_version(bench: Bench, looked: Looked) -> Optional[VersionFolder]:
    """The folder of the clip's last restoration; None when nothing is remembered of one.

    Raises:
        BridgeError: the clip is not as it was.
    """
    state = read_state(bench.desk, bench.able, looked.clip)
    if state is None:
        return None
    return VersionFolder(Path(state.result).parent.parent, state.version)


def find_under_way(looked: Looked, version: Optional[VersionFolder]) -> Optional[UnderWay]:
    """The restoration of the clip that was begun and not ended; None when there is none.

    Args:
        version: the clip's latest.

    Raises:
        BridgeError: the clip is not what was captured then, or what is remembered is damaged.
    """
    run = read_run(version) if version else None
    if version is None or run is None:
        return None
    clip = looked.clip
    job = read_job(version)
    if job is None:
        raise BridgeError(
            f"The job of a restoration of `{clip.name}` is gone from {version.path}.",
            "Restore the clip anew.",
        )
    if run.clip != identity_of(clip):
        raise BridgeError(
            f"`{clip.name}` was changed since its restoration began, so the result does not fit.",
            "Undo that and look again, or restore the clip anew.",
        )
    prepared = Prepared(looked, run.settings, version, job, run.colour, ())
    return UnderWay(prepared, run.earlier)


def ask_agent(agent: AgentSession, under_way: UnderWay) -> Found:
    """What the agent knows of a restoration; calls nothing of Resolve, so any thread may ask.

    Raises:
        BridgeError: it knows nothing; the restoration is given up.
        LinkError: there is no agent.
    """
    answer = agent.call("attach", output=under_way.prepared.job["output"])
    if answer is None:
        give_up(under_way.prepared.version)
        raise BridgeError(
            f"A restoration of `{under_way.prepared.looked.clip.name}` was never begun, or its "
            "result was removed.",
            "Restore the clip anew.",
        )
    return Found(under_way, answer)
