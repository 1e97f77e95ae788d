"""Shows the events of a restoration: to a person, or to a program."""

from __future__ import annotations

import sys
from typing import Self

import msgspec
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TextColumn
from rich.text import Text

from sparkvsr import Done, Event, Notified, Previewed, Started
from sparkvsr import Progress as FramesDone


class JsonLines:
    """One JSON object a line on stdout, and nothing else there."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        pass

    def show(self, event: Event) -> None:
        sys.stdout.write(msgspec.json.encode(event).decode() + "\n")
        sys.stdout.flush()


class Terminal:
    """Lines for a person; a live bar with frames, fps and time left where stdout is a terminal."""

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console(highlight=False)
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=None),
            MofNCompleteColumn(),
            _Speed(),
            console=self._console,
            disable=not self._console.is_terminal,
            expand=True,
            transient=True,
        )
        self._task = self._bar.add_task("preparing", total=None, fps=0.0, left=0.0)

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._bar.stop()

    def show(self, event: Event) -> None:
        match event:
            case Started():
                first, last = event.first_frame, event.first_frame + event.frames - 1
                size = "{}x{}".format(*event.output_size)
                self._print(f"{event.source}, frames {first}–{last} → {event.output}, {size}")
                self._bar.update(self._task, total=event.frames)
            case Notified(kind="upload", data=data):
                self._bar.update(self._task, description=f"sending {data['frames']}/{data['of']}")
            case Notified():
                self._print(
                    event.text if event.kind == "started" else f"{event.kind}: {event.text}"
                )
            case FramesDone():
                self._bar.update(
                    self._task,
                    completed=event.frames,
                    description="restoring",
                    fps=event.fps,
                    left=event.seconds_left,
                )
            case Done():
                self._print(
                    f"{event.output}: {event.frames} frames in {event.seconds:.1f} s "
                    f"({event.fps:.1f} frames a second), mean trust {event.trust:.2f}"
                )
                if event.report:
                    self._print(f"{event.report}: the report")
            case Previewed():
                self._print(
                    f"{event.output}: frame {event.frame} at guidance {event.guidance:g}, "
                    f"trust {event.trust:.2f}, in {event.seconds:.1f} s"
                )
            case _:
                pass

    def _print(self, text: str) -> None:
        self._console.print(text, markup=False, soft_wrap=True)


class _Speed(ProgressColumn):
    """Frames a second and time left, as the restoration itself measures them."""

    def render(self, task: Task) -> Text:
        minutes, seconds = divmod(round(task.fields["left"]), 60)
        return Text(f"{task.fields['fps']:5.1f} fps  {minutes}:{seconds:02d} left")
