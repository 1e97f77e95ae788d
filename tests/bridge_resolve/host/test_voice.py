"""Lines for a person and lines for a program."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from sparkvsr_resolve.host.voice import JsonLines, Voice, print_text


@pytest.fixture(autouse=True)
def stdout() -> Iterator[None]:
    before = sys.stdout
    yield
    sys.stdout = before


def test_progress_comes_at_most_every_so_often_and_always_at_the_end() -> None:
    told: list[Any] = []
    voice = Voice(told.append, every_s=3600.0)
    for frames in range(1, 13):
        voice.progress(frames, 12)
    assert [event["frames"] for event in told] == [1, 12]
    assert told[0] == {
        "event": "progress", "text": "Restored 1 of 12 frames", "frames": 1, "of": 12,
    }  # fmt: skip


def test_all_progress_is_told_where_there_is_time() -> None:
    told: list[Any] = []
    voice = Voice(told.append, every_s=0.0)
    for frames in range(1, 5):
        voice.progress(frames, 9)
    assert [event["frames"] for event in told] == [1, 2, 3, 4]


def test_a_person_reads_sentences(capsys: pytest.CaptureFixture[str]) -> None:
    voice = Voice(print_text)
    voice.say("Looking")
    voice.warn("It is retimed.")
    voice.fail("resolve", "It failed.", "Try again.")
    voice.fail("resolve", "It failed.", "")
    assert capsys.readouterr().out == "Looking\nIt is retimed.\nIt failed. Try again.\nIt failed.\n"


def test_a_program_reads_json_and_nothing_else(capfd: pytest.CaptureFixture[str]) -> None:
    voice = Voice(JsonLines())
    voice.fail("resolve", "It failed.", "Try again.")
    print("a library talks")
    out, err = capfd.readouterr()
    assert json.loads(out) == {
        "event": "error", "text": "It failed. Try again.",
        "code": "resolve", "message": "It failed.", "hint": "Try again.",
    }  # fmt: skip
    assert err == "a library talks\n"


def test_a_reader_that_went_away_ends_nothing() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w", encoding="utf-8") as pipe:
        voice = Voice(JsonLines(pipe))
        for number in range(3):
            voice.say(f"line {number}")
