"""Making a version's folder whole."""

from __future__ import annotations

from pathlib import Path

from .bundle import check_wheels
from .environment import Environment
from .files import copy_tree, is_trash, remove_tree, tree_digests, write_whole
from .installation import Installation
from .plan import Plan
from .running import start_agent_once
from .steps import step
from .version import COPIED, Record, Version


def make_version(plan: Plan) -> Record:
    """Make all of a version; one that is whole is used as it is.

    Raises:
        StepError: with one sentence; the version does not count then.
        OSError: a file cannot be written.
    """
    source, version = plan.source, plan.version
    environment = Environment(version.environment, source.root)
    there = version.read()
    changed = version.changed() if there else _files_left(version)
    for path in changed:
        if path.is_file():
            _keep(plan.installation, version, path)
    if there and environment.runs():
        print(f"Using {version.folder}, which is here already", flush=True)
        for path in changed:  # each by itself: hosts may be using this version
            path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(path, (source.root / path.relative_to(version.folder)).read_bytes())
        return there
    version.complete_file.unlink(missing_ok=True)
    for name in COPIED:  # before there is an environment, by which `is_left` knows what is ours
        remove_tree(version.folder / name)
    if source.bundle is not None:
        check_wheels(source.root, source.bundle)
    environment.ensure(source.contents(plan.torch_index))
    with step("Copying what hosts load"):
        for name in COPIED:
            remove_tree(version.folder / name)  # what a killed run has copied of it
            copy_tree(source.root / name, version.folder / name)
    record = Record.of(version.folder, environment.python, source.version, plan.torch_index)
    start_agent_once(record, private=plan.installation.private)
    version.complete(record, tree_digests(version.folder, COPIED))
    return record


def _files_left(version: Version) -> list[Path]:
    if not version.is_left:
        return []
    return [path for path in version.folder.rglob("*") if path.is_file() and not is_trash(path)]


def _keep(installation: Installation, version: Version, path: Path) -> None:
    """What somebody changed in a version's files is kept before they are written again."""
    content = path.read_bytes()
    kept = installation.backups / version.folder.name / path.relative_to(version.folder)
    number = 1
    while kept.exists() and kept.read_bytes() != content:
        number += 1
        kept = kept.with_name(f"{path.name}-{number}")
    kept.parent.mkdir(parents=True, exist_ok=True)
    write_whole(kept, content)
    print(f"{path} was changed: what it was is kept in {kept}", flush=True)
