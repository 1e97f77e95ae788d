"""What to say when two sides speak versions of the protocol that do not fit together."""

from __future__ import annotations

from ._messages import Version
from .errors import IncompatibleError


def incompatible(client: Version, daemon: Version) -> IncompatibleError:
    """What to tell the person in front of the client; the two major versions differ."""
    theirs, ours = (".".join(map(str, version)) for version in (daemon, client))
    if client < daemon:
        return IncompatibleError(
            f"This program speaks protocol {ours} and the daemon {theirs}: the program is older.",
            "Update this program, or the bridge that it belongs to, to the daemon's version.",
        )
    return IncompatibleError(
        f"The daemon that runs speaks protocol {theirs} and this program {ours}: the daemon is "
        "older.",
        "Update SparkVSR, from which the daemon is started, and end the old one: "
        "sparkvsr daemon stop.",
    )


def left_alone(why: str) -> IncompatibleError:
    """A daemon that cannot be asked to end when it is idle, and that might be at work.

    Args:
        why: a sentence about the versions.
    """
    return IncompatibleError(
        f"{why} The daemon was left alone, as it cannot be asked to finish its jobs first.",
        "To end it now, whatever it is doing: sparkvsr daemon stop.",
    )
