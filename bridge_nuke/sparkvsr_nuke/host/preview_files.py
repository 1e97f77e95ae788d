"""Pictures of previews in the folder of their node: the agent removes its own ones."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from pathlib import Path
from typing import Optional

from sparkvsr_nuke.core import BridgeError


def take_over(source: Path, picture: Path) -> None:
    """Link or copy a picture of the agent.

    Raises:
        BridgeError: the folder cannot be written.
    """
    if picture.exists():  # the agent names pictures by what is in them
        return
    try:
        picture.parent.mkdir(exist_ok=True)
        try:
            os.link(source, picture)
        except OSError:  # another disk
            part = picture.with_name("part")
            shutil.copyfile(source, part)
            part.replace(picture)
    except OSError as error:
        raise BridgeError(
            f"The preview cannot be kept in {picture.parent}: {error.strerror}.",
            "See to it that you may write there.",
        ) from error


def keep(folder: Path, kept: Optional[Path]) -> None:
    """Remove all pictures but one, earlier sessions' among them; with none, the folder as well."""
    if kept is None:
        shutil.rmtree(folder, ignore_errors=True)
        return
    for other in folder.glob("*"):
        if other != kept:
            with suppress(OSError):  # Nuke still has it open, on Windows: next time
                other.unlink()
