"""What the `sparkvsr model` commands show: text, a live bar, or JSON lines."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import Any, Final, Self

import msgspec
from rich.console import Console
from rich.filesize import decimal
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

from sparkvsr import CancelledError, Notified
from sparkvsr.weights import PullDone, PullStarted, Transferred, WeightsEvent

SHORT_DIGEST: Final = 12


class Display:
    """Shows events as JSON lines, or as text with a live bar where stdout is a terminal."""

    def __init__(self, as_json: bool) -> None:
        self.show = print_json if as_json else self._show
        self._console = Console(highlight=False)
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=None),
            DownloadColumn(),
            TransferSpeedColumn(),
            TimeRemainingColumn(),
            console=self._console,
            disable=as_json or not self._console.is_terminal,
            expand=True,
            transient=True,
        )
        self._stages: dict[str, TaskID] = {}

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bar.stop()
        if kind is KeyboardInterrupt:
            raise CancelledError(
                "Stopped; what has arrived is kept.", "The same command goes on where it stopped."
            ) from None

    def _show(self, event: WeightsEvent) -> None:
        match event:
            case PullStarted():
                self._print(
                    f"{event.repo} at {event.revision[:SHORT_DIGEST]}, {event.files} files, "
                    f"{decimal(event.bytes)} → {event.folder}"
                )
            case Notified():
                self._print(f"{event.kind}: {event.text}")
            case Transferred():
                if event.stage not in self._stages:
                    self._stages[event.stage] = self._bar.add_task(event.stage, total=event.of)
                self._bar.update(self._stages[event.stage], completed=event.bytes)
            case PullDone():
                self._print(f"{event.repo} is here: {event.folder}, {decimal(event.bytes)}")

    def _print(self, text: str) -> None:
        self._console.print(text, markup=False, soft_wrap=True)


def print_json(event: Any) -> None:
    """Write one event as one line."""
    sys.stdout.write(msgspec.json.encode(event).decode() + "\n")
    sys.stdout.flush()


def say(text: str) -> None:
    """Print a sentence as it is, on one line however long it is."""
    Console(highlight=False).print(text, markup=False, soft_wrap=True)
