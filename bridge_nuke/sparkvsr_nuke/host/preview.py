"""The current frame at the current guidance in the node's output; live while the slider moves."""

from __future__ import annotations

import os
import shutil
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sparkvsr_link import LinkError
from sparkvsr_nuke.core import BridgeError, Phase, Submission, Throttle

from .agent import AGENT
from .colour import set_preview_colour
from .main_thread import NukeQuitsError, on_main_thread
from .node import Request
from .prepare import prepare
from .run import Run, find_run
from .show import setting
from .status import set_status

FOLDER_NAME = "preview"


@dataclass
class _Live:
    """What a node's slider asks for without exporting anything anew."""

    node: Any
    submission: Submission
    folder: Path
    throttle: Throttle[tuple[int, float]] = field(default_factory=Throttle)


_live: dict[str, _Live] = {}  # by the node's full name; the main thread's


def preview(node: Any, request: Request, run: Run) -> str:
    """Make the node give the current frame as it would be restored; gives a sentence.

    Raises:
        As `prepare`; LinkError.
    """
    run.enter(Phase.CONNECTING)
    if not request.frame_range.holds(request.frame):
        raise BridgeError(
            f"Frame {request.frame} is outside of the range {request.frame_range}.",
            "Go to a frame of the range, or widen it.",
        )
    AGENT.call("status")
    prepared = prepare(node, request, run)
    run.enter(Phase.PREVIEWING)
    live = _Live(node, prepared.submission, prepared.version.path.parent / FOLDER_NAME)
    wanted = request.frame, request.settings.guidance
    answer = AGENT.call_while(run.check, "preview", **_params(live, wanted))
    _show(live, answer)
    on_main_thread(lambda: _live.update({node.fullName(): live}))
    return _sentence(answer)


def slider_moved(node: Any, frame: int) -> None:
    """The guidance changed while a preview is shown: ask for another one; on the main thread."""
    live = _live.get(node.fullName())
    if live is None or not node["preview_ready"].value() or find_run(node) is not None:
        return
    if not live.submission.stamp.range.holds(frame):
        return
    wanted = live.throttle.offer((frame, float(node["guidance"].value())))
    if wanted is not None:
        threading.Thread(
            target=_keep_up, args=(live, wanted), name="sparkvsr-slider", daemon=True
        ).start()


def hide_previews() -> None:
    """Make all nodes give their results again: scripts and renders hold no previews.

    On the main thread only.
    """
    for live in _live.values():
        with suppress(ValueError):  # deleted meanwhile
            hide_preview(live.node)


def hide_preview(node: Any) -> None:
    """Make a node give its result again; on the main thread."""
    if node["preview_ready"].value():
        with setting():
            node["preview_ready"].setValue(False)


def forget_previews() -> None:
    """Remove the pictures of this session, as when it ends."""
    for live in _live.values():
        live.throttle.drop()
        shutil.rmtree(live.folder, ignore_errors=True)
    _live.clear()


def _keep_up(live: _Live, wanted: Any) -> None:
    with suppress(NukeQuitsError):
        while wanted is not None:
            try:
                answer = AGENT.call("preview", None, **_params(live, wanted))
                _show(live, answer)
                text = _sentence(answer)
            except (LinkError, BridgeError) as error:
                text = "" if getattr(error, "code", "") == "superseded" else error.message
            if text:
                _say(live.node, text)
            wanted = live.throttle.returned()


def _say(node: Any, text: str) -> None:
    on_main_thread(lambda: set_status(node, text))


def _params(live: _Live, wanted: tuple[int, float]) -> dict[str, Any]:
    frame, guidance = wanted
    return {"job": dict(live.submission.job), "frame": frame, "guidance": guidance}


def _sentence(answer: dict[str, Any]) -> str:
    return f"preview of frame {answer['frame']} at guidance {answer['guidance']:g}."


def _show(live: _Live, answer: dict[str, Any]) -> None:
    """Take a picture over from the agent, which removes its own, and make the node read it."""
    source = Path(answer["picture"])
    picture = live.folder / source.name
    try:
        live.folder.mkdir(exist_ok=True)
        try:
            os.link(source, picture)
        except OSError:  # another disk
            shutil.copyfile(source, picture)
    except OSError as error:
        raise BridgeError(
            f"The preview cannot be kept in {live.folder}: {error.strerror}.",
            "See to it that you may write there.",
        ) from error
    on_main_thread(lambda: _fill(live, picture, answer["frame"]))
    for other in live.folder.iterdir():
        if other != picture:
            other.unlink()


def _fill(live: _Live, picture: Path, frame: int) -> None:
    node, settings = live.node, live.submission.stamp.settings
    with suppress(ValueError):  # deleted meanwhile
        spaces = [str(settings.get(f"{which} space") or "") for which in ("Working", "Exchange")]
        set_preview_colour(node.fullName(), *spaces)
        with setting():
            node["preview_ready"].setValue(False)
            node["preview_file"].setValue(picture.as_posix())
            node["preview_frame"].setValue(frame)
            for index, value in enumerate(live.submission.window):
                node["preview_window"].setValue(value, index)
            node["preview_ready"].setValue(True)
