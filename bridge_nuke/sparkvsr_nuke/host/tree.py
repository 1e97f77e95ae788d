"""A digest of all knobs above an input: the same in every session, unlike Nuke's own hashes."""

from __future__ import annotations

import hashlib
import re
from typing import Any, Optional

import nuke

from sparkvsr_nuke.core import BridgeError

# What a person moves or names without changing a picture.
_OF_NO_ACCOUNT = re.compile(
    "name|[xy]pos|selected|label|note_font.*|tile_color|gl_color|postage_stamp.*|hide_input|icon"
    "|help|bookmark|dope_sheet|indicators|autolabel|on[A-Z].*|knobChanged|updateUI|cached"
)
# All that decides over the pictures of a SparkVSR node; the others ask for new ones.
_OF_SPARKVSR = re.compile("result_.*|show_result|disable")


def limited() -> bool:
    """Whether this edition counts the nodes that Python touches."""
    return bool(nuke.env["nc"] or nuke.env["indie"])


def as_limit(error: Exception) -> Optional[BridgeError]:
    """What to tell a person where an error can be that limit; None where it cannot."""
    if not limited() or type(error) is not RuntimeError:
        return None
    return BridgeError(
        f"This edition of Nuke lets Python reach ten nodes only, and refused: {error}.",
        "Save the script, start Nuke again, then press the button again.",
    )


def tree_digest(node: Optional[Any]) -> Optional[str]:
    """SHA-256 of the classes and knobs of a node and of all that it depends on.

    On the main thread only. What expressions refer to does not count.

    Returns:
        None where there is nothing to look at, or the edition counts what is looked at.
    """
    if node is None or limited():
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
        digest.update(f"{found.Class()}\n".encode())
        knobs = found.knobs()
        is_sparkvsr = "sparkvsr_schema" in knobs
        for knob_name, knob in sorted(knobs.items()):
            counts = (
                _OF_SPARKVSR.fullmatch(knob_name)
                if is_sparkvsr
                else not _OF_NO_ACCOUNT.fullmatch(knob_name)
            )
            if counts and not knob.getFlag(nuke.DO_NOT_WRITE):
                text = knob.toScript()
                digest.update(f"{knob_name} {text}\n".encode("utf-8", "surrogatepass"))
        sources = _sources(found)
        digest.update(bytes(source is not None for source in sources) + b"\n")
        waiting.extend(source for source in reversed(sources) if source is not None)
        if isinstance(found, nuke.Group) and not is_sparkvsr:
            waiting.extend(node for node in found.nodes() if node.Class() == "Output")
    return digest.hexdigest()


def _sources(node: Any) -> list[Any]:
    if node.Class() == "Input":  # of the Group around it: what feeds that
        return [node.parent().input(int(node["number"].value()))]
    return [node.input(index) for index in range(node.inputs())]
