"""An agent that does what a test tells it: `python -I stub_agent.py PLAN`.

The plan is a JSON object: by method what is answered, `{"result": …}` or `{"error": …}`, and what
happens then: `"events": […]` are told, `"die": true` ends it at once. A method with null is never
answered. What the plan leaves out is answered as by a real agent that has nothing to do.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

USUAL = {
    "hello": {"result": {"version": "0", "agent_protocol": 1}},
    "status": {"result": {"daemon": None}},
    "restore": {"result": {"ticket": "t"}},
    "attach": {"result": None},
    "cancel": {"result": {}},
}


def command(**plan: Any) -> list[str]:
    """What starts such an agent."""
    return [sys.executable, "-I", str(Path(__file__)), json.dumps(plan)]


def _say(message: dict[str, Any]) -> None:
    print(json.dumps({"jsonrpc": "2.0", **message}), flush=True)


def _serve(plan: dict[str, Any]) -> None:
    for line in sys.stdin:
        call = json.loads(line)
        does = {**USUAL, **plan}[call["method"]]
        if does is None:
            continue
        answer = {key: does[key] for key in ("result", "error") if key in does}
        if answer:
            _say({"id": call["id"], **answer})
        for event in does.get("events", []):
            _say({"method": "event", "params": {"ticket": "t", **event}})
        if does.get("die"):
            os._exit(9)


if __name__ == "__main__":
    _serve(json.loads(sys.argv[1]))
