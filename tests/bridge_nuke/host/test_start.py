"""Nuke starts with the bridge on its path: what is there then, and what is said otherwise."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from nuke_emulator import Profile, Session
from sparkvsr_nuke.core import BUTTONS, group_text

BRIDGE = Path(__file__).resolve().parents[3] / "bridge_nuke"
OURS = ("sparkvsr_nuke", "sparkvsr_link")
TERMINAL = Profile(gui=False)
ENTRIES = [
    "New SparkVSR node",
    "Restore",
    "Preview this frame",
    "Cancel",
    "Free GPU",
    "Open report",
]


def loaded() -> dict[str, Any]:
    return {n: m for n, m in sys.modules.items() if n.partition(".")[0] in OURS}


@pytest.fixture(autouse=True)
def nukes_own_python(nuke_host: Session, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Nothing of SparkVSR can be imported, as in a Nuke that was just installed."""
    kept = [f for f in sys.path if not any((Path(f) / package).is_dir() for package in OURS)]
    monkeypatch.setattr(sys, "path", kept)
    before = loaded()
    for name in before:
        del sys.modules[name]
    assert not any(find_spec(package) for package in OURS)
    yield
    for name in loaded():
        del sys.modules[name]
    sys.modules.update(before)


@pytest.fixture
def node(nuke_host: Session) -> Any:
    """A SparkVSR node that came with a script."""
    return nuke_host.paste(group_text())[0]


def press_all(node: Any) -> None:
    for button in BUTTONS:
        node[button].execute()


@pytest.mark.parametrize("nuke_profile", [Profile(), TERMINAL])
def test_a_start_makes_both_packages_importable_and_nothing_else_of_the_daemons_folder(
    nuke_host: Session,
) -> None:
    nuke_host.start(BRIDGE)
    assert nuke_host.printed == []
    assert str(BRIDGE.parent / "daemon") not in sys.path
    assert find_spec("sparkvsr_daemon") is None
    for package, folder in (("sparkvsr_nuke", "bridge_nuke"), ("sparkvsr_link", "daemon")):
        module = import_module(package)
        assert module.__file__ is not None
        assert Path(module.__file__).parents[1] == BRIDGE.parent / folder
    import_module("sparkvsr_link._link")


def test_the_menu_and_the_toolbar_have_their_entries_once_however_often_it_starts(
    nuke_host: Session,
) -> None:
    nuke_host.start(BRIDGE)
    nuke_host.start(BRIDGE)
    menus = nuke_host.menus
    assert [item.name() for item in menus["Nuke"].findItem("SparkVSR").items()] == ENTRIES
    assert [item.name() for item in menus["Nodes"].findItem("SparkVSR").items()] == ["SparkVSR"]
    assert len(nuke_host.root._registry.entries["onCreate", "Group"]) == 1


@pytest.mark.parametrize("nuke_profile", [TERMINAL])
def test_a_farm_gets_callbacks_and_no_menu(nuke_host: Session) -> None:
    nuke_host.start(BRIDGE)
    assert nuke_host.menus == {}
    assert len(nuke_host.root._registry.entries["onCreate", "Group"]) == 1


@pytest.mark.parametrize("nuke_profile", [Profile(nc=True), Profile(indie=True)])
def test_the_unpaid_editions_keep_their_ten_nodes_when_a_script_has_many_groups(
    nuke_host: Session,
) -> None:
    nuke_host.start(BRIDGE)
    nuke_host.paste("Group {\n inputs 0\n}\nend_group\n" * 20)
    assert nuke_host.touched == set()


@pytest.mark.parametrize("entry", ["Nuke/SparkVSR/New SparkVSR node", "Nodes/SparkVSR/SparkVSR"])
def test_the_entries_for_a_new_node_make_one(nuke: Any, nuke_host: Session, entry: str) -> None:
    nuke_host.start(BRIDGE)
    nuke_host.menu_item(entry)
    assert nuke_host.state()["selected"] == ["SparkVSR1"]
    assert nuke_host.messages == []


def test_a_node_that_cannot_be_made_is_one_message(
    nuke_host: Session, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    nuke_host.start(BRIDGE)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "gone"))
    nuke_host.menu_item("Nuke/SparkVSR/New SparkVSR node")
    ((kind, text),) = nuke_host.messages
    assert kind == "message" and "gone" in text
    assert nuke_host.state()["nodes"] == []


def test_an_entry_presses_the_button_of_the_one_selected_node(
    nuke_host: Session, node: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    nuke_host.start(BRIDGE)
    pressed: list[tuple[str, str]] = []
    monkeypatch.setattr(
        import_module("sparkvsr_nuke"),
        "press",
        lambda node, button: pressed.append((node.name(), button)),
        raising=False,
    )
    node.setSelected(True)
    nuke_host.plate()._select(True)  # what is selected besides does not matter
    nuke_host.paste("Group {\n inputs 0\n}\nend_group\n")[0]._select(True)
    for entry in ENTRIES[1:]:
        nuke_host.menu_item(f"Nuke/SparkVSR/{entry}")
    assert pressed == [
        ("SparkVSR1", button) for button in ("restore", "preview", "cancel", "free_gpu", "report")
    ]


@pytest.mark.parametrize(("count", "said"), [(0, "there are none."), (2, "there are 2.")])
def test_an_entry_says_so_when_there_is_not_one_node_selected(
    nuke_host: Session, count: int, said: str
) -> None:
    nuke_host.start(BRIDGE)
    for _ in range(count):
        nuke_host.paste(group_text())[0]._select(True)
    nuke_host.menu_item("Nuke/SparkVSR/Restore")
    ((kind, text),) = nuke_host.messages
    assert kind == "message" and said in text


def test_without_the_package_every_button_shows_one_line(nuke_host: Session, node: Any) -> None:
    press_all(node)
    lines = {text for _, text in nuke_host.messages}
    assert len(nuke_host.messages) == len(BUTTONS) and len(lines) == 1
    assert "not installed" in lines.pop()


@pytest.mark.parametrize("nuke_profile", [Profile((13, 2, 8))])
def test_a_python_that_is_too_old_is_one_line_at_the_start_and_one_for_every_button(
    nuke_host: Session, node: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(sys, "version_info", (3, 7, 7, "final", 0))
        nuke_host.start(BRIDGE)
    (line,) = nuke_host.printed
    assert "Python 3.9" in line and "Python 3.7" in line and "\n" not in line
    press_all(node)
    assert nuke_host.messages == [("message", line)] * len(BUTTONS)
    assert nuke_host.menus == {}
    assert find_spec("sparkvsr_link") is None


def without_link(bridge: Path) -> str:
    shutil.rmtree(bridge.parent / "daemon")
    return "sparkvsr_link"


def with_a_damaged_file(bridge: Path) -> str:
    (bridge / "sparkvsr_nuke" / "host" / "start.py").write_text("def (\n")
    return "start.py"


def failing_at_the_end(bridge: Path) -> str:
    (bridge / "sparkvsr_nuke" / "host" / "start.py").write_text(
        "def in_every_session():\n    raise ValueError('two\\n lines')\n"
    )
    return "two lines"


@pytest.mark.parametrize("nuke_profile", [Profile(), TERMINAL])
@pytest.mark.parametrize("damage", [without_link, with_a_damaged_file, failing_at_the_end])
def test_a_damaged_installation_is_one_line_and_nuke_starts(
    nuke_host: Session, node: Any, tmp_path: Path, damage: Any
) -> None:
    ignored = shutil.ignore_patterns("__pycache__", "sparkvsr_daemon")
    for folder in ("bridge_nuke", "daemon"):
        shutil.copytree(BRIDGE.parent / folder, tmp_path / folder, ignore=ignored)
    cause = damage(tmp_path / "bridge_nuke")
    nuke_host.start(tmp_path / "bridge_nuke")
    (line,) = nuke_host.printed
    assert cause in line and "\n" not in line
    assert str(tmp_path / "daemon") not in sys.path
    assert nuke_host.menus == {}
    if nuke_host.profile.gui:
        press_all(node)
        assert nuke_host.messages == [("message", line)] * len(BUTTONS)


def test_a_menu_that_cannot_be_made_is_one_line(
    nuke: Any, nuke_host: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(name: str) -> None:
        raise RuntimeError("no menu bar")

    monkeypatch.setattr(nuke, "menu", fail)
    nuke_host.start(BRIDGE)
    assert nuke_host.printed == ["SparkVSR has no menu: no menu bar."]
