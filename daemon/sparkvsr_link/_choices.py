"""What a person may choose in any host: the same words and limits everywhere."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping
from typing import Any

UPSCALES = (1.0, 1.5, 2.0, 3.0, 4.0)
GRADES = ("auto", "on", "off")
PINS = ("exact", "blend", "off")
ENGINES = ("auto", "sparkvsr", "flow", "identity")
MOST_GUIDANCE = 10.0
JOB_SCHEMA = 1

Choice = tuple[str, str, Collection[str]]
"""What it is called, what was chosen, what there is."""


def choice_problems(
    engine: str, grade: str, pin: str, upscale: float, guidance: float, others: Iterable[Choice]
) -> list[str]:
    """All that is wrong with choices, a sentence each.

    Args:
        others: those that only one host has.
    """
    choices = (("engine", engine, ENGINES), ("grade", grade, GRADES), ("pin", pin, PINS), *others)
    problems = [
        f"The {name} `{value}` is not known: use {', '.join(known)}."
        for name, value, known in choices
        if value not in known
    ]
    if upscale not in UPSCALES:
        known_upscales = ", ".join(f"{known:g}" for known in UPSCALES)
        problems.append(f"The upscale {upscale:g} is not possible: use {known_upscales}.")
    if not 0.0 <= guidance <= MOST_GUIDANCE:  # NaN fails this too
        problems.append(f"The guidance {guidance:g} is not within 0 and {MOST_GUIDANCE:g}.")
    return problems


def job_digest(job: Mapping[str, Any]) -> str:
    """SHA-256 of a job object; the order of its keys does not matter."""
    text = json.dumps(job, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode("utf-8")).hexdigest()
