"""Errors cross the wire as code, sentence and hint, and come back as what they were."""

from __future__ import annotations

import pytest

from sparkvsr.errors import JobError, SparkVSRError
from sparkvsr_daemon import errors


def tree(root: type[SparkVSRError]) -> list[type[SparkVSRError]]:
    return [root, *(found for child in root.__subclasses__() for found in tree(child))]


@pytest.mark.parametrize("kind", tree(SparkVSRError))
def test_every_error_survives_the_wire(kind: type[SparkVSRError]) -> None:
    back = errors.from_wire(**errors.to_wire(kind("What happened.", "What to do.")))
    assert type(back) is kind
    assert (back.message, back.hint) == ("What happened.", "What to do.")


def test_no_two_errors_share_a_code() -> None:
    codes = [kind.code for kind in tree(SparkVSRError)]
    assert len(codes) == len(set(codes))


def test_a_foreign_error_tells_nothing_about_the_inside() -> None:
    wire = errors.to_wire(KeyError("/home/somebody/secret"))
    assert wire["code"] == "internal"
    assert "secret" not in "".join(wire.values())


def test_an_unknown_code_is_a_failed_job() -> None:
    assert type(errors.from_wire("out_of_vram", "No memory.", "")) is JobError


def test_long_texts_are_cut_to_what_a_message_may_hold() -> None:
    assert len(errors.to_wire(JobError("x" * 10_000))["message"]) == errors.MAX_TEXT
