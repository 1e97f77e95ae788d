"""One script asks another one to stop."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from sparkvsr_link import BridgeError, write_json
from sparkvsr_resolve.core import ScriptLock
from sparkvsr_resolve.core.cancel_file import CancelFile

HOLD = """
import sys
from pathlib import Path
from sparkvsr_resolve.core import ScriptLock
from sparkvsr_resolve.core.cancel_file import CancelFile
with ScriptLock.take(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.readline()
    print(CancelFile(Path(sys.argv[1])).asked, flush=True)
"""


@pytest.fixture
def holder(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that has the lock; a line makes it say whether it was asked."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None and process.stdout.readline() == "held\n"
        yield process


def test_nobody_is_asked_where_nobody_works(tmp_path: Path) -> None:
    assert CancelFile(tmp_path).ask() is None
    assert not (tmp_path / "cancel").exists()


def test_another_process_hears_of_it_and_this_one_does_not(
    tmp_path: Path, holder: subprocess.Popen[str]
) -> None:
    wish = CancelFile(tmp_path)
    assert wish.ask() == holder.pid
    assert not wish.asked
    assert holder.communicate("\n")[0] == "True\n"


def test_one_that_was_not_asked_hears_nothing(
    tmp_path: Path, holder: subprocess.Popen[str]
) -> None:
    write_json(tmp_path / "cancel", {"process": holder.pid + 1})
    assert holder.communicate("\n")[0] == "False\n"


def test_a_wish_of_before_is_forgotten_and_that_of_another_process_is_not(tmp_path: Path) -> None:
    wish = CancelFile(tmp_path)
    with ScriptLock.take(tmp_path):
        assert wish.ask() == os.getpid()
    assert wish.asked
    wish.forget()
    assert not wish.asked
    write_json(tmp_path / "cancel", {"process": os.getpid() + 1})
    wish.forget()
    assert (tmp_path / "cancel").exists()


@pytest.mark.parametrize("text", ["", "{", "[1]", '{"process": "1"}'])
def test_a_damaged_file_asks_nobody(tmp_path: Path, text: str) -> None:
    (tmp_path / "cancel").write_text(text, encoding="utf-8")
    assert not CancelFile(tmp_path).asked


def test_a_folder_that_cannot_be_used_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(BridgeError, match="cannot use its folder"):
        CancelFile(tmp_path / "file" / "folder").ask()


def test_a_lock_of_an_unknown_owner_is_an_error(tmp_path: Path) -> None:
    with ScriptLock.take(tmp_path):
        (tmp_path / "lock").write_text("somebody", encoding="utf-8")
        with pytest.raises(BridgeError, match="works in Resolve already"):
            CancelFile(tmp_path).ask()
