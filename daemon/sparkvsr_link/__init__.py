"""How a host starts the SparkVSR agent and talks to it. Stdlib only, Python 3.9 syntax.

    link = Link.start(find_install()["agent"], on_notification=show)
    result = link.call("restore", {"job": {...}}, timeout=None)
    link.close()

JSON-RPC 2.0, one message a line, over the agent's stdin and stdout; its stderr is its log. Besides,
what every bridge needs and no host offers: whole JSON files and a look into EXR headers.
"""

from __future__ import annotations

from ._choices import (
    ENGINES,
    GRADES,
    JOB_SCHEMA,
    MOST_GUIDANCE,
    PINS,
    UPSCALES,
    choice_problems,
    job_digest,
)
from ._errors import BridgeError, LinkError
from ._exr import ExrHeader, read_exr_header
from ._files import read_json, write_json
from ._install import data_folder, find_install, own_installation
from ._link import Link
from ._numbered import list_entries, list_numbered, make_numbered
from ._restoring import RestorationCancelledError, Restored, Watcher
from ._restoring import restore as restore_by_agent
from ._session import AgentSession

__all__ = [
    "ENGINES",
    "GRADES",
    "JOB_SCHEMA",
    "MOST_GUIDANCE",
    "PINS",
    "UPSCALES",
    "AgentSession",
    "BridgeError",
    "ExrHeader",
    "Link",
    "LinkError",
    "RestorationCancelledError",
    "Restored",
    "Watcher",
    "choice_problems",
    "data_folder",
    "find_install",
    "job_digest",
    "list_entries",
    "list_numbered",
    "make_numbered",
    "own_installation",
    "read_exr_header",
    "read_json",
    "restore_by_agent",
    "write_json",
]
