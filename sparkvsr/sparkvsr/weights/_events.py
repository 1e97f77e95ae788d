"""What fetching, importing and checking weights tell; `--json` prints each as one line.

{"event": "started", "repo": …, "revision": …, "folder": …, "files": 12, "bytes": …}
{"event": "notice", "kind": "licence", "text": …, "data": {…}}
{"event": "progress", "stage": "fetching", "file": …, "bytes": …, "of": …}
{"event": "done", "repo": …, "revision": …, "folder": …, "bytes": …, "embedding": true}
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import msgspec

from ..events import Notified

Stage = Literal["fetching", "copying", "checking"]


class PullStarted(msgspec.Struct, frozen=True, tag_field="event", tag="started"):
    """Something has to be fetched or copied. `revision` is the commit."""

    repo: str
    revision: str
    folder: str
    files: int
    bytes: int


class Transferred(msgspec.Struct, frozen=True, tag_field="event", tag="progress"):
    """Bytes of all files that were fetched, copied or checked so far."""

    stage: Stage
    file: str
    bytes: int
    of: int


class PullDone(msgspec.Struct, frozen=True, tag_field="event", tag="done"):
    """The model counts as present. `embedding`: the empty-prompt embedding is with it."""

    repo: str
    revision: str
    folder: str
    bytes: int
    embedding: bool


WeightsEvent = PullStarted | Notified | Transferred | PullDone
OnWeightsEvent = Callable[[WeightsEvent], None]
