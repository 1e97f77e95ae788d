"""The bridge in a process of its own: `python -m sparkvsr_resolve ACTION`.

`sparkvsr resolve` starts it and watches over it: a process that is killed in the midst of a call
can leave Resolve answering nobody, so this one is only ever asked to stop.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import fields
from typing import Any, NoReturn, Optional

from sparkvsr_link import BridgeError
from sparkvsr_resolve.core import ClipSettings

from .actions import ACTIONS
from .running import BAD_INPUT, run_action
from .voice import JsonLines, Voice, print_text

_ALIVE_EVERY_S = 1.0


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise BridgeError(f"{message[:1].upper()}{message[1:]}.", "See `sparkvsr resolve --help`.")


def main(arguments: Optional[Sequence[str]] = None) -> int:
    """Do one action and give its exit code."""
    given = sys.argv[1:] if arguments is None else list(arguments)
    supervised = "--supervised" in given
    voice = Voice(JsonLines() if supervised else print_text)
    try:
        options = _parser().parse_args(given)
    except BridgeError as error:
        voice.fail("bad_input", error.message, error.hint)
        return BAD_INPUT
    asked = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: asked.set())
    changed = {
        setting.name: getattr(options, setting.name)
        for setting in fields(ClipSettings)
        if getattr(options, setting.name) is not None
    }
    with _supervised(voice, asked) if supervised else nullcontext():
        return run_action(options.action, voice, None, asked, changed, options.recapture)


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="python -m sparkvsr_resolve", allow_abbrev=False)
    parser.add_argument("action", choices=sorted(ACTIONS))
    parser.add_argument("--supervised", action="store_true", help="speak JSON with a parent")
    parser.add_argument("--recapture", action="store_true")
    for setting in fields(ClipSettings):
        kind: Any = type(setting.default)
        parser.add_argument(f"--{setting.name.replace('_', '-')}", type=kind)
    return parser


@contextmanager
def _supervised(voice: Voice, asked: threading.Event) -> Iterator[None]:
    """Hear what the parent wants, and let it hear that this process is alive."""
    over = threading.Event()
    alive = threading.Thread(target=_say_alive, args=(voice, over), name="sparkvsr-alive")
    alive.start()
    threading.Thread(target=_listen, args=(asked,), name="sparkvsr-listen", daemon=True).start()
    try:
        yield
    finally:
        over.set()
        alive.join()


def _say_alive(voice: Voice, over: threading.Event) -> None:
    """Not heard while a call of the API keeps every thread from running."""
    while not over.wait(_ALIVE_EVERY_S):
        voice.tell("alive", "")


def _listen(asked: threading.Event) -> None:
    """Anything on stdin asks to stop, and so does its end: nobody is there any more.

    Not by `sys.stdin`, whose lock would be held when the process ends.
    """
    os.read(0, 1)
    asked.set()
