"""The list of behaviours and the tests that show them agree."""

from __future__ import annotations

import re
from pathlib import Path

HERE = Path(__file__).parent


def test_every_behaviour_of_the_list_has_a_test_and_the_other_way_round() -> None:
    listed = re.findall(r"^- E(\d+) ", (HERE / "BEHAVIOURS.md").read_text(), re.MULTILINE)
    code = "".join(path.read_text() for path in HERE.glob("test_*.py"))
    names = re.findall(r"def test_((?:e\d+_)+)", code)
    shown = {number for name in names for number in re.findall(r"e(\d+)_", name)}
    assert [int(number) for number in listed] == list(range(1, 55))
    assert shown == set(listed)
