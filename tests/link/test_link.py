"""The link against real agent processes: little programs that speak JSON-RPC over their pipes."""

from __future__ import annotations

import os
import sys
import textwrap
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from sparkvsr_link import Link, LinkError

StartAgent = Callable[..., Link]

_ECHO = """
    for line in sys.stdin:
        m = json.loads(line)
        if "id" in m:
            print(json.dumps({"id": m["id"], "result": m.get("params")}), flush=True)
"""


@pytest.fixture
def start_agent(tmp_path: Path) -> Iterator[StartAgent]:
    """Starts an agent whose program is the given text; closes all of them afterwards."""
    links: list[Link] = []

    def start(program: str, **options: Any) -> Link:
        script = tmp_path / f"agent{len(links)}.py"
        script.write_text(
            "import json, os, signal, sys, time\n" + textwrap.dedent(program), encoding="utf-8"
        )
        links.append(Link.start([sys.executable, "-I", str(script)], **options))
        return links[-1]

    yield start
    for link in links:
        link.close(0.2)


def _threads() -> set[str]:
    return {thread.name for thread in threading.enumerate() if thread.name.startswith("sparkvsr-")}


def test_a_call_returns_the_result(start_agent: StartAgent) -> None:
    params = {"frame": 1001, "name": "été ☃ \u2028 \n", "none": None}
    assert start_agent(_ECHO).call("echo", params, timeout=20) == params


def test_answers_in_any_order_reach_their_own_callers(start_agent: StartAgent) -> None:
    link = start_agent("""
        asked = [json.loads(sys.stdin.readline()) for _ in range(8)]
        for m in reversed(asked):
            print(json.dumps({"id": m["id"], "result": m["params"][0] * 10}), flush=True)
        sys.stdin.read()
    """)
    results: dict[int, int] = {}

    def ask(number: int) -> None:
        results[number] = link.call("times_ten", [number], timeout=20)

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert results == {number: number * 10 for number in range(8)}


def test_notifications_go_both_ways_and_in_order(start_agent: StartAgent) -> None:
    seen: list[tuple[str, Any]] = []
    link = start_agent(
        """
        for line in sys.stdin:
            m = json.loads(line)
            if "id" in m:
                print(json.dumps({"id": m["id"], "result": None}), flush=True)
            else:
                print(json.dumps({"method": "heard", "params": m["params"]}), flush=True)
        """,
        on_notification=lambda method, params: seen.append((method, params)),
    )
    for number in range(5):
        link.notify("tell", {"number": number})
    link.call("flush", timeout=20)
    assert seen == [("heard", {"number": number}) for number in range(5)]


def test_a_failing_callback_does_not_end_the_link(
    start_agent: StartAgent, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(method: str, params: Any) -> None:
        raise ZeroDivisionError(method)

    link = start_agent(
        """
        line = sys.stdin.readline()
        print(json.dumps({"method": "progress"}), flush=True)
        print(json.dumps({"id": json.loads(line)["id"], "result": 7}), flush=True)
        sys.stdin.read()
        """,
        on_notification=fail,
    )
    assert link.call("work", timeout=20) == 7
    assert "progress" in caplog.text


def test_a_callback_that_calls_the_agent_is_refused_instead_of_hanging(
    start_agent: StartAgent, caplog: pytest.LogCaptureFixture
) -> None:
    links: list[Link] = []
    link = start_agent(
        """
        line = sys.stdin.readline()
        print(json.dumps({"method": "progress"}), flush=True)
        print(json.dumps({"id": json.loads(line)["id"], "result": 7}), flush=True)
        sys.stdin.read()
        """,
        on_notification=lambda method, params: links[0].call("again"),
    )
    links.append(link)
    assert link.call("work", timeout=20) == 7
    assert "must not call the agent" in caplog.text


def test_an_error_carries_code_sentence_and_hint(start_agent: StartAgent) -> None:
    link = start_agent("""
        m = json.loads(sys.stdin.readline())
        error = {"code": -32000, "message": "plate.mov is empty.",
                 "data": {"code": "bad_source", "hint": "Check the path."}}
        print(json.dumps({"id": m["id"], "error": error}), flush=True)
        m = json.loads(sys.stdin.readline())
        print(json.dumps({"id": m["id"], "error": {"code": -32601, "message": "no such method"}}),
              flush=True)
        m = json.loads(sys.stdin.readline())
        print(json.dumps({"id": m["id"], "error": "oh no"}), flush=True)
        sys.stdin.read()
    """)
    caught: list[LinkError] = []
    for method in ("restore", "unknown", "broken"):
        with pytest.raises(LinkError) as failure:
            link.call(method, timeout=20)
        caught.append(failure.value)
    assert [(e.code, e.message, e.hint) for e in caught[:2]] == [
        ("bad_source", "plate.mov is empty.", "Check the path."),
        ("-32601", "no such method", ""),
    ]
    assert caught[2].code == "agent_confused"


def test_a_crash_fails_the_waiting_call_with_the_last_lines_of_stderr(
    start_agent: StartAgent,
) -> None:
    link = start_agent("""
        sys.stdin.readline()
        print("loading weights", file=sys.stderr)
        raise RuntimeError("the card fell off the bus")
    """)
    with pytest.raises(LinkError, match="the card fell off the bus") as failure:
        link.call("work", timeout=20)
    assert failure.value.code == "agent_gone"
    assert "ended with status 1" in failure.value.message
    assert "loading weights" in failure.value.message
    for later in (link.call, link.notify):
        with pytest.raises(LinkError, match="the card fell off the bus"):
            later("again")


@pytest.mark.skipif(os.name == "nt", reason="signals end processes on POSIX only")
def test_a_killed_agent_is_reported_with_its_signal(start_agent: StartAgent) -> None:
    link = start_agent("sys.stdin.readline(); os.kill(os.getpid(), signal.SIGKILL)")
    with pytest.raises(LinkError, match="signal 9"):
        link.call("work", timeout=20)


def test_an_agent_that_only_closes_its_stdout_counts_as_gone(
    start_agent: StartAgent, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sparkvsr_link._link._GRACE", 0.2)
    link = start_agent("sys.stdin.readline(); os.close(1); time.sleep(60)")
    with pytest.raises(LinkError) as failure:
        link.call("work", timeout=20)
    assert failure.value.code == "agent_gone"


def test_lines_that_are_no_messages_are_skipped_and_kept_as_last_words(
    start_agent: StartAgent,
) -> None:
    link = start_agent("""
        m = json.loads(sys.stdin.readline())
        print("Setting up [some library 1.0]", flush=True)
        print("[" * 100_000, flush=True)
        print("[1, 2]", flush=True)
        print(json.dumps({"id": 999, "result": "nobody asked"}), flush=True)
        os.write(1, b"\\xff\\xfe\\n")
        print(json.dumps({"id": m["id"], "result": "here"}), flush=True)
        sys.stdin.readline()
        sys.exit(3)
    """)
    assert link.call("work", timeout=20) == "here"
    with pytest.raises(LinkError, match="some library"):
        link.call("die", timeout=20)


def test_a_slow_answer_is_given_up_and_does_no_harm_when_it_comes(start_agent: StartAgent) -> None:
    link = start_agent("""
        slow = json.loads(sys.stdin.readline())
        quick = json.loads(sys.stdin.readline())
        print(json.dumps({"id": slow["id"], "result": "late"}), flush=True)
        print(json.dumps({"id": quick["id"], "result": "in time"}), flush=True)
        sys.stdin.read()
    """)
    with pytest.raises(LinkError, match=r"did not answer `think` within 0\.05 s") as failure:
        link.call("think", timeout=0.05)
    assert failure.value.code == "agent_slow"
    assert link.call("hurry", timeout=20) == "in time"


def test_a_message_larger_than_the_limit_ends_the_agent(
    start_agent: StartAgent, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sparkvsr_link._link.MAX_LINE", 2**20)
    link = start_agent("""
        sys.stdin.readline()
        os.write(1, b'"')
        while True:
            os.write(1, b"x" * 65536)
    """)
    with pytest.raises(LinkError, match="over 1 MiB") as failure:
        link.call("work", timeout=20)
    assert failure.value.code == "agent_confused"


def test_a_message_just_within_the_limit_passes(
    start_agent: StartAgent, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sparkvsr_link._link.MAX_LINE", 2**20)
    text = "x" * (2**20 - 100)
    assert start_agent(_ECHO).call("echo", text, timeout=20) == text


def test_stderr_is_always_read_and_only_its_end_is_kept(start_agent: StartAgent) -> None:
    link = start_agent("""
        m = json.loads(sys.stdin.readline())
        for number in range(20_000):
            print("line", number, "x" * 100, file=sys.stderr)
        print(json.dumps({"id": m["id"], "result": None}), flush=True)
        sys.stdin.readline()
        sys.exit(1)
    """)
    link.call("talk", timeout=20)
    with pytest.raises(LinkError, match="line 19999 ") as failure:
        link.call("die", timeout=20)
    assert "line 19000 " not in failure.value.message
    assert len(failure.value.message) < 12_000


def test_params_that_are_not_json_are_refused_before_they_are_sent(start_agent: StartAgent) -> None:
    link = start_agent(_ECHO)
    with pytest.raises(TypeError):
        link.call("echo", {"path": Path("x")})
    with pytest.raises(ValueError, match="JSON compliant"):
        link.notify("echo", [float("nan")])
    assert link.call("echo", [1], timeout=20) == [1]


def test_close_ends_an_agent_that_reads_nothing_and_ignores_the_request_to_end(
    start_agent: StartAgent,
) -> None:
    link = start_agent("""
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        print(json.dumps({"method": "ready"}), flush=True)
        time.sleep(600)
    """)
    link.notify("fill", "x" * 2**20)  # more than a pipe holds
    waiting: list[LinkError] = []

    def wait() -> None:
        try:
            link.call("never")
        except LinkError as error:
            waiting.append(error)

    thread = threading.Thread(target=wait)
    thread.start()
    link.close(0.2)
    thread.join(20)
    assert [error.code for error in waiting] == ["agent_gone"]
    assert link._process.poll() is not None


def test_close_lets_a_good_agent_finish_and_leaves_no_thread(
    start_agent: StartAgent, tmp_path: Path
) -> None:
    done = tmp_path / "done"
    link = start_agent(f"sys.stdin.read(); open({str(done)!r}, 'w').close()")
    link.close(20)
    link.close(20)
    assert done.exists()
    assert link._process.returncode == 0
    link._stderr_reader.join(20)
    link._writer.join(20)
    assert _threads() == set()
    with pytest.raises(LinkError, match="was closed"):
        link.call("again")


def test_a_program_that_does_not_exist_is_named(tmp_path: Path) -> None:
    with pytest.raises(LinkError, match="no-such-agent") as failure:
        Link.start([str(tmp_path / "no-such-agent")])
    assert failure.value.code == "agent_missing"


def test_the_agent_does_not_inherit_what_the_host_set_for_its_own_python(
    start_agent: StartAgent,
) -> None:
    poisoned = {
        **os.environ,
        "PYTHONHOME": "/nowhere",
        "PYTHONPATH": "/host/python",
        "PYTHONSTARTUP": "/host/startup.py",
        "PYTHONINSPECT": "1",
        "VIRTUAL_ENV": "/host/venv",
        "QT_PLUGIN_PATH": "/host/qt",
        "SPARKVSR_HOME": "/mine",
    }
    link = start_agent(
        """
        m = json.loads(sys.stdin.readline())
        print(json.dumps({"id": m["id"], "result": dict(os.environ)}), flush=True)
        sys.stdin.read()
        """,
        environ=poisoned,
    )
    environ = link.call("environ", timeout=20)
    foreign = [n for n in environ if n.startswith(("PYTHON", "QT_", "VIRTUAL_ENV"))]
    assert foreign == ["PYTHONNOUSERSITE"]
    assert environ["SPARKVSR_HOME"] == "/mine"
    assert environ["PATH"] == os.environ["PATH"]


def test_a_link_says_why_it_ended(start_agent: StartAgent) -> None:
    link = start_agent("sys.stdin.readline(); print('no more', file=sys.stderr); sys.exit(3)")
    assert link.ended is None
    with pytest.raises(LinkError):
        link.call("anything", timeout=20)
    assert link.ended is not None
    assert link.ended.code == "agent_gone"
    assert "no more" in link.ended.message
