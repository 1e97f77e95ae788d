"""What Resolve can do is told from its objects, never from a version number."""

from __future__ import annotations

import ast
import re
from importlib.metadata import files
from pathlib import Path

import pytest

import sparkvsr_resolve
from sparkvsr_resolve.core import (
    ABILITIES,
    BridgeError,
    Capabilities,
    check_edition,
    describe,
    says_studio,
)
from sparkvsr_resolve.core import capabilities as table


def stub_methods() -> dict[str, set[str]]:
    """Methods by class, of the published type stubs of 21.0.0."""
    (stub,) = (
        file for file in files("fusionscript-stubs") or () if file.name.startswith("fusions")
    )
    return {
        item.name: {each.name for each in item.body if isinstance(each, ast.FunctionDef)}
        for item in ast.parse(stub.read_text(encoding="utf-8")).body
        if isinstance(item, ast.ClassDef)
    }


def test_every_ability_is_either_in_the_stubs_or_newer_than_they_are() -> None:
    methods = stub_methods()
    for ability in ABILITIES:
        newer = ability.since in ("21.0.4", "21.1")
        assert (ability.method in methods[ability.owner]) is not newer, ability


def test_every_row_says_all_that_a_person_needs_and_holds_no_address() -> None:
    assert len({ability.name for ability in ABILITIES}) == len(ABILITIES)
    for ability in ABILITIES:
        assert ability.source and ability.instead and "://" not in ability.source
        assert re.fullmatch(r"(\d+\.\d+(\.\d+)?)?", ability.since)


def test_it_is_told_from_names_alone() -> None:
    listed = {table.RESOLVE: ["GetVersion", "IsStudio"], table.ITEM: ["GetSourceStartTime"]}
    found = Capabilities.probe(listed)
    assert found.can("edition") and found.can("source_times")
    assert not found.can("speed") and not found.can("selection")
    assert {ability.name for ability in found.lacking()} == {
        ability.name for ability in ABILITIES
    } - {"edition", "source_times"}


def test_a_method_counts_for_its_own_object_only() -> None:
    found = Capabilities.probe({table.TIMELINE: ["GetNodeGraph"]})
    assert found.can("timeline_graph") and found.can("insert_track")
    assert not found.can("item_graph")


def test_a_resolve_that_has_everything_lacks_nothing() -> None:
    listed: dict[str, list[str]] = {}
    for ability in ABILITIES:
        listed.setdefault(ability.owner, []).append(ability.method)
    assert Capabilities.probe(listed).lacking() == ()


def test_what_is_not_in_the_table_cannot_be_asked_for() -> None:
    with pytest.raises(KeyError, match="teleport"):
        Capabilities.probe({}).can("teleport")


def test_the_version_is_read_for_people_only() -> None:
    assert describe("DaVinci Resolve Studio", [20, 3, 2, 9, ""]) == "DaVinci Resolve Studio 20.3.2"
    for module in Path(*sparkvsr_resolve.__path__).rglob("*.py"):
        if module.name != "capabilities.py":
            assert "GetVersion(" not in module.read_text(encoding="utf-8"), module


def test_the_free_edition_is_refused_in_one_sentence() -> None:
    check_edition("DaVinci Resolve Studio", True)
    with pytest.raises(BridgeError) as caught:
        check_edition("DaVinci Resolve", False)
    assert caught.value.message.startswith("This is DaVinci Resolve, and SparkVSR needs DaVinci")
    assert caught.value.message.count(".") == 1 and caught.value.hint
    with pytest.raises(BridgeError, match="unknown edition"):
        check_edition("", False)


def test_the_name_tells_the_edition() -> None:
    assert says_studio("DaVinci Resolve Studio")
    assert not says_studio("DaVinci Resolve") and not says_studio("")
