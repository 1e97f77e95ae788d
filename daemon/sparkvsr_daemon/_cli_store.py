"""`sparkvsr store info` and `sparkvsr store clean`."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from rich.filesize import decimal
from rich.prompt import Confirm
from rich.table import Table

from sparkvsr import CancelledError, SettingsError

from . import _messages as m
from ._console import console, say, say_json
from .client import connect
from .paths import find_paths


def add_commands(commands: Any) -> None:
    """Add `store` to the parser; argparse's own type for it is private."""
    store = commands.add_parser("store", help="what the daemon keeps on disk")
    verbs = store.add_subparsers(dest="verb", required=True, metavar="info|clean")
    text = "say how large the store is, and what takes the room"
    info = verbs.add_parser("info", help=text, description=text)
    info.add_argument("--json", action="store_true", help="one JSON object on stdout")
    info.set_defaults(run=_info)
    text = "remove what no waiting or running job needs"
    clean = verbs.add_parser("clean", help=text, description=text)
    clean.add_argument("--yes", action="store_true", help="do not ask")
    clean.set_defaults(run=_clean)


def _info(options: argparse.Namespace) -> int:
    with connect(start=False) as client:
        store = client.store()
    settings = find_paths().settings_file
    if options.json:
        say_json(
            {
                "event": "store",
                "cap": store.cap,
                "used": store.used,
                "needed": store.needed,
                "free": store.free,
                "blobs": store.blobs,
                "blob_bytes": store.blob_bytes,
                "jobs": store.jobs,
                "job_bytes": store.job_bytes,
                "settings": str(settings),
            }
        )
        return 0
    table = Table.grid(padding=(0, 2))
    table.add_column()
    table.add_column(justify="right", no_wrap=True)
    for name, nbytes, meaning in (
        ("cap", store.cap, "what the store may grow to"),
        ("used", store.used, f"{store.used / max(store.cap, 1):.0%} of the cap; of this:"),
        ("  pictures", store.blob_bytes, f"{store.blobs}, that clients sent"),
        ("  results", store.job_bytes, f"of {store.jobs} jobs, finished or not"),
        ("needed", store.needed, "by jobs that wait or run, and by clients that send one"),
        ("free", store.free, "on the store's disk"),
    ):
        table.add_row(name, decimal(nbytes), meaning)
    console().print(table)
    say("What was used longest ago goes first when room is short; what is needed never does.")
    say(f"The cap is store_gb in {settings}, read when the daemon starts.")
    return 0


def _clean(options: argparse.Namespace) -> int:
    with connect(start=False) as client:
        store = client.store()
        if store.used <= store.needed:
            say("There is nothing to remove.")
            return 0
        say(_plan(store))
        if not options.yes:
            _ask()
        cleaned = client.clean()
    say(f"Freed {decimal(cleaned.freed)}; the store now holds {decimal(cleaned.used)}.")
    return 0


def _plan(store: m.StoreReply) -> str:
    return (
        f"This removes {decimal(store.used - store.needed)} of {decimal(store.used)}: results of "
        "jobs that have ended, and pictures that no waiting or running job needs. A job that is "
        "run again will be sent and restored anew."
    )


def _ask() -> None:
    """Go on only if the person says so.

    Raises:
        SettingsError: nobody is there to be asked.
        CancelledError: they said no.
    """
    if not sys.stdin.isatty():
        raise SettingsError("Nobody is there to be asked.", "Add --yes to remove it all the same.")
    try:
        agreed = Confirm.ask("Remove it?", default=False)
    except EOFError:
        agreed = False
    if not agreed:
        raise CancelledError("Nothing was removed.")
