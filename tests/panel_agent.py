"""Stands in for the agent where a test decides when its answers come, and which."""

from __future__ import annotations

import itertools
import threading
from collections import defaultdict
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import numpy as np

from resolve_returning import make_result
from sparkvsr.media import write_picture
from sparkvsr_link import LinkError


class _Process:
    """As much of a link as is asked of it."""

    def __init__(self) -> None:
        self.ended: LinkError | None = None

    def detach(self) -> None:
        self.ended = LinkError("agent_gone", "The agent was left to itself.")


class PanelAgent:
    """In place of an `AgentSession`; what it was asked for outlives the panels that asked.

    Attributes:
        jobs: of the restorations, in their order.
        asked: method of every call.
        open: while it is cleared, previews do not return.
        previews: their jobs and frames.
        threads: in which it was called.
        errors: what the next calls of a method fail with.
        state: of the latest job; None knows of nothing.
        size, rate: of the results.
    """

    def __init__(
        self, folder: Path, rate: str = "23.976", size: tuple[int, int] = (64, 48)
    ) -> None:
        self.folder, self.rate, self.size = folder, rate, size
        self.jobs: list[dict[str, Any]] = []
        self.asked: list[str] = []
        self.previews: list[tuple[dict[str, Any], int]] = []
        self.open = threading.Event()
        self.open.set()
        self.errors: defaultdict[str, list[LinkError]] = defaultdict(list)
        self.threads: set[int] = set()
        self.state: str | None = None
        self._process: _Process | None = None
        self._events: defaultdict[str, SimpleQueue[Any]] = defaultdict(SimpleQueue)
        self._last: list[dict[str, Any]] = []
        self._numbers = itertools.count(1)

    # As the bridge uses it.

    @property
    def process(self) -> Any:
        return self._process

    def link(self) -> Any:
        self.threads.add(threading.get_ident())
        if self._process is None or self._process.ended is not None:
            self._process = _Process()
        return self._process

    def call(self, method: str, timeout: float | None = None, **params: Any) -> Any:
        self.link()
        self.asked.append(method)
        if self.errors[method]:
            raise self.errors[method].pop()
        answer: Any = getattr(self, f"_{method}")(**params)
        return answer

    def events(self, ticket: str) -> SimpleQueue[Any]:
        return self._events[ticket]

    def forget(self, ticket: str) -> None:
        self._events.pop(ticket, None)

    # What the test lets happen.

    def tell(self, event: str, **facts: Any) -> None:
        """An event of the latest restoration."""
        message = {"event": event, **facts}
        self._last.append(message)
        self._events["t"].put(message)

    def start(self) -> None:
        self.tell("started", frames=self._frames(), output_size=list(self.size))

    def finish(self) -> None:
        """The result is there, and so is the report."""
        output = Path(self.jobs[-1]["output"])
        first = self.jobs[-1]["first"]
        made = make_result(
            output.parent, output.stem, self._frames(), self.rate, first, size=self.size
        )
        assert made.path == output.as_posix()
        (output.parent.parent / "report.html").write_text("<html></html>", encoding="utf-8")
        self.state = "done"
        self.tell("done", seconds=1.0)

    def fail(self, code: str = "no_memory", message: str = "The GPU is too small.") -> None:
        self.state = "cancelled" if code == "cancelled" else "failed"
        self.tell("error", code=code, message=message, hint="Use tiles.")

    def die(self, times: int = 1) -> None:
        """The process is killed, and so are those after it."""
        assert self._process is not None
        gone = LinkError("agent_gone", "The agent ended with status 1.", "Try again.")
        self.errors["attach"] += [gone] * (times - 1)
        self._process.ended = gone

    def _frames(self) -> int:
        job = self.jobs[-1]
        return int(job["last"] - job["first"] + 1)

    def _restore(self, job: dict[str, Any], report: str) -> Any:
        self.jobs.append(job)
        self._last.clear()
        self.state = "running"
        return {"ticket": "t"}

    def _attach(self, output: str) -> Any:
        if self.state is None or output != self.jobs[-1]["output"]:
            return None
        return {"ticket": "t", "state": self.state, "events": list(self._last)}

    def _cancel(self, ticket: str) -> Any:
        self.fail("cancelled")
        return {}

    def _preview(self, job: dict[str, Any], frame: int) -> Any:
        self.previews.append((job, frame))
        assert self.open.wait(60)
        path = self.folder / f"preview{next(self._numbers)}.png"
        write_picture(path, np.zeros((27, 48, 3), np.uint8))
        guidance = job["settings"]["guidance"]
        return {"picture": str(path), "frame": frame, "guidance": guidance}
