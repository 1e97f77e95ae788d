"""The current frame at the current guidance in the node's output; live while the slider moves."""

from __future__ import annotations

import shutil
import threading
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Optional

from sparkvsr_link import LinkError
from sparkvsr_nuke.core import BridgeError, Phase, Submission, Throttle, job_settings

from .agent import AGENT
from .colour import set_preview_colour
from .main_thread import NukeQuitsError, on_main_thread
from .node import Request, read_settings
from .prepare import prepare
from .preview_files import keep, take_over
from .run import Run, RunLeftError, find_run
from .show import setting
from .status import set_status

FOLDER_NAME = "preview"

_Wanted = tuple[int, dict[str, Any]]
"""A frame, and the settings of the job."""


@dataclass(eq=False)
class _Live:
    """What a node's slider asks for without exporting anything anew."""

    node: Any
    submission: Submission
    folder: Path
    throttle: Throttle[_Wanted] = field(default_factory=Throttle)


_live: list[_Live] = []  # one for each node; the main thread's
_showing = threading.Lock()  # around what is done to the pictures of a node; not the main thread's


def preview(node: Any, request: Request, run: Run) -> str:
    """Make the node give the current frame as it would be restored; gives a sentence.

    Raises:
        As `prepare`; LinkError.
    """
    run.enter(Phase.CONNECTING)
    AGENT.call_while(run.check, "status")
    prepared = prepare(node, request, run)
    run.enter(Phase.PREVIEWING)
    live = _Live(node, prepared.submission, prepared.version.path.parent / FOLDER_NAME)
    on_main_thread(lambda: _begin(live))
    wanted = request.frame, dict(prepared.submission.job["settings"])
    answer = AGENT.call_while(run.check, "preview", **_params(live, wanted))
    _show(live, answer)
    return _sentence(answer)


def check_frame(request: Request) -> None:
    """See whether there is anything to preview at the current frame.

    Raises:
        BridgeError: it is outside of the range.
    """
    if not request.frame_range.holds(request.frame):
        raise BridgeError(
            f"Frame {request.frame} is outside of the range {request.frame_range}.",
            "Go to a frame of the range, or widen it.",
        )


def slider_moved(node: Any, frame: int) -> None:
    """The guidance changed: ask for another preview if one is shown; on the main thread."""
    live = _find(node)
    if live is None or not _follows(live) or not live.submission.stamp.range.holds(frame):
        return
    wanted = live.throttle.offer((frame, job_settings(read_settings(node))))
    if wanted is not None:
        threading.Thread(
            target=_keep_up, args=(live, wanted), name="sparkvsr-slider", daemon=True
        ).start()


def hide_previews() -> None:
    """Make all nodes give their results again: scripts and renders hold no previews.

    On the main thread only.
    """
    for live in _live:
        with suppress(ValueError):  # deleted meanwhile
            hide_preview(live.node)


def hide_preview(node: Any) -> None:
    """Make a node give its result again; on the main thread."""
    if node["preview_ready"].value() or node["preview_file"].value():
        with setting():
            node["preview_ready"].setValue(False)
            node["preview_file"].setValue("")  # no path of this session in a script


def forget_preview(node: Any) -> None:
    """Remove the picture of a node, as when it is deleted; on the main thread."""
    live = _find(node)
    if live is not None:
        _forget(live)


def forget_previews() -> None:
    """Remove the pictures of this session, as when it ends."""
    for live in list(_live):
        _forget(live)


def _find(node: Any) -> Optional[_Live]:
    name = node.fullName()
    for live in _live:
        with suppress(ValueError):  # deleted meanwhile
            if live.node.fullName() == name:
                return live
    return None


def _begin(live: _Live) -> None:
    """From now on the node's slider asks for these pictures; on the main thread.

    Raises:
        RunLeftError: the node was deleted meanwhile: there is nobody to tell.
    """
    try:
        before = _find(live.node)
    except ValueError:
        raise RunLeftError from None
    if before is not None and before.folder == live.folder:
        _live.remove(before)  # its picture is shown until there is another one
    elif before is not None:
        hide_preview(live.node)
        _forget(before)
    _live.append(live)


def _forget(live: _Live) -> None:
    _live.remove(live)
    shutil.rmtree(live.folder, ignore_errors=True)


def _follows(live: _Live) -> bool:
    """Whether the slider of a node has something to follow; on the main thread."""
    try:
        shown = bool(live.node["preview_ready"].value())
        return live in _live and shown and find_run(live.node) is None
    except ValueError:  # deleted meanwhile
        return False


def _keep_up(live: _Live, first: _Wanted) -> None:
    """Ask for one preview after the other, until nothing newer is wanted."""
    wanted: Optional[_Wanted] = first
    with suppress(NukeQuitsError):
        while wanted is not None:
            text = _follow(live, wanted)
            if not on_main_thread(lambda: _tell(live, text)):  # noqa: B023  # called at once
                live.throttle.drop()
            wanted = live.throttle.returned()


def _follow(live: _Live, wanted: _Wanted) -> str:
    """Get and show one preview; what to say of it."""
    try:
        answer = AGENT.call("preview", None, **_params(live, wanted))
        _show(live, answer, only=_follows)
        return _sentence(answer)
    except NukeQuitsError:
        raise
    except (LinkError, BridgeError) as error:
        return f"Preview failed: {error.message} {error.hint}".rstrip()
    except Exception as error:  # the next move is to work in any case
        traceback.print_exc()
        return f"Preview failed: {type(error).__name__}: {error}"


def _tell(live: _Live, text: str) -> bool:
    """Say it, unless the status is somebody else's by now: False then."""
    follows = _follows(live)
    if follows:
        set_status(live.node, text)
    return follows


def _params(live: _Live, wanted: _Wanted) -> dict[str, Any]:
    frame, settings = wanted
    return {"job": {**live.submission.job, "settings": settings}, "frame": frame}


def _sentence(answer: dict[str, Any]) -> str:
    return f"Preview of frame {answer['frame']} at guidance {answer['guidance']:g}."


def _is_known(live: _Live) -> bool:
    return live in _live


def _show(live: _Live, answer: dict[str, Any], only: Callable[[_Live], bool] = _is_known) -> None:
    """Take a picture over from the agent, which removes its own, and make the node read it.

    Args:
        only: asked on the main thread whether the picture is still wanted.

    Raises:
        BridgeError: the folder cannot be written; a colour space is not in the configuration.
    """
    source = Path(answer["picture"])
    picture = live.folder / source.name
    with _showing:
        take_over(source, picture)
        kept: Optional[Path] = None
        try:
            kept = on_main_thread(lambda: _fill(live, picture, answer["frame"], only))
        finally:
            keep(live.folder, kept)


def _fill(live: _Live, picture: Path, frame: int, only: Callable[[_Live], bool]) -> Optional[Path]:
    """Make the node read a picture; the one that it reads then, None for none."""
    node, settings = live.node, live.submission.stamp.settings
    try:
        if only(live):
            hide_preview(node)
            spaces = [str(settings.get(f"{name} space") or "") for name in ("Working", "Exchange")]
            set_preview_colour(node.fullName(), *spaces)
            with setting():
                node["preview_file"].setValue(picture.as_posix())
                node["preview_frame"].setValue(frame)
                for index, value in enumerate(live.submission.window):
                    node["preview_window"].setValue(value, index)
                node["preview_ready"].setValue(True)
        shown = node["preview_file"].value()
    except ValueError:  # deleted meanwhile
        return None
    return Path(shown) if shown else None
