"""A bundle: made for any system, complete, and installed without a network."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from shutil import which

import pytest

from footage import read_frames, real_clip
from hub_server import pipeline, serve
from sparkvsr.media import read_picture, write_picture
from sparkvsr.weights import DEFAULT_REPO
from sparkvsr_installer.bundle import PYTHONS, TARGETS, missing
from wheels import write_wheel

ROOT = Path(__file__).resolve().parents[2]
HERE = f"{sys.version_info.major}.{sys.version_info.minor}"
PACKAGES = {
    "sparkvsr",
    "sparkvsr_daemon",
    "sparkvsr_link",
    "sparkvsr_nuke",
    "sparkvsr_resolve",
    "sparkvsr_installer",
}
OFFLINE = {
    "PIP_NO_INDEX": "1",
    "PIP_CONFIG_FILE": os.devnull,
    "PIP_FIND_LINKS": "",
    "HF_ENDPOINT": "http://127.0.0.1:9",  # the discard port: nobody listens there
}


# Where the system can, the installer runs where there is no network at all.
_NO_NETWORK = ["unshare", "--map-root-user", "--net"]
CUT_OFF = _NO_NETWORK if which("unshare") and not subprocess.call([*_NO_NETWORK, "true"]) else []


def installer(
    root: Path, *arguments: str, within: Sequence[str] = (), **environ: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*within, sys.executable, root / "installer", *arguments],
        env={**os.environ, **environ},
        capture_output=True,
        text=True,
    )


def tops_of_the_wheel(python: Path) -> set[str]:
    """What the wheel has put into an environment's site-packages, less its metadata."""
    (record,) = python.parents[1].glob("lib/python*/site-packages/sparkvsr-*.dist-info/RECORD")
    names = {line.partition("/")[0] for line in record.read_text().splitlines()}
    return {name for name in names if name != ".." and not name.endswith(".dist-info")}


def assert_it_restores(sparkvsr: Path, folder: Path) -> None:
    """Real footage, by the wheel's own command line and daemon."""
    frames = read_frames(real_clip("bikes.mp4"))[:10]
    for number, frame in enumerate(frames):
        write_picture(folder / f"plate.{number:04d}.png", frame[::4, ::4])
    write_picture(folder / "key.png", frames[3])
    environ = {"PATH": os.environ["PATH"], "SPARKVSR_HOME": str(folder / "state")}
    plate, out = ("plate.####.png", "-k", "3=key.png"), ("-o", "out.####.png", "--upscale", "4")
    try:
        done = subprocess.run(
            [sparkvsr, "restore", *plate, *out],
            cwd=folder,
            env=environ,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
    finally:
        subprocess.run([sparkvsr, "daemon", "stop"], env=environ, capture_output=True)
    assert len(list(folder.glob("out.*.png"))) == 10
    assert (read_picture(folder / "out.0003.png") == read_picture(folder / "key.png")).all()


@pytest.mark.parametrize(
    ("platform", "lacking"),
    [
        ("linux-x86_64", ["triton"]),
        ("windows-x86_64", ["colorama"]),
        ("macos-arm64", []),
    ],
)
def test_what_a_system_would_lack_is_found_whatever_system_asks(
    tmp_path: Path, platform: str, lacking: list[str]
) -> None:
    write_wheel(
        tmp_path,
        "torch",
        "2.13.0",
        "Typing_Extensions>=4",
        'triton; platform_system == "Linux" and platform_machine == "x86_64"',
        'colorama; sys_platform == "win32"',
        'pytest; extra == "test"',
        'tomli; python_version < "3.11"',
    )
    write_wheel(tmp_path, "typing_extensions", "4.16.0")
    markers = {**TARGETS[platform].markers, "python_version": "3.12"}
    assert missing(tmp_path, markers, Path(sys.executable)) == lacking


def test_only_pythons_that_we_run_on_can_be_named() -> None:
    assert all(tuple(map(int, version.split("."))) >= (3, 11) for version in PYTHONS)


def test_a_folder_that_holds_something_is_refused(tmp_path: Path) -> None:
    (tmp_path / "theirs.txt").write_text("mine")
    python, platform = f"--python={PYTHONS[0]}", "--platform=linux-x86_64"
    refused = installer(ROOT, "bundle", str(tmp_path), platform, python)
    assert refused.returncode == 10
    assert "exists already" in refused.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["theirs.txt"]


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_a_bundle_for_windows_has_what_only_windows_needs_and_a_list_of_the_weights(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "to go"
    with serve() as hub:
        hub.repos[DEFAULT_REPO] = pipeline()
        platform = ("--platform=windows-x86_64", "--python=3.12")
        made = installer(ROOT, "bundle", str(folder), *platform, HF_ENDPOINT=hub.endpoint)
        assert hub.fetched() == []
    assert made.returncode == 0, made.stdout + made.stderr
    listed = json.loads((folder / "weights.json").read_text())
    assert listed["repo"] == DEFAULT_REPO
    assert "vae/config.json" in [file["path"] for file in listed["files"]]
    names = [path.name for path in (folder / "wheels").iterdir()]
    assert any(name.startswith("colorama-") for name in names)
    assert any(name.startswith("torch-") and "win_amd64" in name for name in names)
    assert not any("linux" in name or "macosx" in name for name in names)
    assert sorted(json.loads((folder / "bundle.json").read_text())["wheels"]) == sorted(names)
    assert not list(tmp_path.glob(".*"))
    refused = installer(folder, "--yes", HOME=str(tmp_path / "home"))  # here it is of no use
    assert refused.returncode == 10
    assert "This bundle is for" in refused.stderr


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the bundle is for Linux")
def test_the_wheel_of_a_bundle_installs_without_a_network_and_restores(
    tmp_path: Path,
) -> None:
    folder, home = tmp_path / "to go", tmp_path / "Zoë at home"
    (home / ".nuke").mkdir(parents=True)
    platform = ("--platform=linux-x86_64", f"--python={HERE}")
    no_hub = {"HF_ENDPOINT": OFFLINE["HF_ENDPOINT"]}
    made = installer(ROOT, "bundle", str(folder), *platform, **no_hub)
    assert made.returncode == 11, made.stdout + made.stderr
    assert "weights.json is not in the bundle" in made.stdout
    environ = {**OFFLINE, "HOME": str(home), "SPARKVSR_HOME": ""}

    damaged = next((folder / "wheels").glob("rich-*.whl"))
    content = damaged.read_bytes()
    damaged.write_bytes(content[:-1])
    refused = installer(folder, "--yes", **environ)
    assert refused.returncode == 10
    assert f"{damaged} is missing or damaged: copy the bundle again." in refused.stderr
    damaged.write_bytes(content)

    installed = installer(folder, "--yes", within=CUT_OFF, **environ)
    assert installed.returncode == 0, installed.stdout + installed.stderr
    data = home / ".local" / "share" / "sparkvsr"
    record = json.loads((data / "install.json").read_text())
    python = Path(record["python"])
    assert tops_of_the_wheel(python) == PACKAGES
    assert_it_restores(python.parent / "sparkvsr", tmp_path)
    version = Path(record["root"])
    assert python.is_relative_to(version) and version.parent == data / "versions"
    assert "# >>> SparkVSR >>>" in (home / ".nuke" / "init.py").read_text()

    doctor = installer(version, "doctor", "--json", **environ)
    assert '"area":"python"' in doctor.stdout, doctor.stderr
    removed = installer(version, "uninstall", "--yes", **environ)
    assert removed.returncode == 0, removed.stdout + removed.stderr
    assert not version.exists() and list((home / ".nuke").iterdir()) == []
