"""Whatever is said to the daemon: it lives, serves the others, and betrays nothing of itself."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from functools import partial
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from hostile import Parts, damaged, harmless, leak, structured
from raw_peer import RawPeer, listed_keys
from sparkvsr_daemon import _messages as m
from sparkvsr_daemon._channel import Channel
from sparkvsr_daemon.client import DaemonBackend
from sparkvsr_daemon.connection import read_connection
from sparkvsr_daemon.errors import ManifestError
from sparkvsr_daemon.manifest import parse_manifest
from sparkvsr_daemon.paths import find_paths
from sparkvsr_daemon.protocol import decode, encode, new_id

Daemon = Any
# One daemon for all examples: what an earlier one did to it must not matter either.
many = partial(
    settings,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


class Intruder:
    """Holds the right keys and breaks the protocol; comes back whenever it is thrown out."""

    def __init__(self) -> None:
        connection = read_connection(find_paths().connection_file)
        assert connection is not None
        self._connect = partial(RawPeer, connection, listed_keys(connection))
        self._peer = self._connect()
        self._welcome = False
        self.replies = 0

    def say(self, *messages: Parts) -> list[m.AnyMessage]:
        """Say these messages in a session; the answers, which must betray nothing."""
        if not self._welcome:
            self._peer.hello()
        for parts in messages:
            self._peer.send(parts)
        said, alive = self._peer.settle(patience_s=2.0)
        if not alive:  # a part was so large that libzmq hung up
            self.close()
            self._peer = self._connect()
            assert self._peer.settle(patience_s=5.0)[1], "the daemon answers nobody"
        for reply in said:
            assert not leak(reply), reply[1]
        self.replies += len(said)
        answers = [decode(reply)[0] for reply in said]
        self._welcome = alive and isinstance(answers[-1], m.Pong)  # else it was thrown out
        return answers

    def close(self) -> None:
        self._peer.__exit__()


@pytest.fixture
def intruder(daemon: Daemon) -> Iterator[Intruder]:
    daemon.connect()
    found = Intruder()
    yield found
    found.close()


def assert_serves(daemon: Daemon, pid: int) -> None:
    """The daemon is the one it was, and does its work."""
    client = daemon.connect()
    assert client.status().pid == pid
    job = daemon.make_job(3, seed=99)
    found = [frame.picture for frame in job.run(DaemonBackend(client))]
    assert len(found) == 3


def recorded_session(daemon: Daemon, monkeypatch: pytest.MonkeyPatch) -> list[Parts]:
    """Everything that a client says while it runs a job, asks and cancels."""
    spoken: list[Parts] = []
    send = Channel.send

    def record(self: Channel, message: m.Message, chunk: Any = None) -> None:
        spoken.append([bytes(part) for part in encode(message, chunk)])
        send(self, message, chunk)

    with monkeypatch.context() as patch:
        patch.setattr(Channel, "send", record)
        client = daemon.connect()
        backend = DaemonBackend(client)
        list(daemon.make_job(3, keyframes=[0]).run(backend))
        client.jobs()
        client.status()
        client.cancel(str(backend.job_id))
        client.close()
    return spoken


def test_messages_that_are_built_wrong_are_refused_without_a_word_about_the_inside(
    daemon: Daemon, intruder: Intruder
) -> None:
    pid = daemon.connect().status().pid

    @many(max_examples=300)
    @given(st.lists(structured().filter(harmless), min_size=1, max_size=6))
    def examples(messages: list[Parts]) -> None:
        intruder.say(*messages)

    examples()
    assert intruder.replies > 300
    assert_serves(daemon, pid)


def test_real_traffic_with_damaged_bytes_harms_nobody(
    daemon: Daemon, intruder: Intruder, monkeypatch: pytest.MonkeyPatch
) -> None:
    spoken = recorded_session(daemon, monkeypatch)
    assert {type(decode(parts)[0]) for parts in spoken} >= {m.Put, m.Chunk, m.Submit, m.Credit}
    pid = daemon.connect().status().pid

    @many(max_examples=300)
    @given(st.integers(0, 2**32))
    def examples(seed: int) -> None:
        random = Random(seed)
        messages = [damaged(random.choice(spoken), random.choice(spoken), random) for _ in range(6)]
        intruder.say(*filter(harmless, messages))

    examples()
    assert intruder.replies > 300
    assert_serves(daemon, pid)


def test_damaged_manifests_start_no_job_and_are_refused_by_sentence(
    daemon: Daemon, intruder: Intruder
) -> None:
    backend = daemon.backend()
    list(daemon.make_job(3, keyframes=[0]).run(backend))
    name = str(backend.job_id)
    manifest = (daemon.home / "data" / "store" / "blobs" / name[:2] / name).read_bytes()
    refused = 0

    @many(max_examples=150)
    @given(st.integers(0, 2**32))
    def examples(seed: int) -> None:
        nonlocal refused
        data = b"".join(damaged([b"", manifest], [b"", manifest], Random(seed))[1:])[: m.MAX_CHUNK]
        if not data or is_manifest(data):
            return
        digest, put = hashlib.sha256(data).hexdigest(), new_id()
        answers = intruder.say(
            as_parts(m.Put(id=put, digest=digest, nbytes=len(data))),
            as_parts(m.Chunk(put=put, offset=0), data),
        )
        while not {m.Stored, m.Credit} <= {type(answer) for answer in answers}:
            answers += intruder.say()
        answers = intruder.say(as_parts(m.Submit(id=new_id(), manifest=digest)))
        (error,) = (answer for answer in answers if isinstance(answer, m.ErrorReply))
        assert error.code == "bad_manifest"
        refused += 1

    examples()
    assert refused > 50
    assert [job.id for job in daemon.connect().jobs()] == [name]


def is_manifest(data: bytes) -> bool:
    try:
        parse_manifest(data)
    except ManifestError:
        return False
    return True


def as_parts(message: m.Message, chunk: bytes | None = None) -> Parts:
    return [bytes(part) for part in encode(message, chunk)]
