"""A digest of all knobs above an input: the same in every session, unlike Nuke's own hashes."""

from __future__ import annotations

import hashlib
import re
from typing import Any, Optional

import nuke

FEW_NODES = 6
"""How many nodes may be looked at where an edition lets Python touch ten in all."""

# What a person moves or names without changing a picture.
_OF_NO_ACCOUNT = re.compile(
    "name|[xy]pos|selected|label|note_font.*|tile_color|gl_color|postage_stamp.*|hide_input|icon"
    "|help|bookmark|dope_sheet|indicators|autolabel|on[A-Z].*|knobChanged|updateUI|cached"
)


def limited() -> bool:
    """Whether this edition counts the nodes that Python touches."""
    return bool(nuke.env["nc"] or nuke.env["indie"])


def tree_digest(node: Optional[Any]) -> Optional[str]:
    """SHA-256 of the classes and knobs of a node and of all that it depends on.

    On the main thread only. A Group counts with its own knobs, not with its interior.

    Returns:
        None where there is nothing to look at, or more than an edition allows.
    """
    if node is None:
        return None
    digest = hashlib.sha256()
    numbers: dict[str, int] = {}  # by full name, in the order in which they were found
    waiting = [node]
    while waiting:
        found = waiting.pop()
        name = found.fullName()
        if name in numbers:
            digest.update(b"again %d\n" % numbers[name])
            continue
        numbers[name] = len(numbers)
        if limited() and len(numbers) > FEW_NODES:
            return None
        digest.update(f"{found.Class()} {found.inputs()}\n".encode())
        for knob_name, knob in sorted(found.knobs().items()):
            if not _OF_NO_ACCOUNT.fullmatch(knob_name) and not knob.getFlag(nuke.DO_NOT_WRITE):
                text = knob.toScript()
                digest.update(f"{knob_name} {text}\n".encode("utf-8", "surrogatepass"))
        waiting.extend(source for source in reversed(_sources(found)) if source is not None)
    return digest.hexdigest()


def _sources(node: Any) -> list[Any]:
    if node.Class() == "Input":  # of the Group around it: what feeds that
        return [node.parent().input(int(node["number"].value()))]
    return [node.input(index) for index in range(node.inputs())]
