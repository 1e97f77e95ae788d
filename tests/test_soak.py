"""The parts of scripts/soak that judge: what they call unfair, and what they write into a page."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from footage import make_picture

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(autouse=True)
def scripts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))


def module(name: str) -> Any:
    return importlib.import_module(f"soaking.{name}")


def in_turns(clients: int, jobs: int) -> dict[int, list[float]]:
    return {c: [float(j * clients + c) for j in range(jobs)] for c in range(clients)}


def test_taking_turns_is_fair_and_one_after_the_other_is_not() -> None:
    unfairness = module("clients").unfairness
    assert unfairness(in_turns(8, 20)) == 2.0
    one_by_one = {c: [float(c * 20 + j) for j in range(20)] for c in range(8)}
    assert unfairness(one_by_one) == 19.0  # the twentieth was its last: it waits no more


def test_a_client_that_has_all_it_wanted_is_no_measure_for_the_others() -> None:
    times = in_turns(3, 10) | {3: [0.5]}
    assert module("clients").unfairness(times) == 2.0


def test_a_client_that_gets_nothing_is_seen() -> None:
    times = in_turns(2, 10) | {2: [float(at) for at in range(100, 110)]}
    assert module("clients").unfairness(times) == 9.0


def test_every_pixel_that_differs_in_a_bit_counts_and_every_one_that_is_missing(
    tmp_path: Path,
) -> None:
    wrong_pixels = module("_shots").wrong_pixels
    frames = [np.full((4, 6, 3), value, np.float16) for value in (0.0, 0.5, 1.0)]
    for name in ("right", "other", "short"):
        for number, frame in enumerate(frames[: 2 if name == "short" else 3]):
            picture = frame.copy()
            if name == "other" and number == 0:
                picture[0, 0] = -0.0
                picture[3, 5, 2] = 1e-7
            make_picture(tmp_path / name / f"{number:04d}.exr", picture)
    right = tmp_path / "right" / "####.exr"
    assert wrong_pixels(right, right) == 0
    assert wrong_pixels(tmp_path / "other" / "####.exr", right) == 2
    assert wrong_pixels(tmp_path / "short" / "####.exr", right) == 24


def test_percentiles_are_values_that_were_measured() -> None:
    percentile = module("_measure").percentile
    values = [5.0, 1.0, 3.0, 2.0, 4.0]
    assert [percentile(values, share) for share in (0.0, 0.2, 0.5, 0.95, 1.0)] == [1, 1, 3, 5, 5]


def test_a_report_replaces_what_stands_between_its_markers_and_nothing_else(tmp_path: Path) -> None:
    report = module("_report")
    page = tmp_path / "page.md"
    page.write_text(
        "before\n<!-- soak: kill -->\nold | text\n<!-- /soak: kill -->\nafter\n"
        "<!-- soak: fuzz -->\nkept\n<!-- /soak: fuzz -->\n"
    )
    outcome = report.Outcome("kill")
    outcome.expect("wrong pixels", r"3 | \1", "0", False)
    assert not outcome.ok
    for _ in range(2):  # a second time over the first
        report.write_report(page, [outcome], " --seed 1")
    text = page.read_text()
    assert text.startswith("before\n<!-- soak: kill -->\n`scripts/soak kill --seed 1`")
    assert r"| wrong pixels | 3 \| \1 | 0 | **NO** |" in text
    assert "old" not in text
    assert text.endswith("after\n<!-- soak: fuzz -->\nkept\n<!-- /soak: fuzz -->\n")


def test_a_page_without_a_place_for_a_subject_is_left_alone(tmp_path: Path) -> None:
    report = module("_report")
    page = tmp_path / "page.md"
    page.write_text("nothing")
    with pytest.raises(ValueError, match="no markers for kill"):
        report.write_report(page, [report.Outcome("kill")], "")
    assert page.read_text() == "nothing"


def test_the_page_of_reliability_has_a_place_for_every_subject() -> None:
    page = (ROOT / "docs" / "reliability.md").read_text(encoding="utf-8")
    for subject in module("__main__").SUBJECTS:
        markers = f"<!-- soak: {subject} -->", f"<!-- /soak: {subject} -->"
        assert [page.count(marker) for marker in markers] == [1, 1]


def test_the_process_that_measures_loads_no_tensor_library() -> None:
    names = [f"soaking.{name}" for name in (*module("__main__").SUBJECTS, "_actors")]
    code = f"import sys, {', '.join(names)}; print({{'torch', 'diffusers'}} & sys.modules.keys())"
    run = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ
        | {"PYTHONPATH": os.pathsep.join(str(ROOT / f) for f in ("scripts", "tests"))},
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout.strip() == "set()"
