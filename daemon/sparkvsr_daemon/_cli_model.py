"""`sparkvsr model pull`, `list`, `verify` and `remove`: the weights of the SparkVSR model."""

from __future__ import annotations

import argparse
import logging
import sys
from types import TracebackType
from typing import Any, Self

import msgspec
from rich.console import Console
from rich.filesize import decimal
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)
from rich.table import Table

from sparkvsr import CancelledError, InputError, JobError, Notified
from sparkvsr.weights import (
    DEFAULT_REPO,
    Model,
    PullDone,
    PullStarted,
    Transferred,
    WeightsEvent,
    find_model,
    list_models,
    list_unfinished,
    pull,
    remove,
    verify,
)

SHORT_COMMIT = 12


def add_commands(commands: Any) -> None:
    """Add `model` to the parser; argparse's own type for it is private."""
    model = commands.add_parser("model", help="fetch, list, verify or remove weights")
    verbs = model.add_subparsers(dest="verb", required=True, metavar="pull|list|verify|remove")
    text = "fetch a model, or go on with fetching it"
    fetch = verbs.add_parser("pull", help=text, description=text)
    fetch.add_argument(
        "repo", nargs="?", default=DEFAULT_REPO, metavar="REPO", help=f"default {DEFAULT_REPO}"
    )
    fetch.add_argument("--revision", metavar="R", help="branch, tag or commit")
    fetch.set_defaults(run=_pull)
    text = "say which models are here"
    verbs.add_parser("list", help=text, description=text).set_defaults(run=_list)
    text = "read every file of a model again and name those that differ"
    check = verbs.add_parser("verify", help=text, description=text)
    check.add_argument(
        "repo", nargs="?", metavar="REPO", help="default: the one that the engine uses"
    )
    check.set_defaults(run=_verify)
    text = "delete a model, or what an interrupted pull has left of it"
    delete = verbs.add_parser("remove", help=text, description=text)
    delete.add_argument("repo", metavar="REPO")
    delete.set_defaults(run=_remove)
    for verb in verbs.choices.values():
        verb.add_argument("--json", action="store_true", help="one JSON event a line on stdout")


def _pull(options: argparse.Namespace) -> int:
    # Its warnings about attempts that it repeats would tear the bar.
    logging.getLogger("huggingface_hub").setLevel(logging.ERROR)
    with _Display(options.json) as display:
        pull(options.repo, options.revision, on_event=display.show)
    return 0


def _list(options: argparse.Namespace) -> int:
    used, finished, unfinished = find_model(), list_models(), list_unfinished()
    if used and used not in finished:  # the folder that SPARKVSR_MODEL names
        finished.insert(0, used)
    if options.json:
        for model in (*finished, *unfinished):
            _print_json(
                {
                    "event": "model",
                    "repo": model.repo,
                    "revision": model.revision,
                    "fetched": model.fetched,
                    "bytes": model.bytes,
                    "folder": str(model.folder),
                    "complete": model in finished,
                    "used": model == used,
                }
            )
        return 0
    if not (finished or unfinished):
        _say(f"No models are here. `sparkvsr model pull` fetches {DEFAULT_REPO}.")
        return 0
    table = Table(box=None, pad_edge=False)
    for column in ("model", "state", "size", "commit", "folder"):
        table.add_column(column, justify="right" if column == "size" else "left", overflow="fold")
    for model in (*finished, *unfinished):
        state = "unfinished" if model in unfinished else "used" if model == used else "here"
        table.add_row(
            model.repo or "your own",
            state if model.embedding or model in unfinished else f"{state}, no embedding",
            decimal(model.bytes),
            (model.revision or "")[:SHORT_COMMIT],
            str(model.folder),
        )
    Console(highlight=False).print(table)
    return 0


def _verify(options: argparse.Namespace) -> int:
    model = _find(options.repo, list_models()) if options.repo else find_model()
    if model is None:
        raise InputError("No model is here.", "Fetch one with `sparkvsr model pull`.")
    with _Display(options.json) as display:
        problems = verify(model, on_event=display.show)
    for problem in problems:
        if options.json:
            _print_json({"event": "problem", "file": problem.file, "what": problem.what})
        else:
            _say(f"{problem.file} {problem.what}")
    if problems:
        raise JobError(
            f"{len(problems)} files of {model.repo or model.folder} are not as they were fetched.",
            "Delete them and run `sparkvsr model pull` again: only they are fetched.",
        )
    if options.json:
        _print_json({"event": "done", "repo": model.repo, "bytes": model.bytes})
    else:
        _say(f"{model.repo or model.folder} is as it was fetched, {decimal(model.bytes)}.")
    return 0


def _remove(options: argparse.Namespace) -> int:
    model = _find(options.repo, [*list_models(), *list_unfinished()])
    remove(model)
    if options.json:
        _print_json({"event": "done", "repo": model.repo, "bytes": model.bytes})
    else:
        _say(f"{model.repo} is deleted, {decimal(model.bytes)}.")
    return 0


def _find(repo: str, models: list[Model]) -> Model:
    for model in models:
        if model.repo == repo:
            return model
    raise InputError(f"No model {repo} is here.", "`sparkvsr model list` shows what is here.")


class _Display:
    """Shows events as JSON lines, or as text with a live bar where stdout is a terminal."""

    def __init__(self, as_json: bool) -> None:
        self.show = _print_json if as_json else self._show
        self._console = Console(highlight=False)
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=None),
            DownloadColumn(),
            TransferSpeedColumn(),
            TimeRemainingColumn(),
            console=self._console,
            disable=as_json or not self._console.is_terminal,
            expand=True,
            transient=True,
        )
        self._stages: dict[str, TaskID] = {}

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bar.stop()
        if kind is KeyboardInterrupt:
            raise CancelledError(
                "Stopped; what has arrived is kept.", "The same command goes on where it stopped."
            ) from None

    def _show(self, event: WeightsEvent) -> None:
        match event:
            case PullStarted():
                self._print(
                    f"{event.repo} at {event.revision[:SHORT_COMMIT]}, {event.files} files, "
                    f"{decimal(event.bytes)} → {event.folder}"
                )
            case Notified():
                self._print(f"{event.kind}: {event.text}")
            case Transferred():
                if event.stage not in self._stages:
                    self._stages[event.stage] = self._bar.add_task(event.stage, total=event.of)
                self._bar.update(self._stages[event.stage], completed=event.bytes)
            case PullDone():
                self._print(f"{event.repo} is here: {event.folder}, {decimal(event.bytes)}")

    def _print(self, text: str) -> None:
        self._console.print(text, markup=False, soft_wrap=True)


def _print_json(event: Any) -> None:
    sys.stdout.write(msgspec.json.encode(event).decode() + "\n")
    sys.stdout.flush()


def _say(text: str) -> None:
    Console(highlight=False).print(text, markup=False, soft_wrap=True)
