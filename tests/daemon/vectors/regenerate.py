"""Writes the golden byte vectors of protocol 1.1 next to this file.

    python tests/daemon/vectors/regenerate.py

Run it only when a message, or a field of one, is added. A vector that exists must never change
within a major version: other implementations are tested against it.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec

from sparkvsr_daemon import _messages as m
from sparkvsr_daemon.protocol import encode

ID = "0123456789abcdef0123456789abcdef"
RE = "fedcba9876543210fedcba9876543210"
BLOB = "3a" * 32
JOB = "c5" * 32
LAYOUT = m.Layout((1, 2, 3), "<f2")
INFO = m.JobInfo(
    id=JOB,
    state="running",
    frames=96,
    done=33,
    engine="flow",
    engine_version="1",
    layout=LAYOUT,
    created=1700000000.5,
    windows=4,
    windows_kept=1,
    windows_restored=2,
)
PARKED = msgspec.structs.replace(
    INFO,
    state="parked",
    reason="The process that ran the job died twice.",
    preview=True,
    windows_repeated=1,
)
STATUS = m.StatusReply(
    re=RE,
    boot="ab" * 16,
    pid=4711,
    server="0.1.0",
    log="daemon.log",
    uptime_s=12.5,
    sessions=1,
    queued=0,
    paused=True,
    workers=(m.WorkerInfo(pid=4712, job=JOB), m.WorkerInfo(pid=4713)),
    blobs_received=97,
    bytes_received=223488,
    frames_computed=33,
    windows_restored=2,
    bytes_sent=396,
    protocol_errors=0,
)
EXAMPLES: list[tuple[m.Message, bytes | None]] = [
    (m.Hello(id=ID, v=(1, 0), client="sparkvsr 0.1.0", pid=4711), None),
    (m.Missing(id=ID, digests=(BLOB, JOB)), None),
    (m.Put(id=ID, digest=BLOB, nbytes=2304), None),
    (m.Chunk(put=ID, offset=1048576), bytes(range(16))),
    (m.Submit(id=ID, manifest=JOB, first=0, credit=8), None),
    (m.Attach(id=ID, job="c5c5c5c5c5c5", first=40, credit=8), None),
    (m.Credit(n=1, job=JOB), None),
    (m.Cancel(id=ID, job="c5c5c5c5c5c5"), None),
    (m.Pause(id=ID, job="c5c5c5c5c5c5"), None),
    (m.Resume(id=ID), None),
    (m.Retry(id=ID, job="c5c5c5c5c5c5"), None),
    (m.Jobs(id=ID), None),
    (m.StatusRequest(id=ID), None),
    (m.Unload(id=ID), None),
    (m.StoreRequest(id=ID), None),
    (m.Clean(id=ID), None),
    (m.Ping(id=ID), None),
    (m.Pong(re=RE), None),
    (m.Shutdown(id=ID), None),
    (m.Bye(), None),
    (m.Welcome(re=RE, v=(1, 0), boot="ab" * 16, server="0.1.0", limits=m.Limits()), None),
    (m.MissingReply(re=RE, digests=(BLOB,)), None),
    (m.Stored(re=RE, digest=BLOB), None),
    (m.Accepted(re=RE, job=INFO, ahead=0), None),
    (
        m.NoticeEvent(
            job=JOB, kind="started", text="Engine flow 1, 3 windows.", data={"windows": 3}
        ),
        None,
    ),
    (m.Progress(job=JOB, done=33, of=96), None),
    (
        m.FrameChunk(re=RE, job=JOB, index=32, offset=0, layout=LAYOUT, trust=0.75),
        bytes.fromhex("003c00380034000000bc007c"),
    ),
    (m.Done(re=RE, job=JOB, frames=96), None),
    (m.Failed(job=JOB, code="engine_failed", message="It failed.", hint="Try again."), None),
    (m.CancelledEvent(job=JOB), None),
    (m.JobList(re=RE, jobs=(INFO, PARKED)), None),
    (STATUS, None),
    (
        m.StoreReply(
            re=RE,
            cap=50_000_000_000,
            used=223_884,
            free=60_000_000_000,
            blobs=98,
            blob_bytes=223_488,
            jobs=1,
            job_bytes=396,
            needed=223_884,
            freed=12,
        ),
        None,
    ),
    (m.Confirmed(re=RE, text="2 workers were ended."), None),
    (m.ErrorReply(re=RE, code="unknown_job", message="There is no job c5c5.", hint=""), None),
    (m.Goodbye(reason="The daemon was stopped."), None),
]
LATER: dict[str, m.Message] = {
    "shutdown_idle": m.Shutdown(id=ID, when="idle"),
    "status_reply_leaving": msgspec.structs.replace(STATUS, leaving=True),
}
"""Messages of 1.0 with the fields that later versions added, by the names of their vectors."""


def main() -> None:
    """Write one file for each example."""
    for message, chunk in EXAMPLES:
        _write(str(message.__struct_config__.tag), message, chunk)
    for name, message in LATER.items():
        _write(name, message, None)


def _write(name: str, message: m.Message, chunk: bytes | None) -> None:
    header: dict[str, Any] = msgspec.to_builtins(message)
    parts = [bytes(part).hex() for part in encode(message, chunk)]
    vector = {"name": name, "header": header, "parts": parts}
    path = Path(__file__).with_name(f"{name}.json")
    path.write_text(json.dumps(vector, indent=1) + "\n")


if __name__ == "__main__":
    main()
