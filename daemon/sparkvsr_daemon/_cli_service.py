"""`sparkvsr daemon service install`, `remove` and `status`: the daemon at log-in."""

from __future__ import annotations

import argparse
from typing import Any, Final

from ._console import say
from ._service_entry import this_launch
from ._service_install import Entry, install, remove, service_state
from ._service_managers import Manager, find_manager

_ENTRIES: Final[dict[Entry, str]] = {
    "none": "No service is installed.",
    "ours": "The service is installed.",
    "outdated": "The service is installed, but for another Python or with other SPARKVSR_ variables"
    " than now: install it again.",
    "foreign": "There is an entry of this name that SparkVSR did not write.",
}


def add_commands(verbs: Any) -> None:
    """Add `service` to the verbs of `daemon`; argparse's own type for them is private."""
    text = "have the daemon started whenever you log in"
    service = verbs.add_parser("service", help=text, description=text)
    actions = service.add_subparsers(
        dest="action", required=True, metavar="install|remove|refresh|status"
    )
    text = "start it now and at every log-in"
    add = actions.add_parser("install", help=text, description=text)
    add.add_argument("--force", action="store_true", help="replace an entry that is not ours")
    add.set_defaults(run=_install)
    text = "stop it, and do not start it at log-in any more"
    actions.add_parser("remove", help=text, description=text).set_defaults(run=_remove)
    text = "after an update: start this version at log-in in place of the one before"
    actions.add_parser("refresh", help=text, description=text).set_defaults(run=_refresh)
    text = "say whether it is installed"
    actions.add_parser("status", help=text, description=text).set_defaults(run=_status)


def _install(options: argparse.Namespace) -> int:
    manager = _manager()
    done = install(manager, force=options.force)
    say(f"{manager.name} starts the daemon at every log-in: {manager.place}")
    if done.was_running:
        say(f"A daemon was running already, process {done.pid}; it goes on.")
    else:
        say(f"The daemon runs, process {done.pid}.")
    return 0


def _remove(options: argparse.Namespace) -> int:
    manager = _manager()
    if remove(manager):
        say(f"{manager.name} does not start the daemon any more; {manager.place} is deleted.")
    else:
        say(_ENTRIES["none"])
    return 0


def _refresh(options: argparse.Namespace) -> int:
    manager = _manager()
    if service_state(manager).entry == "outdated":
        install(manager)
        say(f"{manager.name} starts this version at every log-in: {manager.place}")
    return 0


def _status(options: argparse.Namespace) -> int:
    manager = _manager()
    state = service_state(manager)
    say(_ENTRIES[state.entry])
    if state.entry != "none":
        say(f"It is {manager.place}.")
        will = "starts" if state.loaded else "does not start"
        say(f"{manager.name} {will} it at log-in.")
    return 0


def _manager() -> Manager:
    return find_manager(this_launch())
