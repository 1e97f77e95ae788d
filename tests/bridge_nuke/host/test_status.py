"""Status line and badge: seen, and no edit of the artist's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from nuke_emulator import Session

Load = Callable[[str], Any]


@pytest.fixture
def node(load: Load) -> Any:
    return load("create").create_node()


@pytest.mark.parametrize("modified", [False, True])
def test_what_is_said_is_no_step_and_no_modification(
    nuke: Any, nuke_host: Session, load: Load, node: Any, modified: bool
) -> None:
    nuke.root().setModified(modified)
    before = nuke_host.state()
    status = load("status")
    status.set_status(node, "Restoring: 1 of 6 frames")
    status.set_badge(node, "v001 is stale")
    assert node["status"].value() == "Restoring: 1 of 6 frames"
    assert node["badge"].value() == "v001 is stale"
    status.set_status(node, "")
    status.set_badge(node, "")
    assert node["status"].value() == " ", "an empty one would be a divider"
    assert node["badge"].value() == ""
    assert nuke_host.state() == before


def test_what_is_there_already_is_not_set_again(
    nuke: Any, load: Load, node: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    load("status").set_status(node, "Done.")
    heard: list[str] = []
    nuke.addKnobChanged(lambda: heard.append(nuke.thisKnob().name()), nodeClass="Group")
    load("status").set_status(node, "Done.")
    assert heard == []
    load("status").set_status(node, "Done again.")
    assert heard == ["status"]


def test_a_node_that_is_gone_or_has_no_status_is_no_error(nuke: Any, load: Load, node: Any) -> None:
    load("status").set_status(nuke.nodes.Group(), "Done.")
    nuke.delete(node)
    load("status").set_status(node, "Done.")
    load("status").set_badge(node, "v001")
