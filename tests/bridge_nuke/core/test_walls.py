"""The code that runs inside Nuke: Python 3.9, and nothing but the standard library."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[3] / "bridge_nuke" / "sparkvsr_nuke"
LINK = PACKAGE.parents[1] / "daemon"
LONGEST = 250  # lines of a module


def test_the_syntax_and_the_library_calls_are_those_of_python_3_9() -> None:
    vermin = Path(sys.executable).parent / "vermin"
    command = [str(vermin), "--target=3.9-", "--violations", str(PACKAGE)]
    found = subprocess.run(command, capture_output=True, text=True)
    assert found.returncode == 0, found.stdout


def test_the_core_imports_in_a_python_that_has_nothing_else() -> None:
    program = (
        f"import sys; sys.path += {[str(PACKAGE.parent), str(LINK)]!r}; import sparkvsr_nuke.core; "
        "assert 'nuke' not in sys.modules"
    )
    subprocess.run([sys.executable, "-S", "-I", "-c", program], check=True)


def test_modules_of_the_core_are_short() -> None:
    for module in (PACKAGE / "core").glob("*.py"):
        assert len(module.read_text(encoding="utf-8").splitlines()) <= LONGEST, module
