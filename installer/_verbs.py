"""`install`, `uninstall`, `rollback`, `status` and `doctor`: what they say, ask and return."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from _checkout import checkout_environment
from _options import bundle_parser, install_parser, installed_parser, uninstall_parser
from sparkvsr_installer import uninstall as removing
from sparkvsr_installer.bridges import bridge_states
from sparkvsr_installer.bundle import make_bundle
from sparkvsr_installer.hosts import TITLES
from sparkvsr_installer.install import install as do_install
from sparkvsr_installer.install import roll_back
from sparkvsr_installer.installation import Installation
from sparkvsr_installer.machine import Machine
from sparkvsr_installer.plan import Plan, Wishes, make_plan
from sparkvsr_installer.running import run_sparkvsr
from sparkvsr_installer.source import Source
from sparkvsr_installer.steps import StepError
from sparkvsr_installer.terminal import ask, say, say_table
from sparkvsr_installer.version import Record, Version

LEFT_TO_DO = 11
_PYTHON = "py" if sys.platform == "win32" else "python3"
_CLICK = {
    "nuke": "start Nuke again, then: Nodes toolbar > SparkVSR, or Tab and type SparkVSR",
    "resolve": "restart Resolve Studio, then: Workspace > Scripts > SparkVSR panel",
}


def install(root: Path, machine: Machine, arguments: Sequence[str]) -> int:
    """Say what would be done, ask once, do it, and say what to click."""
    parser = install_parser()
    options = parser.parse_args(arguments)
    if options.develop and (options.shared or options.torch_index is not None):
        parser.error("--develop goes with neither --shared nor --torch-index")
    if options.shared and (options.host or options.weights):
        parser.error("--shared touches no host and fetches no weights: those are each user's own")
    if "@" in (options.torch_index or ""):
        parser.error("--torch-index is written down: keep its password in pip's own settings")
    source = Source.at(root)
    shared = options.shared.absolute() if options.shared else None
    hosts = tuple(options.host) if options.host else None
    plan = make_plan(machine, source, Wishes(shared, hosts, options.torch_index, options.develop))
    say("SparkVSR, keyframe-guided restoration for Nuke and DaVinci Resolve\n")
    say_table(plan.rows())
    say()
    if options.dry_run:
        say("Nothing was changed.")
        return 0
    answer = "y"
    if not options.yes:
        answers = {"y": "yes"}
        if not (plan.weights_here or shared):
            answers["w"] = "yes, and fetch the weights (23 GB)"
        answer = ask("Do this?", answers)
        if not answer:
            say("Nothing was changed.")
            return 0
    checkout = checkout_environment(root, tests=False) if options.develop else None
    record, notes = do_install(plan, checkout)
    if (options.weights or answer == "w") and run_sparkvsr(record, ["model", "pull"], root):
        go_on = _command(record.programs / "sparkvsr", "model", "pull")
        notes.append(f"The weights were not fetched; go on with: {go_on}")
    _say_ending(plan, record, notes)
    return LEFT_TO_DO if notes else 0


def uninstall(root: Path, machine: Machine, arguments: Sequence[str]) -> int:
    """Say what would be taken out, ask once, and do it."""
    options = uninstall_parser().parse_args(arguments)
    installation = _installation(root, options.shared, machine)
    rows = list(removing.rows(installation))
    if not removing.is_there(installation):
        say(f"SparkVSR is not installed in {installation.folder}.")
        return 0
    say_table(rows)
    say()
    if options.dry_run or not (options.yes or ask("Take it out?", {"y": "yes"})):
        say("Nothing was changed.")
        return 0
    notes = removing.uninstall(installation)
    for note in notes:
        say(note)
    say("SparkVSR is taken out. Nuke and Resolve notice when they start again.")
    return LEFT_TO_DO if notes else 0


def rollback(root: Path, machine: Machine, arguments: Sequence[str]) -> int:
    """Let hosts use the version before again."""
    text = "Let hosts use the version before again; a second time undoes that."
    options = installed_parser("rollback", text).parse_args(arguments)
    installation = _installation(root, options.shared, machine)
    record, notes = roll_back(installation)
    for note in notes:
        say(note)
    say(f"Hosts use {record.root} from their next start on.")
    return LEFT_TO_DO if notes else 0


def status(root: Path, machine: Machine, arguments: Sequence[str]) -> int:
    """Which versions are there, and how the bridges stand."""
    options = installed_parser("status", "Say what is installed.").parse_args(arguments)
    installation = _installation(root, options.shared, machine)
    record = installation.read_record()
    rows = [("in use", f"{record.version}: {record.root}" if record else "nothing")]
    if record and record.previous:
        rows.append(("before", f"{record.previous.version}: {record.previous.root}"))
    for path in installation.version_folders():
        if Version(path).read() is None:
            rows.append(("unfinished", f"{path}: run the installer again"))
    for path in installation.left_folders():
        rows.append(("left", f"{path}: files that were changed in a version that is taken out"))
    rows += [
        (TITLES[state.host].split()[-1], f"{state.text}. {state.hint}".strip(" ."))
        for state in bridge_states(machine, installation)
    ]
    say_table(rows)
    return 0


def doctor(root: Path, machine: Machine, arguments: Sequence[str]) -> int:
    """`sparkvsr doctor` of the version in use."""
    installation = _installation(root, None, machine)
    record = installation.read_record()
    if record is None:
        raise StepError(f"SparkVSR is not installed in {installation.folder}: run the installer.")
    return run_sparkvsr(record, ["doctor", *arguments], Path.cwd())


def bundle(root: Path, arguments: Sequence[str]) -> int:
    """Make a folder that installs without a network."""
    options = bundle_parser().parse_args(arguments)
    folder = options.folder.absolute()
    source = Source.at(root)
    notes = make_bundle(
        source,
        checkout_environment(root, tests=False),
        folder,
        platform=options.platform,
        python=options.python,
        torch_index=options.torch_index,
    )
    for note in notes:
        say(f"To do: {note}")
    say(f"{folder} holds everything; there, without a network: {_command(_PYTHON, 'installer')}")
    return LEFT_TO_DO if notes else 0


def _installation(root: Path, shared: Path | None, machine: Machine) -> Installation:
    """The one that is named, that this installer lies in, or this user's."""
    if shared:
        return Installation(shared.absolute())
    if Version(root).read():
        return Installation(root.parents[1])
    return Installation(machine.data_folder)


def _say_ending(plan: Plan, record: Record, notes: Sequence[str]) -> None:
    say()
    for note in notes:
        say(f"To do: {note}")
    say(f"SparkVSR {record.version} is installed.")
    shared = plan.wishes.shared
    rows = [(TITLES[host].split()[-1], _CLICK[host]) for host in plan.hosts]
    if shared:
        rows = [
            ("Nuke", f"have your launcher set NUKE_PATH to {plan.installation.nuke}"),
            ("Resolve", f"copy what is in {plan.scripts} to Fusion/Scripts/Utility of each artist"),
            ("Python", f"the one in {sys.base_prefix} must be there on every machine"),
        ]
    sparkvsr, installer = record.programs / "sparkvsr", Path(record.root) / "installer"
    rows += [
        ("terminal", _command(sparkvsr)),
        ("trouble", _command(sparkvsr, "doctor")),
        ("take out", _command(_PYTHON, installer, "uninstall")),
    ]
    if record.previous:
        rows.append(("go back", _command(_PYTHON, installer, "rollback")))
    say_table(rows)


def _command(*words: str | Path) -> str:
    """As it is typed: with quotes where a path needs them, which PowerShell must be told of."""
    typed = " ".join(f'"{word}"' if " " in str(word) else str(word) for word in words)
    return f"& {typed}" if sys.platform == "win32" and typed.startswith('"') else typed
