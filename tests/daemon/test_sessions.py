"""What a daemon says to clients that keep the protocol's rules, and to those that break them."""

from __future__ import annotations

import hashlib
import os
import signal
from typing import Any, TypeVar

import pytest

from sparkvsr.errors import UnreachableError
from sparkvsr_daemon import _messages as m
from sparkvsr_daemon._channel import Channel
from sparkvsr_daemon.client import DaemonBackend
from sparkvsr_daemon.protocol import VERSION, new_id

Daemon = Any
Kind = TypeVar("Kind", bound=m.Message)
BLOB = bytes(range(256)) * 8
DIGEST = hashlib.sha256(BLOB).hexdigest()


def expect(channel: Channel, kind: type[Kind]) -> tuple[Kind, bytes]:
    """The next message of a kind; others are passed over, but an unexpected error is not."""
    for _ in range(2000):
        received = channel.receive(0.01)
        if received is None:
            continue
        if isinstance(received[0], kind):
            return received[0], received[1] or b""
        assert not isinstance(received[0], m.ErrorReply), received[0]
    pytest.fail(f"no {kind.__name__} came")


@pytest.fixture
def channel(daemon: Daemon) -> Channel:
    """A conversation in which hello has been said."""
    daemon.connect()
    found: Channel = daemon.channel()
    found.send(m.Hello(id="h", v=VERSION))
    expect(found, m.Welcome)
    return found


def error_code(channel: Channel) -> str:
    return expect(channel, m.ErrorReply)[0].code


def put(channel: Channel, data: bytes, digest: str, *, identifier: str = "p") -> None:
    channel.send(m.Put(id=identifier, digest=digest, nbytes=len(data)))
    channel.send(m.Chunk(put=identifier, offset=0), data)


def test_hello_must_come_first_and_only_once(daemon: Daemon) -> None:
    daemon.connect()
    channel = daemon.channel()
    channel.send(m.Jobs(id="1"))
    assert error_code(channel) == "out_of_order"
    channel.send(m.Hello(id="2", v=VERSION))
    welcome, _ = expect(channel, m.Welcome)
    assert (welcome.re, welcome.v, welcome.limits) == ("2", VERSION, m.Limits())
    channel.send(m.Hello(id="3", v=VERSION))
    assert error_code(channel) == "out_of_order"


def test_another_major_version_is_told_what_to_do(daemon: Daemon) -> None:
    daemon.connect()
    channel = daemon.channel()
    channel.send(m.Hello(id="1", v=(VERSION[0] + 1, 0)))
    error, _ = expect(channel, m.ErrorReply)
    assert error.code == "incompatible"
    assert "Update" in error.hint


def test_a_later_minor_version_is_welcome(daemon: Daemon) -> None:
    daemon.connect()
    channel = daemon.channel()
    channel.send(m.Hello(id="1", v=(VERSION[0], VERSION[1] + 7)))
    assert expect(channel, m.Welcome)[0].v == VERSION


def test_ping_is_answered(channel: Channel) -> None:
    channel.send(m.Ping(id="x"))
    assert expect(channel, m.Pong)[0].re == "x"


def test_a_blob_is_stored_once_its_bytes_are_right(channel: Channel) -> None:
    put(channel, BLOB[:-1] + b"?", DIGEST)
    assert error_code(channel) == "bad_blob"
    channel.send(m.Missing(id="1", digests=(DIGEST,)))
    assert expect(channel, m.MissingReply)[0].digests == (DIGEST,)
    put(channel, BLOB, DIGEST)
    assert expect(channel, m.Stored)[0].digest == DIGEST
    channel.send(m.Missing(id="2", digests=(DIGEST,)))
    assert expect(channel, m.MissingReply)[0].digests == ()


def test_credit_comes_back_for_every_chunk(channel: Channel) -> None:
    put(channel, BLOB, DIGEST)
    assert expect(channel, m.Credit)[0].n == 1


def test_a_put_that_was_given_up_is_replaced_by_the_next(channel: Channel) -> None:
    channel.send(m.Put(id="a", digest="00" * 32, nbytes=5000))
    channel.send(m.Chunk(put="a", offset=0), b"half")
    put(channel, BLOB, DIGEST, identifier="b")
    assert expect(channel, m.Stored)[0].re == "b"


@pytest.mark.parametrize("offset", [1, 4096])
def test_a_chunk_at_the_wrong_place_is_refused(channel: Channel, offset: int) -> None:
    channel.send(m.Put(id="a", digest=DIGEST, nbytes=len(BLOB)))
    channel.send(m.Chunk(put="a", offset=offset), BLOB)
    error, _ = expect(channel, m.ErrorReply)
    assert (error.code, error.re) == ("out_of_order", "a")


def test_a_chunk_without_its_put_is_refused(channel: Channel) -> None:
    channel.send(m.Chunk(put="nobody", offset=0), b"x")
    assert error_code(channel) == "out_of_order"


def test_chunks_without_credit_end_the_session(daemon: Daemon, channel: Channel) -> None:
    pid = daemon.connect().status().pid
    os.kill(pid, signal.SIGSTOP)  # so that all of them wait for it when it wakes
    channel.send(m.Put(id="a", digest=DIGEST, nbytes=1000))
    for offset in range(40):
        channel.send(m.Chunk(put="a", offset=offset), b"x")
    os.kill(pid, signal.SIGCONT)
    assert error_code(channel) == "out_of_credit"
    while not isinstance(said := channel.receive(5), tuple) or not isinstance(said[0], m.Goodbye):
        assert said is not None, "no goodbye came"


def test_five_strikes_end_a_session_and_spare_the_others(daemon: Daemon, channel: Channel) -> None:
    for _ in range(5):
        channel.send(m.Progress(job="00" * 32, done=0, of=1))
    for _ in range(5):
        assert error_code(channel) == "unknown_type"
    expect(channel, m.Goodbye)
    channel.send(m.Ping(id="1"))
    assert error_code(channel) == "out_of_order"
    assert daemon.connect().status().protocol_errors == 6


def test_a_manifest_that_is_not_there_or_is_none_is_refused(channel: Channel) -> None:
    channel.send(m.Submit(id="1", manifest=DIGEST))
    assert error_code(channel) == "bad_manifest"
    put(channel, BLOB, DIGEST)
    expect(channel, m.Stored)
    channel.send(m.Submit(id="2", manifest=DIGEST))
    assert error_code(channel) == "bad_manifest"


def test_a_job_whose_frames_are_gone_is_refused(daemon: Daemon) -> None:
    client = daemon.connect()
    job, backend = daemon.make_long_job(), DaemonBackend(client)
    next(job.run(backend))
    client.cancel(str(backend.job_id))
    daemon.wait_until(lambda: client.jobs()[0].state == "cancelled")
    store = daemon.home / "data" / "store"
    next(iter(store.glob(f"blobs/*/{hashlib.sha256(job.frames[1]).hexdigest()}"))).unlink()
    channel = daemon.channel()
    channel.send(m.Hello(id="h", v=VERSION))
    expect(channel, m.Welcome)
    channel.send(m.Submit(id="1", manifest=str(backend.job_id)))
    error, _ = expect(channel, m.ErrorReply)
    assert error.code == "bad_manifest"
    assert "1 of the 1 pictures" in error.message


def test_an_unknown_job_is_told(daemon: Daemon, channel: Channel) -> None:
    channel.send(m.Attach(id="1", job="abcd"))
    assert "no job abcd" in expect(channel, m.ErrorReply)[0].message


def test_results_flow_on_credit_only_from_the_frame_asked_for(daemon: Daemon) -> None:
    backend = daemon.backend()
    list(daemon.make_job(6).run(backend))
    channel = daemon.channel()
    channel.send(m.Hello(id="h", v=VERSION))
    expect(channel, m.Welcome)
    channel.send(m.Attach(id="a", job=str(backend.job_id)[:8], first=2, credit=1))
    accepted, _ = expect(channel, m.Accepted)
    assert (accepted.job.state, accepted.job.done) == ("done", 6)
    frame, chunk = expect(channel, m.FrameChunk)
    assert (frame.re, frame.index, len(chunk)) == ("a", 2, frame.layout.nbytes)
    channel.send(m.Ping(id="p"))
    expect(channel, m.Pong)  # the daemon is awake, and yet
    assert channel.receive(0.05) is None
    channel.send(m.Credit(n=8, job=accepted.job.id))
    assert [expect(channel, m.FrameChunk)[0].index for _ in range(3)] == [3, 4, 5]
    assert expect(channel, m.Done)[0].frames == 6


def test_more_result_credit_than_allowed_is_refused(daemon: Daemon) -> None:
    backend = daemon.backend()
    stream = daemon.make_long_job().run(backend)
    next(stream)
    channel = daemon.channel()
    channel.send(m.Hello(id="h", v=VERSION))
    expect(channel, m.Welcome)
    channel.send(m.Attach(id="a", job=str(backend.job_id), first=1_000_000, credit=64))
    expect(channel, m.Accepted)
    channel.send(m.Credit(n=1, job=backend.job_id))
    assert error_code(channel) == "out_of_credit"


def test_bye_ends_a_session_without_a_word(daemon: Daemon, channel: Channel) -> None:
    client = daemon.connect()
    before = client.status().sessions
    channel.send(m.Bye())
    daemon.wait_until(lambda: client.status().sessions == before - 1)


def test_everybody_hears_goodbye_when_the_daemon_is_stopped(
    daemon: Daemon, channel: Channel
) -> None:
    daemon.connect().shutdown()
    assert expect(channel, m.Goodbye)[0].re is None
    with pytest.raises(UnreachableError):
        for _ in range(100):
            channel.send(m.Ping(id=new_id()))
            channel.receive(0.1)
