"""What a person in a host should read."""

from __future__ import annotations


class LinkError(Exception):
    """Something that a person in the host should read.

    Attributes:
        code: one of the agent's own codes (`bad_source`, `cancelled`, …), or
            `not_installed` (no usable install.json), `agent_missing` (the program does not start),
            `agent_gone` (it ended), `agent_slow` (no answer in time) or
            `agent_confused` (it broke the protocol).
        message: one sentence: what happened.
        hint: what to do now; may be empty.
    """

    def __init__(self, code: str, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.hint = hint


class BridgeError(Exception):
    """Something about the host that a person in it should read.

    Attributes:
        message: what happened, to which node, clip, file or frame; may hold several sentences.
        hint: what to do now; may be empty.
    """

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
