"""Which node a folder belongs to.

A node's uid is saved in the script, so it comes along with every copy: pasted next to the original,
pasted into another script, or in a script that was saved under a new name. Copies must not share a
folder; a new version of the same script must keep it.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Collection
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from sparkvsr_link import BridgeError, read_json, write_json

from .versions import find_node_folder, folder_name

OWNER_NAME = "sparkvsr_node.json"

_UID = re.compile(r"[0-9a-f]{32}", re.ASCII)
_SCRIPT_VERSION = re.compile(r"(?<=[._-])v\d+(?=[._-]|$)", re.IGNORECASE)


@dataclass(frozen=True)
class Owner:
    """A node as its folder remembers it.

    Attributes:
        uid: 32 hexadecimal digits, saved with the node; empty in a new one.
        node: its full name.
        script: path of the Nuke script, with forward slashes; empty while it is not saved.
    """

    uid: str
    node: str
    script: str


@dataclass(frozen=True)
class Claim:
    """The folder of a node, and the uid that the node has from now on.

    Attributes:
        folder: the node's folder; exists when `claim` returned it.
        uid: the node's own, or a new one when it had none or its own belongs to another node.
    """

    folder: Path
    uid: str


def new_uid() -> str:
    return uuid.uuid4().hex


def owns(recorded: Owner, node: Owner, alive: Collection[str]) -> bool:
    """Whether a node is the one that a folder was made for.

    - Another uid: no. (The folder's name shows eight digits of 32.)
    - Another script, of which neither is a version of the other (`comp_v002.nk`, `comp_v003.nk`):
      a copy, so no. A script that was not saved yet when the folder was made counts as the same.
    - The same script, another name: renamed, so yes; unless the node of that name is still there:
      then this one was pasted.

    Args:
        alive: full names of all SparkVSR nodes with this uid in the script, this one among them or
            not.
    """
    if recorded.uid != node.uid:
        return False
    if recorded.script and _unversioned(recorded.script) != _unversioned(node.script):
        return False
    return recorded.node == node.node or recorded.node not in alive


def claim(output: Path, node: Owner, alive: Collection[str]) -> Claim:
    """Find or make the folder that this node may write to, and remember whose it is.

    Args:
        output: the output folder; made when it does not exist.
        alive: as for `owns`.

    Raises:
        BridgeError: a folder cannot be read or made.
    """
    if not _UID.fullmatch(node.uid):
        node = replace(node, uid=new_uid())
    folder = find_node_folder(output, node.uid)
    if folder is not None:
        recorded = read_owner(folder)
        if not owns(recorded, node, alive):
            node, folder = replace(node, uid=new_uid()), None
        elif recorded == node:
            return Claim(folder, node.uid)
    folder = folder or output / folder_name(node.node, node.uid)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_json(folder / OWNER_NAME, {"schema": 1, **asdict(node)})
    except OSError as error:
        raise BridgeError(
            f"The folder {folder} cannot be written: {error.strerror}.",
            "Choose an output folder that you may write to, on a disk that is mounted.",
        ) from error
    return Claim(folder, node.uid)


def read_owner(folder: Path) -> Owner:
    """Whom a node's folder belongs to.

    Raises:
        BridgeError: it does not say so: somebody else made it, or the file was damaged.
    """
    path = folder / OWNER_NAME
    try:
        content = read_json(path)
        return Owner(*(str(content[name]) for name in ("uid", "node", "script")))
    except (OSError, ValueError, KeyError) as error:
        raise BridgeError(
            f"The folder {folder} does not say which node it belongs to: {path} cannot be read.",
            "Choose another output folder, or move this one away.",
        ) from error


def _unversioned(script: str) -> str:
    """The path of a script with all version numbers alike."""
    return _SCRIPT_VERSION.sub("v", script)
