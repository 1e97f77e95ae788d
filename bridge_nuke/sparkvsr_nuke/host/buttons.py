"""What the buttons of the node do."""

from __future__ import annotations

import threading
import webbrowser
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import nuke

from sparkvsr_link import LinkError
from sparkvsr_nuke.core import BUTTONS, BridgeError

from .agent import AGENT
from .keyframe_list import add_current, add_painted, clear
from .main_thread import NukeQuitsError, on_main_thread
from .node import read_request
from .preview import check_frame, preview
from .restore import REPORT_NAME, restore
from .run import find_run, start
from .show import shown_version
from .status import set_status
from .tree import as_limit


def press(node: Any, name: str) -> None:
    """A button of a SparkVSR node; on the main thread, returns at once.

    What is wrong is shown in a dialog, or raised where there are none.
    """
    try:
        if not nuke.GUI and name in _OF_THE_WINDOW:
            raise BridgeError(
                f"`{BUTTONS[name]}` needs Nuke's window.",
                "Without one, sparkvsr_batch.py restores a node.",
            )
        _ACTIONS[name](node)
    except (BridgeError, LinkError, RuntimeError) as error:
        told = as_limit(error) or error
        if not nuke.GUI or isinstance(told, RuntimeError):
            raise
        nuke.message(f"{told.message}\n\n{told.hint}".rstrip())


def _restore(node: Any) -> None:
    request = read_request(node)
    start(node, lambda run: restore(node, request, run))


def _preview(node: Any) -> None:
    request = read_request(node)
    check_frame(request)
    start(node, lambda run: preview(node, request, run))


def _cancel(node: Any) -> None:
    run = find_run(node)
    if run is None:
        raise BridgeError(
            f"There is nothing to cancel: {node.name()} makes no result and no preview."
        )
    run.cancel()
    set_status(node, "Cancelling …")


def _free_gpu(node: Any) -> None:
    def unload() -> None:
        try:
            text = AGENT.call("unload")["text"]
        except LinkError as error:
            text = f"{error.message} {error.hint}"
        with suppress(NukeQuitsError):
            on_main_thread(lambda: set_status(node, text))

    set_status(node, "Freeing the GPU …")
    threading.Thread(target=unload, name="sparkvsr-unload", daemon=True).start()


def _report(node: Any) -> None:
    version = shown_version(node)
    report = version.path / REPORT_NAME if version else None
    if report is None or not report.is_file():
        raise BridgeError(
            f"{node.name()} shows no result that has a report.",
            "Press Restore, or choose a version.",
        )
    path = report

    def show() -> None:  # some systems wait for the browser
        if not webbrowser.open(path.as_uri()):
            text = f"No browser was found for the report: open {path.as_posix()}."
            with suppress(NukeQuitsError):
                on_main_thread(lambda: set_status(node, text))

    threading.Thread(target=show, name="sparkvsr-report", daemon=True).start()


# They work beside the main thread, which runs nothing for them where there is no window.
_OF_THE_WINDOW = frozenset({"restore", "preview", "free_gpu", "report"})

_ACTIONS: dict[str, Callable[[Any], object]] = {
    "add_current": add_current,
    "from_paint": add_painted,
    "clear": clear,
    "restore": _restore,
    "preview": _preview,
    "cancel": _cancel,
    "free_gpu": _free_gpu,
    "report": _report,
}
