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
    """The letter of the answer that a person chose; empty for no.

    Raises:
        StepError: nobody can be asked, as stdin is no terminal.
    """
    if not sys.stdin.isatty():
        raise StepError(
            "Nothing was changed: nobody can be asked here, so run it with --yes to do it, or with "
            "--dry-run to see what it would do."
        )
    shown = ", ".join(f"{letter} = {meaning}" for letter, meaning in answers.items())
    try:
        said = input(f"{question} {shown}, Enter = no: ").strip().lower()[:1]
    except EOFError:
        said = ""
        say()
    return said if said in answers else ""
