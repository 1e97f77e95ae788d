"""One client's conversation: what it may send, what waits for it, which jobs it follows."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final
from zlib import crc32

from ._job import Job
from ._messages import (
    MAX_CREDIT,
    UPLOAD_CREDIT,
    Credit,
    Done,
    FrameChunk,
    Message,
    Ping,
    Progress,
)
from ._receiving import Upload
from ._results import Results
from ._router import PeerGoneError, Router
from .errors import CreditError
from .protocol import encode, new_id

Damaged = Callable[[Job, int], None]

MAX_STRIKES: Final = 5
_MAX_WAITING: Final = 256
_SILENCE_S: Final = 10.0
_STALLED_S: Final = 10.0
_PIECES_A_TURN: Final = 2


@dataclass
class Attachment:
    """A client follows a job: the next piece of result to send, and room for how many.

    Attributes:
        crc32: of what was sent of the frame so far.
    """

    job: Job
    request: str
    index: int
    credit: int
    offset: int = 0
    crc32: int = 0


@dataclass
class Session:
    """Begins with `hello`, ends with `bye`, five strikes, or when the client is gone.

    Attributes:
        alive: false when it is to be closed.
        strikes: how often the client broke the protocol.
        label: names the client in the queue, where clients take turns.
        sending: it asks for or sends pictures, and has not given the job that needs them.
        bytes_waiting: of pictures that were sent since the last job was given.
    """

    router: Router
    peer: bytes
    label: str = field(default_factory=new_id)
    alive: bool = True
    strikes: int = 0
    bytes_sent: int = 0
    sending: bool = False
    bytes_waiting: int = 0
    upload: Upload | None = None
    attachments: dict[str, Attachment] = field(default_factory=dict)
    _upload_credit: int = UPLOAD_CREDIT
    _consumed: int = 0
    _waiting: deque[list[bytes | memoryview]] = field(default_factory=deque)
    _last_contact: float = field(default_factory=time.monotonic)
    _last_step: float = field(default_factory=time.monotonic)

    def send(self, message: Message) -> None:
        """Send a message, or keep it until the client reads; one that never reads is given up."""
        if isinstance(message, Progress) and self._waiting:
            return  # the next one says more
        parts = encode(message)
        if self._waiting or not self._try(parts):
            self._waiting.append(parts)
            self.alive = self.alive and len(self._waiting) <= _MAX_WAITING

    def heard(self) -> None:
        """The client said something."""
        self._last_contact = time.monotonic()

    @property
    def at_work(self) -> bool:
        """The client sends pictures or fetches the frames of a finished job, and gets on with it.

        One that stalls is not: what it lacks it gets from the next daemon as well.
        """
        fetching = any(attachment.job.state == "done" for attachment in self.attachments.values())
        busy = self.sending or fetching or bool(self._waiting)
        return busy and time.monotonic() - self._last_step < _STALLED_S

    def got_on(self) -> None:
        """The client has sent, or taken, some of its pictures."""
        self._last_step = time.monotonic()

    def probe(self) -> None:
        """After long silence send a ping: sending is how a ROUTER notices that nobody is there."""
        if time.monotonic() - self._last_contact >= _SILENCE_S and not self._waiting:
            self._last_contact = time.monotonic()
            self.send(Ping(id=new_id()))

    def spend_upload_credit(self) -> None:
        """Account for a chunk that came in.

        Raises:
            CreditError: the client had none left.
        """
        if self._upload_credit == 0:
            raise CreditError(
                "A chunk came without credit.", "Wait for `credit` before sending more."
            )
        self._upload_credit -= 1

    def consumed(self, chunks: int) -> None:
        """So many chunks that came in are dealt with."""
        self._consumed += chunks

    def return_upload_credit(self) -> None:
        """Grant anew what has been consumed."""
        if self._consumed:
            self._upload_credit += self._consumed
            self.send(Credit(n=self._consumed))
            self._consumed = 0

    def grant(self, job: str, n: int) -> None:
        """The client has room for `n` more pieces of a job's result."""
        attachment = self.attachments.get(job)
        if attachment is None:
            return  # it has just ended
        if attachment.credit + n > MAX_CREDIT:
            raise CreditError(
                f"More than {MAX_CREDIT} chunks of credit.", "Grant only what was consumed."
            )
        attachment.credit += n
        self.got_on()

    def pump(self, results: Results, damaged: Damaged) -> bool:
        """Send what can be sent now; True when more could be sent a little later.

        Args:
            damaged: is told of a frame, by its position, that is not what was written.
        """
        while self._waiting:
            if not self._try(self._waiting[0]):
                return True
            self._waiting.popleft()
            self.got_on()
        more = [
            self._pump_one(attachment, results, damaged)
            for attachment in list(self.attachments.values())
        ]
        return any(more)

    def _pump_one(self, attachment: Attachment, results: Results, damaged: Damaged) -> bool:
        job = attachment.job
        for _ in range(_PIECES_A_TURN):
            if not attachment.credit or attachment.index >= job.done:
                break
            if not self._send_piece(attachment, results, damaged):
                return True
        else:
            return True
        if job.state == "done" and attachment.index >= job.frames:
            del self.attachments[job.id]
            self.send(Done(re=attachment.request, job=job.id, frames=job.frames))
        return False

    def _send_piece(self, attachment: Attachment, results: Results, damaged: Damaged) -> bool:
        job, index, offset = attachment.job, attachment.index, attachment.offset
        piece = results.piece(job, index, offset, attachment.crc32)
        if piece is None:  # this frame is made again, and sent from its beginning
            damaged(job, index)
            attachment.offset = attachment.crc32 = 0
            return True
        message = FrameChunk(
            re=attachment.request,
            job=job.id,
            index=index,
            offset=offset,
            layout=job.layout,
            trust=results.frame(job, index).trust,
        )
        if not self._try(encode(message, piece)):
            return False
        self.bytes_sent += len(piece)
        self.got_on()
        attachment.credit -= 1
        attachment.offset += len(piece)
        attachment.crc32 = crc32(piece, attachment.crc32)
        if attachment.offset >= job.layout.nbytes:
            attachment.index, attachment.offset, attachment.crc32 = index + 1, 0, 0
        return True

    def _try(self, parts: list[bytes | memoryview]) -> bool:
        try:
            return self.router.send(self.peer, parts)
        except PeerGoneError:
            self.alive = False
            return True
