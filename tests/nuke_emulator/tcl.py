"""The Tcl of scripts and of file names: words, quoting, and the few commands that paths use."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePosixPath

_ESCAPES = {"n": "\n", "t": "\t", "r": "\r"}
_PLAIN = re.compile(r"[A-Za-z0-9_./:+%#,@=*-]+\Z")


class TclError(ValueError):
    """Text that Tcl cannot split into words, or would substitute where nobody meant it."""


@dataclass(frozen=True)
class Word:
    """A word after unquoting; `literal` words stood in braces: nothing in them is substituted."""

    text: str
    literal: bool
    command: str | None = None  # the content of [ ] when the word is one


def quote(text: str) -> str:
    """One word that Tcl reads as exactly this text."""
    if _PLAIN.match(text):
        return text
    escaped = re.sub(r'([\\"\[\]{}$])', r"\\\1", text)
    return '"' + escaped.replace("\n", "\\n").replace("\t", "\\t").replace("\r", "\\r") + '"'


class _Reader:
    def __init__(self, text: str) -> None:
        self.text, self.at = text, 0

    def peek(self) -> str:
        return self.text[self.at : self.at + 1]

    def enclosed(self, opening: str, closing: str) -> str:
        start, depth = self.at + 1, 0
        while self.at < len(self.text):
            here = self.peek()
            if here == "\\":
                self.at += 1
            elif here == opening:
                depth += 1
            elif here == closing:
                depth -= 1
                if not depth:
                    self.at += 1
                    return self.text[start : self.at - 1]
            self.at += 1
        raise TclError(f"missing close of {opening} after {self.text[start : start + 40]!r}")

    def escaped(self) -> str:
        self.at += 1
        here = self.peek()
        self.at += 1
        return _ESCAPES.get(here, here)

    def quoted(self, end: Callable[[str], bool]) -> str:
        found = []
        while self.at < len(self.text) and not end(self.peek()):
            here = self.peek()
            if here == "\\":
                found.append(self.escaped())
                continue
            if here == "[" or (here == "$" and found):
                raise TclError(f"{here} is not escaped near {self.text[self.at : self.at + 40]!r}")
            found.append(here)
            self.at += 1
        return "".join(found)

    def word(self) -> Word:
        here = self.peek()
        if here == "{":
            word = Word(self.enclosed("{", "}"), True)
        elif here == "[":
            word = Word("", False, command=self.enclosed("[", "]"))
        elif here == '"':
            self.at += 1
            word = Word(self.quoted(lambda c: c == '"'), True)
            if not self.peek():
                raise TclError(f"missing close of a quoted word in {self.text[:40]!r}")
            self.at += 1
        else:
            word = Word(self.quoted(lambda c: c.isspace() or c == ";"), False)
        if self.peek() and not (self.peek().isspace() or self.peek() == ";"):
            raise TclError(f"extra text after a word: {self.text[self.at : self.at + 40]!r}")
        return word

    def blank(self, also: str = "") -> None:
        while self.peek() and self.peek() in " \t" + also:
            self.at += 1


def commands(text: str) -> list[list[Word]]:
    """Commands, one a line, each a list of words."""
    reader, found = _Reader(text), list[list[Word]]()
    while True:
        reader.blank("\r\n;")
        if not reader.peek():
            return found
        if reader.peek() == "#":
            end = reader.text.find("\n", reader.at)
            reader.at = len(reader.text) if end < 0 else end
            continue
        command = []
        while reader.peek() and reader.peek() not in "\r\n;":
            command.append(reader.word())
            reader.blank()
        found.append(command)


def words(text: str) -> list[Word]:
    """The words of a list, which may spread over lines."""
    return [word for command in commands(text.replace("\n", " ")) for word in command]


def substitute(text: str, value: Callable[[str], str]) -> str:
    """Text of a file or label with [value knob], [file dirname ...] and backslashes resolved.

    Raises:
        TclError: an unknown command.
    """
    found, reader = [], _Reader(text)
    while reader.peek():
        if reader.peek() == "\\":
            found.append(reader.escaped())
        elif reader.peek() == "[":
            found.append(_command(substitute(reader.enclosed("[", "]"), value), value))
        else:
            found.append(reader.peek())
            reader.at += 1
    return "".join(found)


def _command(text: str, value: Callable[[str], str]) -> str:
    match text.split(None, 2):
        case ["value" | "knob", name]:
            return value(name)
        case ["file", "dirname"]:
            return "."
        case ["file", "dirname", path]:
            return str(PurePosixPath(path).parent)
        case ["file", "tail", path]:
            return PurePosixPath(path).name
    raise TclError(f"unknown command [{text}]")
