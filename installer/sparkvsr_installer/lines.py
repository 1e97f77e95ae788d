"""Lines of ours in a text file of the user's, as bytes: every other byte stays what it is."""

from __future__ import annotations

import codecs
import warnings
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple


class ForeignFileError(Exception):
    """A file is not ours, or not as we wrote it; the message names it and says what to do."""


class Insertion(NamedTuple):
    """What putting lines into a file comes to.

    Attributes:
        older: our lines as they stand there now; empty when they do not.
        rest: the file without them.
        text: our lines as they will stand there.
        after: the file with those.
    """

    older: bytes
    rest: bytes
    text: str
    after: bytes


def insert_lines(path: Path, content: bytes, texts: Iterable[str], lines: str) -> Insertion:
    """Put lines at the end of a file's content, or in the place of older ones of ours.

    Args:
        texts: what we may have put in.
        lines: with marks in the first and the last, and `\n` as line ends.

    Raises:
        ForeignFileError: somebody changed our lines, or the file could not be read as Python any
            more.
    """
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise ForeignFileError(
            f"{path} is in UTF-16, which Nuke cannot read: it is left alone. Save it as UTF-8 and "
            "run this again, or add these by hand then:\n" + lines
        )
    older = text_in(content, texts)
    rest = without(content, older)
    if any(mark.encode() in rest for mark in marks(lines)):
        raise ForeignFileError(
            f"The SparkVSR lines in {path} were changed, or are those of another installation: "
            "they are left alone. Take them out by hand and run this again."
        )
    text = lines.replace("\n", "\r\n" if b"\r\n" in rest else "\n")
    if older.startswith((b"\r", b"\n")) or (not older and rest and not rest.endswith(b"\n")):
        text = text[len(text.rstrip()) :] + text  # a line end first
    after = content.replace(older, text.encode(), 1) if older else rest + text.encode()
    if _is_python(rest) and not _is_python(after):
        raise ForeignFileError(
            f"{path} could not be read any more with lines added at its end: it is left alone. "
            f"Add these by hand:\n{lines}"
        )
    return Insertion(older, rest, text, after)


def text_in(content: bytes, texts: Iterable[str]) -> bytes:
    """Our lines as they stand in a file; empty when they do not.

    An editor or a version control may have given them other line ends, or taken the last one.
    """
    forms = {
        form: None for text in texts for form in (text, *as_written(text.replace("\r\n", "\n")))
    }
    for form in (*forms, *(form.rstrip("\r\n") for form in forms)):
        if form.encode() in content:
            return form.encode()
    return b""


def marks(text: str) -> tuple[str, str]:
    """The first and the last of our lines."""
    lines = text.strip().splitlines()
    return lines[0], lines[-1]


def as_written(lines: str) -> tuple[str, ...]:
    """Lines as they are in files of either way of ending lines."""
    return lines.replace("\n", "\r\n"), lines


def without(content: bytes, ours: bytes) -> bytes:
    """A file without our lines; a line end that came with them still parts what is around them."""
    if not ours:
        return content
    before, _, after = content.partition(ours)
    end = ours[: len(ours) - len(ours.lstrip(b"\r\n"))]
    return before + (end if before and after and not before.endswith(b"\n") else b"") + after


def _is_python(content: bytes) -> bool:
    with warnings.catch_warnings(action="ignore"):  # about what the user wrote
        try:
            compile(content, "init.py", "exec")
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return False
    return True
