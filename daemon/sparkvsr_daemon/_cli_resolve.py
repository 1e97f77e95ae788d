"""`sparkvsr resolve`: the bridge into DaVinci Resolve, driven from a terminal.

A process of its own holds the connection to Resolve, and this one watches over it. Resolve may
answer nobody any more when a script is killed in the midst of a call, so that process is only ever
asked to stop, and it is waited for while it puts Resolve back as it was.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import queue
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from typing import IO, Any, Final

from sparkvsr import JobError

from ._cli_running import interrupts
from ._console import say, say_json

_LOOK_S: Final = 0.1
_ACTIONS: Final = {
    "restore": "restore the clip under the playhead and place the result",
    "preview": "show the frame at the playhead as it would be restored",
    "plan": "show which frames would be keyframes",
    "cancel": "stop what another script does in Resolve, or its job",
    "clean-up": "remove what a run that ended too early has left in Resolve",
    "doctor": "say what is wrong with this Resolve",
}
_SETTINGS: Final = {
    "engine": "auto, sparkvsr, flow or identity",
    "upscale": "1, 1.5, 2, 3 or 4",
    "guidance": "0 ignores keyframes, 1 follows them, above exaggerates",
    "grade": "auto, on or off: carry the colours of keyframes as a grade",
    "pin": "exact, blend or off: keyframes as they are",
    "marker-color": "of the markers that mean keyframes",
    "name-prefix": "of their names, in place of the color",
    "base": "render or source: what is restored",
    "deliver": "graded or ungraded",
    "placement": "track, take or replace",
    "output": "prores4444, dnxhr444 or exr",
    "work-folder": "where pictures are kept, within Resolve's Media Storage",
}


def add_commands(commands: Any) -> None:
    """Add `resolve` to the parser; argparse's own type for it is private."""
    text = "drive DaVinci Resolve Studio, which runs on this machine"
    resolve = commands.add_parser("resolve", help=text, description=text)
    actions = resolve.add_subparsers(dest="action", required=True, metavar="ACTION")
    for name, help_text in _ACTIONS.items():
        parser = actions.add_parser(name, help=help_text, description=help_text)
        parser.add_argument("--json", action="store_true", help="one JSON event a line on stdout")
        parser.add_argument(
            "--patience",
            type=float,
            default=10.0,
            metavar="S",
            help="seconds without an answer of Resolve after which you are told (default 10)",
        )
        if name in ("restore", "preview", "plan", "doctor"):
            settings = parser.add_argument_group("settings", "default: those of the project")
            for setting, meaning in _SETTINGS.items():
                settings.add_argument(f"--{setting}", metavar=setting[:1].upper(), help=meaning)
        if name == "preview":
            parser.add_argument(
                "--recapture", action="store_true", help="render the clip anew, as after a grade"
            )
        parser.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> int:
    return _Watched(options.json, options.patience).run([options.action, *_passed(options)])


def _passed(options: argparse.Namespace) -> list[str]:
    """What the person gave, for the process that does it; that one checks it."""
    found = []
    for setting in _SETTINGS:
        value = getattr(options, setting.replace("-", "_"), None)
        if value is not None:
            found.append(f"--{setting}={value}")
    return [*found, "--recapture"] if getattr(options, "recapture", False) else found


@dataclass
class _Watched:
    """The process that is connected to Resolve, and what is shown of it.

    Attributes:
        patience: seconds of silence after which the person is told.
    """

    as_json: bool
    patience: float
    ended: bool = False
    _lines: queue.SimpleQueue[str | None] = field(default_factory=queue.SimpleQueue)

    def run(self, arguments: list[str]) -> int:
        command = [sys.executable, "-m", "sparkvsr_resolve", "--supervised", *arguments]
        with (
            interrupts() as interrupted,
            subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                encoding="utf-8",
                errors="replace",
                start_new_session=True,  # Ctrl-C in the terminal is for this process only
                creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
            ) as child,
        ):
            threading.Thread(target=self._read, args=(child.stdout,), daemon=True).start()
            self._follow(child, interrupted)
        if not self.ended:
            raise JobError(
                f"The process that was connected to Resolve ended with status {child.returncode}.",
                "If Resolve answers no script any more, restart it; then run "
                "`sparkvsr resolve clean-up`.",
            )
        return child.returncode

    def _read(self, pipe: IO[str]) -> None:
        for line in pipe:
            self._lines.put(line)
        self._lines.put(None)

    def _follow(self, child: subprocess.Popen[str], interrupted: threading.Event) -> None:
        heard, told, asked = time.monotonic(), False, False
        while True:
            if interrupted.is_set() and not asked:
                asked = True
                _ask_to_stop(child)
                self._note("Stopping: waiting until Resolve is as it was. Ctrl-C again leaves.")
            try:
                line = self._lines.get(timeout=_LOOK_S)
            except queue.Empty:
                if not told and time.monotonic() - heard > self.patience:
                    told = True
                    self._note(
                        "Resolve does not answer. If it plays, stop it; if it shows a dialog, "
                        "close it. SparkVSR goes on by itself then."
                    )
                continue
            if line is None:
                return
            heard, told = time.monotonic(), False
            self._show(line)

    def _show(self, line: str) -> None:
        try:
            event = json.loads(line)
            kind, text = event["event"], event["text"]
        except (ValueError, TypeError, KeyError):
            sys.stderr.write(line)  # a library printed
            return
        if kind == "alive":
            return
        self.ended = self.ended or kind in ("done", "error")
        if self.as_json:
            say_json(event)
        elif kind == "error":
            hint = event["hint"]
            sys.stderr.write(f"sparkvsr: {event['message']}\n")
            sys.stderr.write(f"          {hint}\n" if hint else "")
        else:
            say(text)

    def _note(self, text: str) -> None:
        if self.as_json:
            say_json({"event": "notice", "text": text, "kind": "warning"})
        else:
            say(text)


def _ask_to_stop(child: subprocess.Popen[str]) -> None:
    """Its next line on stdin is the wish; it may have ended by itself meanwhile."""
    with contextlib.suppress(OSError):
        if child.stdin is not None:
            child.stdin.write("cancel\n")
            child.stdin.flush()
