"""What pip says, and the sentence that a person reads instead."""

from __future__ import annotations

from pathlib import Path

import pytest

from sparkvsr_installer.pip_failure import explain_pip, explain_venv


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        (
            "WARNING: Retrying (Retry(total=0)) after connection broken by 'NewConnectionError("
            "Failed to establish a new connection: [Errno -2] Name or service not known')'\n"
            "ERROR: Could not find a version that satisfies the requirement av (from versions: )\n"
            "ERROR: No matching distribution found for av\n",
            "cannot be reached",
        ),
        (
            "WARNING: Retrying, connection broken by 'ProxyError('Cannot connect to proxy.')'\n"
            "ERROR: No matching distribution found for av\n",
            "cannot be reached",
        ),
        (
            "Could not fetch URL: There was a problem confirming the ssl certificate: SSLError(\n"
            "ERROR: No matching distribution found for av\n",
            "certificate",
        ),
        (
            "Installing collected packages: torch\n"
            "ERROR: Could not install packages due to an OSError: "
            "[Errno 28] No space left on device\n",
            "no space left",
        ),
        (
            "ERROR: Could not find a version that satisfies the requirement torch==2.13.0\n"
            "ERROR: No matching distribution found for torch==2.13.0\n",
            "No build of torch==2.13.0",
        ),
        (
            "ERROR: Could not install packages due to an OSError: "
            "[Errno 13] Permission denied: '/x/.venv/lib/y.py'\n",
            "Permission was denied for /x/.venv/lib/y.py",
        ),
        ("ERROR: ResolutionImpossible: for help visit a page\n", "ResolutionImpossible"),
        ("torch 2.13.0 has requirement sympy>=1.13, but you have sympy 1.0.\n", "sympy>=1.13"),
        ("", "all that it said is in"),
    ],
)
def test_the_cause_is_told_in_one_line(tmp_path: Path, said: str, sentence: str) -> None:
    told = explain_pip(said, tmp_path, tmp_path / "pip.log")
    assert sentence in told
    assert "\n" not in told


def test_an_early_retry_that_went_well_is_not_taken_for_the_cause(tmp_path: Path) -> None:
    said = "WARNING: Retrying after ReadTimeoutError\n" + "Collecting more\n" * 100
    said += "ERROR: No matching distribution found for torch==2.13.0\n"
    assert "No build of torch" in explain_pip(said, tmp_path, tmp_path / "pip.log")


def test_a_python_without_its_venv_module_is_called_that(tmp_path: Path) -> None:
    debian = (
        "The virtual environment was not created successfully because ensurepip is not\n"
        "available.  On Debian/Ubuntu systems, you need to install the python3-venv\n"
        "package using the following command.\n"
    )
    told = explain_venv(debian, tmp_path, tmp_path / "log")
    assert "python3-venv" in told
    assert "\n" not in told
