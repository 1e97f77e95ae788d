"""The agent of a host's session: started when it is first needed, and again after it died."""

from __future__ import annotations

import concurrent.futures
import threading
from collections import defaultdict
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any, Optional

from ._errors import LinkError
from ._install import find_install
from ._link import Link

AGENT_PROTOCOL = 1
_HELLO_S = 30.0  # a cold disk, a slow machine
_ANSWER_S = 60.0
_CHECK_EVERY_S = 0.1

Event = dict[str, Any]


class AgentSession:
    """Calls and events of one agent process at a time; usable from any thread.

    Args:
        client: who calls, for people, such as `Nuke 16.0v2`.
        may_call: raises where the host must not wait for an agent, as on its main thread.
    """

    def __init__(self, client: str, may_call: Callable[[], None] = lambda: None) -> None:
        self._client, self._may_call = client, may_call
        self._lock = threading.Lock()
        self._link: Optional[Link] = None
        self._events: defaultdict[str, SimpleQueue[Event]] = defaultdict(SimpleQueue)

    def link(self) -> Link:
        """That of the living agent, which is started if there is none.

        Raises:
            LinkError: it cannot be started.
        """
        self._may_call()
        with self._lock:
            if self._link is None or self._link.ended is not None:
                self._link = Link.start(find_install()["agent"], on_notification=self._heard)
                _greet(self._link, self._client)
            return self._link

    def call(self, method: str, timeout: Optional[float] = _ANSWER_S, **params: Any) -> Any:
        """Ask the agent; None as `timeout` waits as long as it lives.

        Raises:
            LinkError: it cannot be started, died, or answered with an error.
        """
        return self.link().call(method, params, timeout)

    def call_while(self, check: Callable[[], None], method: str, **params: Any) -> Any:
        """Ask for something that takes long; `check` is called meanwhile and may raise.

        What it raises ends the waiting, not what the agent does.
        """
        answer: concurrent.futures.Future[Any] = concurrent.futures.Future()

        def ask() -> None:
            try:
                answer.set_result(self.call(method, None, **params))
            except Exception as error:
                answer.set_exception(error)

        threading.Thread(target=ask, name=f"sparkvsr-{method}", daemon=True).start()
        while True:
            check()
            try:
                return answer.result(_CHECK_EVERY_S)
            except concurrent.futures.TimeoutError:
                continue

    def events(self, ticket: str) -> SimpleQueue[Event]:
        """What it tells of a restoration; nothing is lost if they came before this was called."""
        return self._events[ticket]

    def forget(self, ticket: str) -> None:
        """Nobody listens to this restoration any more."""
        self._events.pop(ticket, None)

    @property
    def process(self) -> Optional[Link]:
        """The link, if one was made: for the end of the session."""
        return self._link

    def _heard(self, method: str, params: Any) -> None:
        if method == "event":
            self._events[params["ticket"]].put(params)


def _greet(link: Link, client: str) -> None:
    """Make sure that this is an agent that can be talked to; else it is ended."""
    try:
        said = link.call("hello", {"client": client}, _HELLO_S)
        if said["agent_protocol"] != AGENT_PROTOCOL:
            raise LinkError(
                "agent_confused",
                f"The installed SparkVSR speaks protocol {said['agent_protocol']}, and its code in "
                f"this host protocol {AGENT_PROTOCOL}.",
                "Update SparkVSR, then start the host again.",
            )
    except BaseException:
        link.close()
        raise
