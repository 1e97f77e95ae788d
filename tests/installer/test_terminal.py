"""A person at a terminal: what is asked, and what every answer does."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from contextlib import suppress

import pytest

from hub_server import pipeline, serve
from installing import LEFT_TO_DO, Home, Installer, differences
from sparkvsr.weights import DEFAULT_REPO

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")


def at_a_terminal(installer: Installer, typed: str, *arguments: str) -> tuple[int, str]:
    """Run a verb at a terminal on which somebody types; gives exit status and what it showed."""
    import pty

    ours, theirs = pty.openpty()
    with subprocess.Popen(
        installer.command(*arguments), stdin=theirs, stdout=theirs, stderr=theirs
    ) as process:
        os.close(theirs)
        os.write(ours, typed.encode())
        shown = b""
        while True:
            try:
                read = os.read(ours, 65536)
            except OSError:  # nobody is there any more
                break
            if not read:
                break
            shown += read
    os.close(ours)
    return process.returncode, shown.decode().replace("\r\n", "\n")


@pytest.mark.parametrize("typed", ["n\n", "\n", "No\n", "maybe\n", "\x04"])
def test_no_changes_nothing_and_is_what_enter_means(
    home: Home, installer: Installer, typed: str
) -> None:
    before = home.snapshot()
    status, shown = at_a_terminal(installer, typed)
    assert status == 0
    assert "Nothing was changed." in shown
    assert "Do this? y = yes, w = yes, and fetch the weights (23 GB), Enter = no: " in shown
    assert differences(before, home.snapshot()) == []


def test_yes_installs_and_ends_with_what_to_click(home: Home, installer: Installer) -> None:
    status, shown = at_a_terminal(installer, "y\n")
    assert status == 0
    assert "Workspace > Scripts > SparkVSR panel" in shown
    assert home.init.exists()
    status, shown = at_a_terminal(installer, "n\n", "uninstall")
    assert "Take it out? y = yes, Enter = no: " in shown
    assert home.init.exists()
    status, shown = at_a_terminal(installer, "yes\n", "uninstall")
    assert status == 0
    assert not home.init.exists()


def test_ctrl_c_at_the_question_changes_nothing(home: Home, installer: Installer) -> None:
    import pty
    import signal

    before = home.snapshot()
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        installer.command(), stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True
    )
    os.close(theirs)
    shown = b""
    while b"Do this?" not in shown:
        shown += os.read(ours, 65536)
    with suppress(ProcessLookupError):
        while process.poll() is None:  # one that comes before `input` waits does not end it
            process.send_signal(signal.SIGINT)
            with suppress(subprocess.TimeoutExpired):
                process.wait(0.5)
    assert process.returncode == 130
    os.close(ours)
    assert differences(before, home.snapshot()) == []


def test_weights_that_cannot_be_fetched_are_left_to_do(home: Home, installer: Installer) -> None:
    # The discard port of this machine: nobody listens there.
    installer.environ = {"HF_ENDPOINT": "http://127.0.0.1:9", "SPARKVSR_HOME": str(home.path / "S")}
    status, shown = at_a_terminal(installer, "w\n")
    assert status == LEFT_TO_DO, shown
    assert re.search(
        r'To do: The weights were not fetched; go on with: "/.*/sparkvsr" model pull', shown
    )
    assert "SparkVSR 0.1.0 is installed." in shown
    assert home.init.exists()


def test_weights_are_fetched_when_that_is_the_answer(home: Home, installer: Installer) -> None:
    data = home.path / "S" / "data"
    with serve() as hub:
        hub.repos[DEFAULT_REPO] = pipeline()
        installer.environ = {"HF_ENDPOINT": hub.endpoint, "SPARKVSR_HOME": str(data.parent)}
        status, shown = at_a_terminal(installer, "w\n")
    assert status == 0, shown
    assert "licence" in shown  # of the weights, before anything is fetched
    assert (data / "models" / "JiongzeYu--SparkVSR" / "manifest.json").is_file()
    assert "To do" not in shown


def test_weights_that_are_here_are_not_offered(home: Home, installer: Installer) -> None:
    home.add("~/.local/share/sparkvsr/models/JiongzeYu--SparkVSR/manifest.json")
    _, shown = at_a_terminal(installer, "n\n")
    assert "here already" in shown
    assert "w =" not in shown


def test_no_line_of_a_step_is_left_half_on_a_terminal(installer: Installer) -> None:
    _, shown = at_a_terminal(installer, "y\n")
    steps = [line.rpartition("\r")[2] for line in shown.split("\n") if " ... " in line]
    assert len(steps) == 5
    assert all(re.fullmatch(r"\w.* \.\.\. \d+\.\d s", line) for line in steps), steps
