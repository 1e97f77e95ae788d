"""What may stand behind `python3 installer`; read before anything is installed."""

from __future__ import annotations

import argparse
from pathlib import Path

CLIPS = ("bigbuckbunny", "bikes")

HELP = """\
python3 installer VERB

  install [--replace]    make .venv, install SparkVSR into it, and write install.json into
                         your SparkVSR data folder, where host applications look for it
  demo [--out DIR] [--clip bigbuckbunny|bikes]
                         make .venv, install SparkVSR into it, and restore a real clip
                         through the daemon
  test [PYTEST OPTION...]
                         make .venv, install what the tests need, and run them

Exit status: 10 when setting up failed, 2 for an unknown verb or option, 130 after Ctrl-C,
otherwise that of the demo or of pytest.
"""


def install_parser() -> argparse.ArgumentParser:
    """The options of `install`."""
    parser = argparse.ArgumentParser(
        prog="python3 installer install",
        description="Install SparkVSR into .venv, and let host applications of this user find it.",
    )
    parser.add_argument(
        "--replace", action="store_true", help="let them use this checkout in place of another one"
    )
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
