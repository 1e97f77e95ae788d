"""Everything that the daemon must hold to run one job: sent once, and again what it has lost."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial

from sparkvsr.backend import Cancelled, Source
from sparkvsr.errors import SourceError
from sparkvsr.job import Shot

from . import _messages as m
from ._client import Client
from ._line import Line
from ._upload import Uploader, batches, digest_of, raw_bytes
from .protocol import new_id


class Shipment:
    """The blobs of one job. Frames are not kept here: the source is read again if need be.

    Attributes:
        frames: digests of the source frames, in order, as far as it has been read.
        bytes_sent: of blobs, so far.
    """

    def __init__(self, line: Line, shot: Shot, source: Source, cancelled: Cancelled) -> None:
        self.frames: list[str] = []
        self.bytes_sent = 0
        self._line = line
        self._shot = shot
        self._source = source
        self._cancelled = cancelled
        self._others: dict[str, memoryview | bytes] = {}

    def offer_frames(self, frames: Mapping[str, memoryview]) -> None:
        """Make sure that the daemon holds these source frames, given by digest.

        Raises:
            CancelledError: `cancelled()` answered True.
            DiskFullError: the daemon has no room for them.
            UnreachableError: the daemon is gone for good.
        """
        self.bytes_sent += self._line.run(partial(self._upload, frames))

    def offer(self, blobs: Mapping[str, memoryview | bytes]) -> None:
        """Make sure that the daemon holds these other blobs, and keep them at hand."""
        self._others.update(blobs)
        self.bytes_sent += self._line.run(partial(self._upload, blobs))

    def send_again(self) -> bool:
        """Send what the daemon holds no longer; False when it holds everything.

        Raises:
            SourceError: the source does not give the same frames again.
        """
        missing = self._missing()
        for digest in missing & self._others.keys():
            self.offer({digest: self._others[digest]})
        frames = missing - self._others.keys()
        if frames:
            for batch in batches(self._read_again(frames)):
                self.offer_frames(batch)
        return bool(missing)

    def _upload(self, blobs: Mapping[str, memoryview | bytes], client: Client) -> int:
        uploader = Uploader(client, self._cancelled)
        uploader.offer(blobs)
        return uploader.bytes_sent

    def _missing(self) -> set[str]:
        digests = list(dict.fromkeys([*self.frames, *self._others]))
        missing = set[str]()
        for start in range(0, len(digests), m.MAX_DIGESTS):
            asked = tuple(digests[start : start + m.MAX_DIGESTS])
            missing.update(self._line.run(partial(self._ask, asked)))
        return missing

    def _ask(self, digests: tuple[str, ...], client: Client) -> tuple[str, ...]:
        question = m.Missing(id=new_id(), digests=digests)
        return client.request(question, m.MissingReply, cancelled=self._cancelled).digests

    def _read_again(self, wanted: set[str]) -> Iterator[tuple[str, memoryview]]:
        frames = zip(self.frames, self._source.frames(), strict=False)
        for index, (digest, frame) in enumerate(frames):
            if digest in wanted:
                data = raw_bytes(frame)
                if digest_of(data) != digest:
                    raise _changed(f"Frame {self._shot.frame_number(index)}")
                wanted.remove(digest)
                yield digest, data
            if not wanted:
                return
        raise _changed("The number of frames of the source")


def _changed(what: str) -> SourceError:
    return SourceError(
        f"{what} is not what it was when the job began.", "Run it again: that is another job."
    )
