"""`sparkvsr model`: fetch, import, list, verify and remove the weights of the SparkVSR model."""

from __future__ import annotations

import argparse
import logging
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.filesize import decimal
from rich.table import Table

from sparkvsr import InputError, JobError
from sparkvsr.weights import (
    DEFAULT_REPO,
    Model,
    find_model,
    import_model,
    list_models,
    list_unfinished,
    pull,
    remove,
    verify,
    weights_list,
    write_list,
)

from ._cli_model_show import SHORT_DIGEST, Display, print_json, say


def add_commands(commands: Any) -> None:
    """Add `model` to the parser; argparse's own type for it is private."""
    model = commands.add_parser("model", help="fetch, import, list, verify or remove weights")
    verbs = model.add_subparsers(
        dest="verb", required=True, metavar="pull|files|import|list|verify|remove"
    )
    text = "fetch a model, or go on with fetching it"
    fetch = verbs.add_parser("pull", help=text, description=text)
    fetch.set_defaults(run=_pull)
    text = "say which files a machine without a network needs"
    files = verbs.add_parser("files", help=text, description=text)
    files.add_argument(
        "--output", type=Path, metavar="FILE", help="also write them as a weights list, for import"
    )
    files.set_defaults(run=_files)
    for verb in (fetch, files):
        verb.add_argument(
            "repo", nargs="?", default=DEFAULT_REPO, metavar="REPO", help=f"default {DEFAULT_REPO}"
        )
        verb.add_argument("--revision", metavar="R", help="branch, tag or commit")
    text = "take in a model that was copied by hand, and verify every byte of it"
    take = verbs.add_parser("import", help=text, description=text)
    take.add_argument("folder", type=Path, metavar="FOLDER", help="has model_index.json in it")
    take.add_argument(
        "--list",
        type=Path,
        metavar="FILE",
        help="weights list; default the manifest.json in FOLDER, or weights.json in or beside it",
    )
    take.set_defaults(run=_import)
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
    with Display(options.json) as display:
        pull(options.repo, options.revision, on_event=display.show)
    return 0


def _files(options: argparse.Namespace) -> int:
    weights = weights_list(options.repo, options.revision)
    if options.output:
        write_list(weights, options.output)
    if options.json:
        print_json(weights)
        return 0
    width = max(len(file.path) for file in weights.wanted)
    for file in weights.wanted:  # each on one line, for `grep`
        say(f"{file.path:{width}} {decimal(file.bytes):>9} {file.digest[:SHORT_DIGEST]}")
    total = decimal(sum(file.bytes for file in weights.wanted))
    say(f"{weights.repo} at {weights.revision[:SHORT_DIGEST]}, {total} in all.")
    if weights.embedding:
        say(f"{weights.embedding.path} is published at {weights.embedding.url}")
    if options.output:
        say(f"The weights list is {options.output}.")
    return 0


def _import(options: argparse.Namespace) -> int:
    with Display(options.json) as display:
        import_model(options.folder, options.list, on_event=display.show)
    return 0


def _list(options: argparse.Namespace) -> int:
    used, finished, unfinished = find_model(), list_models(), list_unfinished()
    if used and used not in finished:  # the folder that SPARKVSR_MODEL names
        finished.insert(0, used)
    if options.json:
        for model in (*finished, *unfinished):
            print_json(
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
        say(f"No models are here. `sparkvsr model pull` fetches {DEFAULT_REPO}.")
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
            (model.revision or "")[:SHORT_DIGEST],
            str(model.folder),
        )
    Console(highlight=False).print(table)
    return 0


def _verify(options: argparse.Namespace) -> int:
    model = _find(options.repo, list_models()) if options.repo else find_model()
    if model is None:
        raise InputError("No model is here.", "Fetch one with `sparkvsr model pull`.")
    with Display(options.json) as display:
        problems = verify(model, on_event=display.show)
    for problem in problems:
        if options.json:
            print_json({"event": "problem", "file": problem.file, "what": problem.what})
        else:
            say(f"{problem.file} {problem.what}")
    if problems:
        raise JobError(
            f"{len(problems)} files of {model.repo or model.folder} are not as they were fetched.",
            "Delete them and run `sparkvsr model pull` or `import` again: only they are brought.",
        )
    if options.json:
        print_json({"event": "done", "repo": model.repo, "bytes": model.bytes})
    else:
        say(f"{model.repo or model.folder} is as it was fetched, {decimal(model.bytes)}.")
    return 0


def _remove(options: argparse.Namespace) -> int:
    model = _find(options.repo, [*list_models(), *list_unfinished()])
    remove(model)
    if options.json:
        print_json({"event": "done", "repo": model.repo, "bytes": model.bytes})
    else:
        say(f"{model.repo} is deleted, {decimal(model.bytes)}.")
    return 0


def _find(repo: str, models: list[Model]) -> Model:
    for model in models:
        if model.repo == repo:
            return model
    raise InputError(f"No model {repo} is here.", "`sparkvsr model list` shows what is here.")
