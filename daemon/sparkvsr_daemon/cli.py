"""The command line `sparkvsr`.

Exit codes: 0 done, 2 bad input, 3 job failed, 4 cancelled, 5 daemon unreachable (docs/cli.md).
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import NoReturn

import msgspec

from sparkvsr import Failed, SettingsError, SparkVSRError, __version__

from . import (
    _agent,
    _cli_daemon,
    _cli_doctor,
    _cli_jobs,
    _cli_keyframes,
    _cli_logs,
    _cli_model,
    _cli_preview,
    _cli_resolve,
    _cli_restore,
    _cli_store,
)


class _Parser(argparse.ArgumentParser):
    """Wrong options are errors of our tree, so that `--json` callers get them as events too."""

    def error(self, message: str) -> NoReturn:
        raise SettingsError(f"{message[:1].upper()}{message[1:]}.", f"See {self.prog} --help.")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    arguments = sys.argv[1:] if argv is None else list(argv)
    try:
        options = _parser().parse_args(arguments)
        return int(options.run(options))
    except SparkVSRError as error:
        if "--json" in arguments:
            failed = Failed(error.code, error.message, error.hint)
            sys.stdout.write(msgspec.json.encode(failed).decode() + "\n")
        else:
            sys.stderr.write(f"sparkvsr: {error.message}\n")
            if error.hint:
                sys.stderr.write(f"          {error.hint}\n")
        return error.exit_code
    except KeyboardInterrupt:
        sys.stderr.write("sparkvsr: stopped.\n")
        return 4


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="sparkvsr",
        description="Fix a few frames of a shot, get the whole shot back.",
        epilog="Exit codes: 0 done, 2 bad input, 3 job failed, 4 cancelled, 5 daemon unreachable.",
    )
    parser.add_argument("--version", action="version", version=f"sparkvsr {__version__}")
    commands = parser.add_subparsers(
        dest="command", required=True, metavar="COMMAND", parser_class=_Parser
    )
    _cli_restore.add_commands(commands)
    _cli_preview.add_commands(commands)
    _cli_keyframes.add_commands(commands)
    _cli_jobs.add_commands(commands)
    _cli_store.add_commands(commands)
    _cli_daemon.add_commands(commands)
    _cli_logs.add_commands(commands)
    _cli_doctor.add_commands(commands)
    _cli_model.add_commands(commands)
    _cli_resolve.add_commands(commands)
    _agent.add_commands(commands)
    return parser


if __name__ == "__main__":
    sys.exit(main())
