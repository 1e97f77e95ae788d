"""The agent of this Nuke session."""

from __future__ import annotations

import threading

import nuke

from sparkvsr_link import AgentSession


def _off_the_main_thread() -> None:
    if nuke.GUI and threading.current_thread() is threading.main_thread():
        raise RuntimeError("the agent must not be called on Nuke's main thread")


AGENT = AgentSession(f"Nuke {nuke.NUKE_VERSION_STRING}", _off_the_main_thread)
"""Nodes of all scripts share it."""
