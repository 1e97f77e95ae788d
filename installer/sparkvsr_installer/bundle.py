"""A folder that installs SparkVSR on a machine without a network: `python3 DIR/installer` there."""

from __future__ import annotations

import json
import subprocess
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from email.parser import HeaderParser
from pathlib import Path
from typing import Any, Final

from .environment import Environment
from .files import copy_tree, digest_of, remove_tree, write_whole
from .source import BUNDLE_FILE, BUNDLE_SCHEMA, WHEELS, Source
from .steps import StepError, clean_environ, step
from .version import COPIED, sparkvsr_command

PYTHONS: Final = ("3.11", "3.12", "3.13")
WEIGHTS_FILE: Final = "weights.json"
_FILES: Final = ("constraints.txt", "LICENSE")
_README: Final = """\
SparkVSR {version} for {platform}, Python {python}. It needs no network.

1. Copy this whole folder to the machine.
2. There, with Python {python}:    python3 installer
3. weights.json lists the files of the diffusion model, which are not in here: about 23 GB. Fetch
   them where there is a network, copy them into one folder, and let SparkVSR check and take them:
       sparkvsr model import FOLDER --list weights.json
   Without them the optical-flow engine does the work.
"""


@dataclass(frozen=True)
class Target:
    """A system to make a bundle for.

    Attributes:
        tags: the platforms in the names of wheels that it takes, the newest first.
        markers: what requirements may ask about it, as PEP 508 names it.
    """

    tags: tuple[str, ...]
    markers: dict[str, str]


def _posix(name: str, system: str, machine: str) -> dict[str, str]:
    return {
        "os_name": "posix",
        "sys_platform": name,
        "platform_system": system,
        "platform_machine": machine,
    }


TARGETS: Final[dict[str, Target]] = {
    "linux-x86_64": Target(
        (  # glibc 2.28 is the oldest that pyzmq and PyTorch are built for
            *(f"manylinux_2_{minor}_x86_64" for minor in range(28, 4, -1)),
            *("manylinux2014_x86_64", "manylinux2010_x86_64", "manylinux1_x86_64"),
        ),
        _posix("linux", "Linux", "x86_64"),
    ),
    "macos-arm64": Target(("macosx_14_0_arm64",), _posix("darwin", "Darwin", "arm64")),
    "windows-x86_64": Target(
        ("win_amd64",),
        {
            "os_name": "nt",
            "sys_platform": "win32",
            "platform_system": "Windows",
            "platform_machine": "AMD64",
        },
    ),
}


def make_bundle(
    source: Source,
    environment: Environment,
    folder: Path,
    *,
    platform: str,
    python: str,
    torch_index: str | None = None,
) -> list[str]:
    """Fill a new folder; gives notes. A run that was interrupted goes on with what it has.

    Args:
        environment: of the checkout; its pip and its `sparkvsr` are used.
        platform: one of TARGETS.
        python: minor version, as `3.12`.
        torch_index: the package index that PyTorch alone is taken from.

    Raises:
        StepError: with one sentence; the folder does not exist then.
        OSError: a file cannot be written.
    """
    if not folder.name or (folder.exists() and (not folder.is_dir() or any(folder.iterdir()))):
        raise StepError(f"{folder} exists already: name a new folder for the bundle.")
    if source.bundle is not None:
        raise StepError(f"{source.root} is a bundle itself: copy it.")
    target = TARGETS[platform]
    markers = {
        **target.markers,
        "python_version": python,
        "python_full_version": f"{python}.0",
    }
    part = folder.with_name(f".{folder.name}.{platform}-{python}.sparkvsr-part")
    wheels = part / WHEELS
    wheels.mkdir(parents=True, exist_ok=True)
    _download(source, environment, wheels, target, markers, python, torch_index)
    with step("Looking whether anything is missing"):
        lacking = missing(wheels, markers, environment.python)
    if lacking:
        raise StepError(
            f"The bundle would lack {', '.join(lacking)}: nothing on the package index fits "
            f"{platform} with Python {python}."
        )
    for name in COPIED:
        remove_tree(part / name)
        copy_tree(source.root / name, part / name)
    for name in _FILES:
        write_whole(part / name, (source.root / name).read_bytes())
    about = {"version": source.version, "platform": platform, "python": python}
    write_whole(part / "README.txt", _README.format(**about).encode())
    notes = _list_weights(environment, part / WEIGHTS_FILE)
    found = {path.name: digest_of(path) for path in sorted(wheels.iterdir())}
    bundle = {"schema": BUNDLE_SCHEMA, **about, "wheels": found}
    write_whole(part / BUNDLE_FILE, json.dumps(bundle, indent=2).encode())
    if folder.exists():
        folder.rmdir()
    part.replace(folder)
    return notes


def check_wheels(root: Path, bundle: dict[str, Any]) -> None:
    """Read a bundle's wheels again, after a journey on a disk.

    Raises:
        StepError: one is missing or damaged.
    """
    with step("Reading the bundle"):
        for name, expected in bundle["wheels"].items():
            path = root / WHEELS / name
            if not path.is_file() or digest_of(path) != expected:
                raise StepError(f"{path} is missing or damaged: copy the bundle again.")


def missing(wheels: Path, markers: dict[str, str], python: Path) -> list[str]:
    """Requirements of wheels that no wheel beside them fulfils on a system with these markers.

    pip's own reader of markers decides, in the interpreter `python`.
    """
    found_there = [_metadata(wheel) for wheel in wheels.glob("*.whl")]
    needs = [need for about in found_there for need in about.get_all("Requires-Dist") or []]
    here = [about["Name"] for about in found_there]
    program = (
        "import json, sys\n"
        "from pip._vendor.packaging.requirements import Requirement\n"
        "from pip._vendor.packaging.utils import canonicalize_name\n"
        "needs, here, markers = json.load(sys.stdin)\n"
        "here = {canonicalize_name(name) for name in here}\n"
        "needs = [Requirement(need) for need in needs]\n"
        "applies = lambda need: not need.marker or need.marker.evaluate({**markers, 'extra': ''})\n"
        "lacking = {need.name for need in needs if applies(need)\n"
        "           and canonicalize_name(need.name) not in here}\n"
        "print(json.dumps(sorted(lacking)))\n"
    )
    done = subprocess.run(
        [python, "-I", "-c", program],
        input=json.dumps([needs, here, markers]),
        capture_output=True,
        text=True,
        check=True,
    )
    found: list[str] = json.loads(done.stdout)
    return found


def _metadata(wheel: Path) -> Any:
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (
            name
            for name in archive.namelist()
            if name.count("/") == 1 and name.endswith(".dist-info/METADATA")
        )
        return HeaderParser().parsestr(archive.read(name).decode("utf-8"))


def _download(
    source: Source,
    environment: Environment,
    wheels: Path,
    target: Target,
    markers: dict[str, str],
    python: str,
    torch_index: str | None,
) -> None:
    for path in wheels.iterdir():  # of a run that was interrupted, maybe in the midst of one
        if path.name.startswith("sparkvsr-") or not zipfile.is_zipfile(path):
            path.unlink()
    with step("Building the wheel of SparkVSR"):
        environment.pip("wheel", "--no-deps", "-w", str(wheels), str(source.root))
    (wheel,) = wheels.glob("sparkvsr-*.whl")
    wanted: list[str] = [
        "--progress-bar=off",
        "--only-binary=:all:",
        "--implementation",
        "cp",
        "-d",
        str(wheels),
    ]
    wanted += [f"--platform={tag}" for tag in target.tags]
    wanted += [f"--python-version={python}", "--find-links", str(wheels)]
    wanted += ["-c", str(source.root / "constraints.txt")]
    for_target = (str(Path(__file__).with_name("pip_for_target.py")), json.dumps(markers))
    todo: list[Sequence[str]] = [[str(wheel)]]
    if torch_index:
        todo.insert(0, ["--no-deps", "--index-url", torch_index, "torch"])
    with step("Fetching what it needs") as show:
        for what in todo:
            environment.pip("download", *wanted, *what, script=for_target, show=show)


def _list_weights(environment: Environment, file: Path) -> list[str]:
    """Ask the hub what the model is made of; gives a note when it cannot be asked."""
    command = sparkvsr_command(environment.python, "model", "files", "--output", str(file))
    with step("Listing the weights"):
        file.unlink(missing_ok=True)
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            env=clean_environ(),
        )
    if done.returncode == 0:
        return []
    return [
        f"{WEIGHTS_FILE} is not in the bundle ({' '.join(done.stderr.split())}); make it where the "
        f"hub can be reached: sparkvsr model files --output {WEIGHTS_FILE}"
    ]
