"""Malformed messages by the ten thousand while jobs run: from the types, and damaged real ones."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator
from random import Random
from typing import Final

import zmq
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import seed as seeded

from hostile import Parts, damaged, harmless, leak, malformed, structured
from raw_peer import RawPeer, listed_keys
from sparkvsr_daemon import _messages as m
from sparkvsr_daemon.client import connect
from sparkvsr_daemon.connection import Connection
from sparkvsr_daemon.errors import ManifestError
from sparkvsr_daemon.manifest import parse_manifest
from sparkvsr_daemon.protocol import decode, encode, new_id

from ._home import Home
from ._jobs import JobLoop
from ._measure import MB, Memory
from ._report import Outcome, Table
from ._scale import Scale
from ._traffic import record

BOUND: Final = 64 * MB  # by which the supervisor may grow
_STRIKES: Final = 5  # so many, and a session is closed
_CHUNK: Final = 500  # messages from hypothesis at once
_SPARE: Final = 1.08  # some are not malformed but out of place, or would do something
_DAMAGED: Final = 9  # real messages with damage for each of these


class Flood:
    """Says messages in short sessions, from many connections.

    Attributes:
        sent: by whether a client may never say them, or only not there.
        replies: by what the daemon answered.
        leaks: answers that betray the inside of the daemon.
        refused: of the manifests, those that were no job.
        silent: how often it did not answer one that came after.
    """

    def __init__(self, connection: Connection) -> None:
        self.sent: Counter[str] = Counter()
        self.replies: Counter[str] = Counter()
        self.leaks: list[str] = []
        self.refused = self.silent = 0
        self._connection = connection
        self._keys = listed_keys(connection)

    def pour(self, messages: list[Parts]) -> None:
        """From one connection; each session says as much as the daemon bears."""
        with RawPeer(self._connection, self._keys) as peer:
            for start in range(0, len(messages), _STRIKES):
                peer.hello()
                for parts in messages[start : start + _STRIKES]:
                    peer.send(parts)
                    self.sent["malformed" if malformed(parts) else "out of place"] += 1
                self._take_in(peer.heard())
            said, _ = peer.settle()  # it is not answered when a part was so large that it was cut
            self._take_in(said)
        with RawPeer(self._connection, self._keys) as peer:
            self.silent += not peer.settle(20.0)[1]

    def submit(self, manifests: Iterable[bytes]) -> None:
        """Each is stored as a blob, as it must be, and submitted."""
        with RawPeer(self._connection, self._keys) as peer:
            peer.hello()
            for data in manifests:
                put = m.Put(id=new_id(), digest=hashlib.sha256(data).hexdigest(), nbytes=len(data))
                peer.say(put)
                peer.send(encode(m.Chunk(put=put.id, offset=0), data))
                self._take_in(peer.reply_to(put.id))
                submit = m.Submit(id=new_id(), manifest=put.digest)
                peer.say(submit)
                answers = peer.reply_to(submit.id)
                self._take_in(answers)
                self.sent["manifest"] += 1
                self.refused += getattr(decode(answers[-1])[0], "code", "") == "bad_manifest"

    def without_a_listed_key(self, messages: list[Parts]) -> int:
        """The same without CURVE, and with keys that are not listed; how many answers came."""
        answers = 0
        for keys in (None, zmq.curve_keypair()):
            with RawPeer(self._connection, keys) as peer:
                for parts in messages:
                    self.sent["without a listed key"] += peer.send(parts, patience_s=0.0)
                answers += len(list(peer.heard(1.0)))
        return answers

    def _take_in(self, replies: Iterable[Parts]) -> None:
        for reply in replies:
            message = decode(reply)[0]
            code = f" {message.code}" if isinstance(message, m.ErrorReply) else ""
            self.replies[f"{message.__struct_config__.tag}{code}"] += 1
            if found := leak(reply):
                self.leaks.append(f"{found} in {reply[1]!r}")


def run(scale: Scale, random: Random, outcome: Outcome) -> None:
    """See the module."""
    with Home() as home, JobLoop(home) as jobs, connect() as client:
        flood = Flood(home.connection())
        spoken, manifest = record()
        pid = client.status().pid
        jobs.begin()
        with Memory(pid) as memory:
            for messages in _messages(round(scale.messages * _SPARE), spoken, random):
                flood.pour(messages)
            flood.submit(_manifests(manifest, scale.manifests, random))
            answers = flood.without_a_listed_key([damaged(p, p, random) for p in spoken * 10])
            jobs.end()
        status = client.status()
    malformed_ones = flood.sent["malformed"]
    growth = memory.growth
    alive = status.pid == pid and not flood.silent
    unasked = answers + flood.replies["error internal"]
    outcome.expect(
        "malformed messages",
        f"{malformed_ones:,}",
        f"≥ {scale.messages:,}",
        malformed_ones >= scale.messages,
    )
    outcome.expect(
        "damaged manifests refused",
        flood.refused,
        str(scale.manifests),
        flood.refused == scale.manifests,
    )
    for kind in ("out of place", "without a listed key"):
        outcome.tell(f"messages: {kind}", f"{flood.sent[kind]:,}")
    outcome.expect("the daemon is the same, and answers", "yes" if alive else "no", "yes", alive)
    outcome.expect("answers that betray its inside", len(flood.leaks), "0", not flood.leaks)
    outcome.expect("answers to who has no key, or unforeseen", unasked, "0", unasked == 0)
    outcome.expect(
        "growth of the supervisor's memory",
        f"{growth / MB:.0f} MB",
        f"≤ {BOUND / MB:.0f} MB",
        growth <= BOUND,
    )
    jobs.judge(outcome)
    outcome.notes += flood.leaks[:5]
    rows = [(kind, f"{count:,}") for kind, count in flood.replies.most_common()]
    outcome.tables.append(Table("What it answered", ("message", "times"), rows))


def _messages(count: int, spoken: list[Parts], random: Random) -> Iterator[list[Parts]]:
    """Lists of messages, all of which the daemon has to refuse or may ignore."""
    for _ in range(0, count, _CHUNK * (1 + _DAMAGED)):
        found = _structured(_CHUNK, random.getrandbits(32))
        for _ in range(_CHUNK * _DAMAGED):
            found.append(damaged(random.choice(spoken), random.choice(spoken), random))
        random.shuffle(found)
        found = [parts for parts in found if harmless(parts)]
        yield from (found[start : start + 100] for start in range(0, len(found), 100))


def _structured(count: int, seed: int) -> list[Parts]:
    found: list[Parts] = []

    @seeded(seed)
    @settings(
        max_examples=count,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(structured())
    def examples(parts: Parts) -> None:
        found.append(parts)

    examples()
    return found


def _manifests(manifest: bytes, count: int, random: Random) -> Iterator[bytes]:
    """A real manifest, damaged so that it is none any more."""
    while count:
        data = b"".join(damaged([b"", manifest], [b"", manifest], random)[1:])[: m.MAX_CHUNK]
        try:
            parse_manifest(data)
        except ManifestError:
            if data:
                count -= 1
                yield data
