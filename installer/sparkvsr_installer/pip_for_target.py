"""pip, resolving for another system: `python pip_for_target.py MARKERS PIP_ARGUMENT...`.

`pip download --platform` picks the wheels of another system, but asks the running one which
requirements apply at all (`; sys_platform == "win32"`): Windows would be left without colorama and
get CUDA's libraries for Linux. Here the markers of the other system, given as JSON, decide.
`bundle.missing` checks afterwards what has come of it, in case another pip keeps them elsewhere.
"""

from __future__ import annotations

import json
import sys
from typing import Any


def main(arguments: list[str]) -> int:
    """Run pip; gives its exit status."""
    from pip._internal.cli.main import main as pip
    from pip._vendor.packaging import markers

    here: Any = markers.default_environment
    target: dict[str, str] = json.loads(arguments[0])
    vars(markers)["default_environment"] = lambda: {**here(), **target}
    return pip(arguments[1:])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
