"""What may stand behind `python3 installer`; read before anything is installed."""

from __future__ import annotations

import argparse
from pathlib import Path

from sparkvsr_installer.bundle import PYTHONS, TARGETS

CLIPS = ("bigbuckbunny", "bikes")
HOSTS = ("nuke", "resolve")

HELP = """\
python3 installer [VERB] [OPTION...]

  install                what is done without a verb: look for Nuke and DaVinci Resolve, say what
                         would be done, ask once, and do it
  uninstall              take out exactly that again; weights and jobs stay
  rollback               let hosts use the version before again
  status                 what is installed, and how it stands in the hosts
  doctor [OPTION...]     examine the installation: `sparkvsr doctor` of the version in use
  bundle DIR --platform P --python V
                         make a folder that installs without a network
  demo [--out DIR] [--clip bigbuckbunny|bikes]
                         make .venv, install SparkVSR into it, and restore a real clip
                         through the daemon
  test [PYTEST OPTION...]
                         make .venv, install what the tests need, and run them

`python3 installer VERB --help` says more. Exit status: 10 when it failed, 11 when it is installed
but something is left to do, 2 for an unknown verb or option, 130 after Ctrl-C, otherwise that of
the demo, of pytest or of the doctor.
"""


def install_parser() -> argparse.ArgumentParser:
    """The options of `install`."""
    parser = argparse.ArgumentParser(
        prog="python3 installer [install]",
        description="Install SparkVSR for this user and put it into Nuke and DaVinci Resolve. "
        "Running it again repairs; a newer version stands beside the older one.",
    )
    parser.add_argument("--dry-run", action="store_true", help="only say what would be done")
    _add_yes(parser)
    parser.add_argument(
        "--weights", action="store_true", help="fetch the model's weights, too: about 23 GB"
    )
    parser.add_argument(
        "--host",
        action="append",
        choices=HOSTS,
        help="only this host, found or not; may be repeated (those that are found)",
    )
    _add_shared(parser, "install there for all artists, who set NUKE_PATH to DIR/nuke")
    _add_torch_index(parser)
    parser.add_argument(
        "--develop",
        action="store_true",
        help="let hosts use this checkout as it stands, with its .venv: for work on SparkVSR",
    )
    return parser


def uninstall_parser() -> argparse.ArgumentParser:
    """The options of `uninstall`."""
    parser = argparse.ArgumentParser(
        prog="python3 installer uninstall",
        description="Take SparkVSR out of the hosts and off the disk. Files that were changed "
        "since, weights, and what jobs have left stay, and are named.",
    )
    parser.add_argument("--dry-run", action="store_true", help="only say what would be done")
    _add_yes(parser)
    _add_shared(parser, "the installation in this folder")
    return parser


def installed_parser(verb: str, text: str) -> argparse.ArgumentParser:
    """The options of what only needs an installation: `rollback`, `status`."""
    parser = argparse.ArgumentParser(prog=f"python3 installer {verb}", description=text)
    _add_shared(parser, "the installation in this folder")
    return parser


def bundle_parser() -> argparse.ArgumentParser:
    """The options of `bundle`."""
    parser = argparse.ArgumentParser(
        prog="python3 installer bundle",
        description="Make a folder with everything that SparkVSR needs on another machine, which "
        "has no network. It needs one here.",
    )
    parser.add_argument("folder", type=Path, metavar="DIR", help="the new folder")
    parser.add_argument("--platform", choices=TARGETS, required=True, help="of that machine")
    parser.add_argument("--python", choices=PYTHONS, required=True, help="of that machine")
    _add_torch_index(parser)
    return parser


def demo_parser() -> argparse.ArgumentParser:
    """The options of `demo`."""
    parser = argparse.ArgumentParser(
        prog="python3 installer demo",
        description="Restore a real clip, made 4 times smaller, from a keyframe every 24 frames.",
    )
    parser.add_argument(
        "--out",
        type=Path,
        default=Path("demo-out"),
        metavar="DIR",
        help="where the results go (%(default)s)",
    )
    parser.add_argument("--clip", choices=CLIPS, default=CLIPS[0], help="the footage (%(default)s)")
    return parser


def _add_yes(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--yes", action="store_true", help="do not ask")


def _add_torch_index(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--torch-index",
        metavar="ADDRESS",
        help="take PyTorch, and nothing else, from this package index; installing remembers it",
    )


def _add_shared(parser: argparse.ArgumentParser, text: str) -> None:
    parser.add_argument("--shared", type=Path, metavar="DIR", help=text)
