"""What the installer says and asks."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from typing import Final

from .steps import StepError

_LABEL: Final = 12


def say(text: str = "") -> None:
    """One line, at once."""
    print(text, flush=True)


def say_table(rows: Iterable[tuple[str, str]]) -> None:
    """A label and what belongs to it a line; nothing is broken, as a path may hold blanks."""
    for label, text in rows:
        say(f"  {label:<{_LABEL}}{text}")


def ask(question: str, answers: Mapping[str, str]) -> str:
    """The letter of the answer that a person chose; the first is what Enter means.

    Raises:
        StepError: nobody can be asked, as stdin is no terminal.
    """
    if not sys.stdin.isatty():
        raise StepError(f"Nothing was changed: nobody can be asked here, so {NOT_ASKED}")
    shown = ", ".join(f"{letter} = {meaning}" for letter, meaning in answers.items())
    while True:
        try:
            said = input(f"{question} ({shown}) ").strip().lower()
        except EOFError:
            raise StepError(f"Nothing was changed: {NOT_ASKED}") from None
        if not said:
            return next(iter(answers))
        if said[:1] in answers:
            return said[:1]


NOT_ASKED: Final = "run it with --yes to do it, or with --dry-run to see what it would do."
