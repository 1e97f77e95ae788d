"""Which of two sides that speak different versions of the protocol has to be updated."""

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
