"""What Resolve takes a result's pixels for, and what the clip tells of its making."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .desk import Desk

if TYPE_CHECKING:
    from fusionscript import MediaPoolItem

METADATA_KEY = "SparkVSR"
"""Of the third-party metadata of a result: JSON."""

_PUNCTUATION = re.compile(r"[\W_]+")


@dataclass(frozen=True)
class Interpretation:
    """What a result is in. Whatever is empty is left as Resolve has it.

    Attributes:
        spaces: spellings of the Input Color Space, see `space_spellings`; of projects with colour
            management only.
        idts: spellings of the ACES input transform; of ACES projects only.
        level: `Video` or `Full`.
    """

    spaces: tuple[str, ...] = ()
    idts: tuple[str, ...] = ()
    level: str = ""


def space_spellings(space: str, gamma: str = "") -> tuple[str, ...]:
    """What the API may call a colour space that a setting names; it differs from the menu.

    Args:
        space: such as `Rec.709`, or `Rec.709 Gamma 2.4` where one setting names both.
        gamma: such as `Gamma 2.4`; empty where the space says it.
    """
    joined = [f"{space} {gamma}", f"{space}/{gamma}", f"{space} ({gamma})"] if gamma else [space]
    tight = [re.sub(r"\s*/\s*", "/", name) for name in joined]
    wide = [re.sub(r"\s*/\s*", " / ", name) for name in joined]
    return tuple(dict.fromkeys([*joined, *tight, *wide]))


def interpret(desk: Desk, clip: MediaPoolItem, wanted: Interpretation) -> tuple[str, ...]:
    """Set what a clip's pixels are; what could not be set, a sentence each.

    Raises:
        BridgeError: nothing can be written to Resolve.
    """
    asked = (
        ("Input Color Space", wanted.spaces),
        ("IDT", wanted.idts),
        ("Data Level", (wanted.level,) if wanted.level else ()),
    )
    return tuple(
        f"The clip's {key} could not be set to {spellings[0]}: set it in the media pool."
        for key, spellings in asked
        if spellings and not _set(desk, clip, key, spellings)
    )


def note_job(desk: Desk, clip: MediaPoolItem, note: Mapping[str, Any]) -> tuple[str, ...]:
    """Write into a clip's metadata what it was made from; what failed, a sentence.

    Raises:
        BridgeError: nothing can be written to Resolve.
    """
    text = json.dumps(note, ensure_ascii=False, sort_keys=True)
    desk.gate()
    clip.SetThirdPartyMetadata(METADATA_KEY, text)
    if clip.GetThirdPartyMetadata(METADATA_KEY) == text:
        return ()
    return ("What the result was made from could not be written into its metadata.",)


def _set(desk: Desk, clip: MediaPoolItem, key: str, spellings: tuple[str, ...]) -> bool:
    """By the first spelling that Resolve takes."""

    def is_set() -> bool:
        found = _letters(str(clip.GetClipProperty(key)))
        return found in {_letters(spelling) for spelling in spellings}

    for spelling in spellings:
        if is_set():
            return True
        desk.gate()
        clip.SetClipProperty(key, spelling)
    return is_set()


def _letters(text: str) -> str:
    return _PUNCTUATION.sub("", text).casefold()
