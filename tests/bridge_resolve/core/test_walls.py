"""The code that runs beside Resolve: Python 3.9, and nothing but the standard library."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[3] / "bridge_resolve" / "sparkvsr_resolve"
LINK = PACKAGE.parents[1] / "daemon"
LONGEST = 250  # lines of a module


def test_the_syntax_and_the_library_calls_are_those_of_python_3_9() -> None:
    vermin = Path(sys.executable).parent / "vermin"
    command = [str(vermin), "--target=3.9-", "--violations", str(PACKAGE)]
    found = subprocess.run(command, capture_output=True, text=True)
    assert found.returncode == 0, found.stdout


def test_the_core_imports_in_a_python_that_has_nothing_else() -> None:
    program = (
        f"import sys; sys.path += {[str(PACKAGE.parent), str(LINK)]!r}; "
        "import sparkvsr_resolve.core; "
        "assert not {'DaVinciResolveScript', 'fusionscript'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-S", "-I", "-c", program], check=True)


def test_modules_are_short() -> None:
    for module in PACKAGE.rglob("*.py"):
        assert len(module.read_text(encoding="utf-8").splitlines()) <= LONGEST, module


def test_the_core_calls_no_api() -> None:
    """Its methods begin with a verb in capitals, as nothing of ours and of the library does."""
    method = re.compile(
        r"(Get|Set|Is|Add|Append|Delete|Export|Import|Load|Open|Save|Start|Stop)[A-Z]"
    )
    for module in (PACKAGE / "core").glob("*.py"):
        nodes = ast.walk(ast.parse(module.read_text(encoding="utf-8")))
        names = {node.attr for node in nodes if isinstance(node, ast.Attribute)}
        assert not [name for name in names if method.match(name)], module
