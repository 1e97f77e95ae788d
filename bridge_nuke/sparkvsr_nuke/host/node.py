"""The SparkVSR node as the artist set it: read as a whole when a button is pressed."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Optional

import nuke

from sparkvsr_nuke.core import (
    NO_VERSION,
    BridgeError,
    FrameRange,
    NodeSettings,
    Owner,
    choose_range,
    find_node_folder,
    find_problems,
)
from sparkvsr_nuke.core import read_owner as read_recorded_owner

from .tree import limited, tree_digest

SESSION = uuid.uuid4().hex
"""Names this Nuke process in stamps: only within it do hashes tell changes."""


@dataclass(frozen=True)
class Request:
    """What the knobs said, as plain values that any thread may read.

    Attributes:
        owner: whose folder is wanted.
        alive: full names of the SparkVSR nodes with the same uid.
        frame: the current one.
        trees: as of `Stamp`.
    """

    owner: Owner
    alive: frozenset[str]
    settings: NodeSettings
    frame_range: FrameRange
    frame: int
    trees: dict[str, str]


def is_sparkvsr(node: Any) -> bool:
    return node.Class() == "Group" and node.knob("sparkvsr_schema") is not None


def sparkvsr_nodes() -> list[Any]:
    """All of the script; none where the edition counts the nodes that are touched."""
    if limited():
        return []
    with nuke.root():
        return [n for n in nuke.allNodes("Group", recurseGroups=True) if is_sparkvsr(n)]


def read_settings(node: Any) -> NodeSettings:
    """The knobs of a node, whether they make sense or not."""
    value = {name: node[name].value() for name in _KNOBS}
    shown = value["version"]
    return NodeSettings(
        keyframes=value["keyframe_list"],
        output=(node["output"].evaluate() or "").rstrip("/"),
        range=value["range"],
        upscale=float(value["upscale"]),
        guidance=value["guidance"],
        grade=value["grade"],
        pin=value["pin"],
        engine=value["engine"],
        version=0 if shown == NO_VERSION else int(shown[1:]),
        working_space=value["working_space"].strip(),
        view=value["view"].strip(),
        overscan=value["overscan"],
        plate_depth=value["plate_depth"],
        exchange_space=value["exchange_space"].strip(),
    )


_KNOBS = (
    *("keyframe_list", "range", "upscale", "guidance", "grade", "pin", "engine", "version"),
    *("working_space", "exchange_space", "view", "overscan", "plate_depth"),
)


def read_range(node: Any, settings: NodeSettings) -> FrameRange:
    """The range that the node means.

    Raises:
        BridgeError: there is none, or it is not usable.
    """
    found = node.upstreamFrameRange(0) if node.input(0) is not None else None
    root = nuke.root()
    return choose_range(
        settings.range,
        FrameRange(found.first(), found.last()) if found else None,
        FrameRange(root.firstFrame(), root.lastFrame()),
        FrameRange(int(node["custom_first"].value()), int(node["custom_last"].value())),
    )


def read_owner(node: Any) -> Owner:
    """The node, as folders remember it."""
    script = nuke.root().name()
    return Owner(node["uid"].value(), node.fullName(), "" if script == "Root" else script)


def read_trees(node: Any) -> dict[str, str]:
    found = {"plate": tree_digest(node.input(0)), "keyframes": tree_digest(node.input(1))}
    return {name: digest for name, digest in found.items() if digest is not None}


def read_request(node: Any) -> Request:
    """All that a run needs; on the main thread.

    Raises:
        BridgeError: what is wrong, all of it.
    """
    settings = read_settings(node)
    problems = []
    frame_range: Optional[FrameRange] = None
    for index, name in ((0, "plate"), (1, "keyframes")):
        if node.input(index) is None:
            problems.append(f"Nothing is connected to the input `{name}`.")
    if settings.range != "input" or node.input(0) is not None:
        try:
            frame_range = read_range(node, settings)
        except BridgeError as error:
            problems.append(error.message)
    if frame_range is not None:
        problems.extend(find_problems(settings, frame_range, nuke.views()))
    if problems or frame_range is None:
        unique = list(dict.fromkeys(problems))
        raise BridgeError(" ".join(unique), f"Set this right in {node.name()}, then try again.")
    owner = read_owner(node)
    return Request(
        owner, _alive(owner, settings), settings, frame_range, nuke.frame(), read_trees(node)
    )


def _alive(owner: Owner, settings: NodeSettings) -> frozenset[str]:
    """Full names of the nodes with this uid; where nodes are counted, of whoever has the name."""
    if limited():
        folder = find_node_folder(Path(settings.output), owner.uid) if owner.uid else None
        names = {read_recorded_owner(folder).node} if folder is not None else set()
        return frozenset({owner.node, *filter(nuke.exists, names)})
    others = [n for n in sparkvsr_nodes() if n["uid"].value() == owner.uid]
    return frozenset({owner.node, *(n.fullName() for n in others)})
