"""What no sound host sends: every line gets an error of JSON-RPC 2.0, and service goes on."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from agents import COMMAND
from sparkvsr_daemon._agent_methods import Methods
from sparkvsr_daemon._agent_rpc import MAX_LINE

Daemon = Any  # conftest.Daemon

LINES: list[tuple[bytes, int, Any]] = [
    (b"hello", -32700, None),
    (b"\xff\xfe{}", -32700, None),
    (b'{"jsonrpc": "2.0", "id": 1, "method": "status"', -32700, None),
    (b"[" * 100_000, -32700, None),
    (b"17", -32600, None),
    (b'[{"jsonrpc": "2.0", "id": 1, "method": "status"}]', -32600, None),
    (b'{"id": 5, "method": "status"}', -32600, 5),
    (b'{"jsonrpc": "1.0", "id": 6, "method": "status"}', -32600, 6),
    (b'{"jsonrpc": "2.0", "id": {}, "method": "status"}', -32600, None),
    (b'{"jsonrpc": "2.0", "id": 7}', -32600, 7),
    (b'{"jsonrpc": "2.0", "id": true, "method": "status"}', -32600, None),
    (b'{"jsonrpc": "2.0", "id": 1e999, "method": "status"}', -32700, None),
    (b'{"jsonrpc": "2.0", "id": 1180591620717411303424}', -32600, 1180591620717411303424),
    (b'{"jsonrpc": "2.0", "id": "\\ud800", "method": "status"}', -32700, None),
    (b'{"jsonrpc": "2.0", "id": "a", "method": "fly"}', -32601, "a"),
    (b'{"jsonrpc": "2.0", "id": 8, "method": "hello", "params": ["x"]}', -32602, 8),
    (b'{"jsonrpc": "2.0", "id": 9, "method": "hello"}', -32602, 9),
    (b'{"jsonrpc": "2.0", "id": 10, "method": "hello", "params": {"client": 1}}', -32602, 10),
    (b'{"jsonrpc": "2.0", "id": 11, "method": "status", "params": {"x": 1}}', -32602, 11),
    (b'{"jsonrpc": "2.0", "id": 12, "method": "cancel", "params": {"ticket": "../x"}}', -32000, 12),
]


def talk(*lines: bytes) -> list[dict[str, Any]]:
    """What an agent answers to lines, in the order in which its answers come."""
    run = subprocess.run(COMMAND, input=b"\n".join(lines), capture_output=True, timeout=60)
    assert run.returncode == 0
    assert b"Traceback" not in run.stderr
    return [json.loads(line) for line in run.stdout.splitlines()]


def test_every_malformed_line_has_its_code_and_a_sentence(daemon: Daemon) -> None:
    answers = talk(*(line for line, _, _ in LINES))
    told = {(answer["error"]["code"], answer["id"]) for answer in answers}
    assert len(answers) == len(LINES)
    assert told == {(code, call) for _, code, call in LINES}
    for answer in answers:
        error = answer["error"]
        assert error["message"] == error["data"]["message"]
        assert error["message"].endswith(".")
        assert error["data"]["hint"]
        assert error["data"]["code"] in (
            "bad_json", "bad_call", "unknown_method", "bad_params", "unknown_ticket",
        )  # fmt: skip


def test_a_line_that_is_too_long_is_skipped_and_the_next_one_is_answered(daemon: Daemon) -> None:
    refused, answered = talk(b" " * (MAX_LINE + 3), b'{"jsonrpc":"2.0","id":1,"method":"status"}')
    assert (refused["id"], refused["error"]["code"]) == (None, -32600)
    assert "16 MiB" in refused["error"]["message"]
    assert answered == {"jsonrpc": "2.0", "id": 1, "result": {"daemon": None}}


def test_the_specification_has_every_method_with_its_fields() -> None:
    nothing: Any = None
    text = (Path(__file__).resolve().parents[2] / "docs" / "agent.md").read_text(encoding="utf-8")
    for name, method in Methods(nothing, nothing, nothing, nothing).table.items():
        fields = ", ".join(method.params.__struct_fields__)
        assert f"**`{name}`** `{{{fields}}}` →" in text


@pytest.mark.parametrize("method", ["status", "fly"])
def test_a_notification_has_no_answer(daemon: Daemon, method: str) -> None:
    assert talk(json.dumps({"jsonrpc": "2.0", "method": method}).encode(), b"", b"  ") == []
