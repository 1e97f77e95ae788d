"""`sparkvsr restore`: options to a job, the job to a backend, events to a display."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any, get_args

import msgspec

from sparkvsr import InProcess, Job, KeyframeFile, Settings, SettingsError, load_job, restore
from sparkvsr.job import Codec

from ._cli_running import DaemonWhenNeeded, interrupts
from ._terminal import JsonLines, Terminal

_TEXTS = ("rate", "timecode", "source_space", "keyframe_space", "output_space", "ocio")
Commands = Any  # argparse's own type for it is private


def add_commands(commands: Commands) -> None:
    """Add `restore` to the parser."""
    parser = commands.add_parser(
        "restore",
        help="restore a shot",
        description="Carry keyframes through a shot. SOURCE and OUTPUT are movies or numbered "
        "sequences (plate.%04d.exr, plate.####.png); or give a job file alone: restore job.json",
    )
    parser.add_argument("source", metavar="SOURCE|JOB.json")
    parser.add_argument("-o", "--output", metavar="OUTPUT")
    parser.add_argument(
        "-k",
        "--keyframe",
        action="append",
        default=[],
        metavar="FRAME=PICTURE",
        help="a fixed frame: its number and its picture; repeat for more",
    )
    shot = parser.add_argument_group("the shot")
    shot.add_argument("--first", metavar="FRAME", help="first frame of the range")
    shot.add_argument("--last", metavar="FRAME", help="last frame of the range")
    shot.add_argument(
        "--cut",
        action="append",
        default=[],
        metavar="FRAME",
        help="first frame of a new scene; nothing is carried across",
    )
    shot.add_argument("--rate", metavar="R", help="frames a second, where the files do not say it")
    shot.add_argument(
        "--timecode", metavar="TC", help="HH:MM:SS:FF (drop frame HH:MM:SS;FF) of the first frame"
    )
    shot.add_argument(
        "--allow-truncated", action="store_true", help="restore what decodes of a damaged movie"
    )
    settings = parser.add_argument_group("settings")
    for name, text in (
        ("upscale", "1, 1.5, 2, 3 or 4 (default 4)"),
        ("size", "WIDTHxHEIGHT of the result, in place of --upscale"),
        ("guidance", "0 ignores keyframes, 1 follows them, above exaggerates (default 1)"),
        ("engine", "auto, sparkvsr, flow or identity (default auto)"),
        ("window", "frames seen at once, 8k+1"),
        ("overlap", "frames shared by neighbouring windows, 8k+1"),
        ("anchors", "none, missing or always (default missing)"),
        ("anchor-guidance", "one or job: at which guidance anchors are made (default one)"),
        ("cross-fade", "latents or pixels (default latents, where the engine has them)"),
        ("direction", "forward or outward (default forward)"),
        ("tile", "largest tile side in output pixels, a multiple of 16"),
        ("seed", "start of the random numbers (default 0)"),
        ("grade", "auto, on or off: carry the colours of keyframes as a grade (default auto)"),
        (
            "pin-keyframes",
            "exact, blend or off: keyframes as they are (default exact)",
        ),
    ):
        settings.add_argument(f"--{name}", metavar=name[:1].upper(), help=text)
    color = parser.add_argument_group("colour")
    for name, text in (
        ("source-space", "colour space of SOURCE (default: what the file says)"),
        ("keyframe-space", "colour space of the keyframes (default: what the files say)"),
        ("output-space", "colour space of OUTPUT (default: the source's)"),
    ):
        color.add_argument(f"--{name}", metavar="SPACE", help=text)
    color.add_argument(
        "--ocio", metavar="CONFIG", help="OpenColorIO config (default: $OCIO, or built-in ACES)"
    )
    run = parser.add_argument_group("running")
    run.add_argument(
        "--codec", metavar="C", help="prores4444, dnxhr444, ffv1, hevc10 or h264, for a movie"
    )
    run.add_argument("--overwrite", action="store_true", help="replace an existing output")
    run.add_argument("--report", type=Path, metavar="HTML", help="write a report page")
    run.add_argument("--json", action="store_true", help="one JSON event a line on stdout")
    run.add_argument("--no-daemon", action="store_true", help="work in this process")
    parser.set_defaults(run=_restore)


def _restore(options: argparse.Namespace) -> int:
    job = job_from_options(options)
    display: JsonLines | Terminal = JsonLines() if options.json else Terminal()
    with interrupts() as interrupted, display:
        restore(
            job,
            InProcess() if options.no_daemon else DaemonWhenNeeded(),
            on_event=display.show,
            cancelled=interrupted.is_set,
            report=options.report,
        )
    return 0


def job_from_options(options: argparse.Namespace) -> Job:
    """The job that the options describe, or that the job file holds.

    Raises:
        SettingsError: an option is missing, is no number, or is out of range.
    """
    if options.source.endswith(".json"):
        names = ("output", "keyframe", "first", "last", "cut", "codec", *_TEXTS)
        given = [n for n in (*names, *Settings.__struct_fields__) if getattr(options, n)]
        if given:
            raise SettingsError(
                f"--{given[0].replace('_', '-')} cannot be given together with a job file.",
                f"Write it into {options.source}.",
            )
        job = load_job(Path(options.source))
    else:
        if not options.output:
            raise SettingsError("No output was given.", "Add -o OUTPUT.")
        job = Job(
            source=options.source,
            output=options.output,
            keyframes=tuple(map(_keyframe, options.keyframe)),
            first=_frame("--first", options.first),
            last=_frame("--last", options.last),
            cuts=tuple(_number("--cut", cut) for cut in options.cut),
            settings=_settings(options),
            codec=_codec(options.codec),
            **{name: getattr(options, name) for name in _TEXTS},
        )
    return msgspec.structs.replace(
        job,
        overwrite=job.overwrite or options.overwrite,
        allow_truncated=job.allow_truncated or options.allow_truncated,
    )


def _number(option: str, text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise SettingsError(
            f"{option} {text} is not a whole number.", "Give a frame number, such as 1001."
        ) from None


def _frame(option: str, text: str | None) -> int | None:
    return None if text is None else _number(option, text)


def _keyframe(text: str) -> KeyframeFile:
    frame, equals, picture = text.partition("=")
    if not (equals and picture):
        raise SettingsError(
            f"-k {text} is not FRAME=PICTURE.", "Write it like this: -k 1001=fixed.1001.png"
        )
    return KeyframeFile(_number("-k", frame), picture)


def _size(text: str) -> tuple[int, int]:
    width, _, height = text.lower().partition("x")
    if not (width.isdecimal() and height.isdecimal()):
        raise SettingsError(
            f"--size {text} is not WIDTHxHEIGHT.", "Write it like this: --size 1920x1080."
        )
    return int(width), int(height)


def _codec(name: str | None) -> Codec | None:
    try:
        codec: Codec | None = msgspec.convert(name, Codec | None)
    except msgspec.ValidationError:
        known = ", ".join(get_args(Codec))
        raise SettingsError(f"There is no codec called {name}.", f"Use {known}.") from None
    return codec


def _settings(options: argparse.Namespace) -> Settings:
    given = {
        name: value
        for name in Settings.__struct_fields__
        if (value := getattr(options, name)) is not None
    }
    if "size" in given:
        given["size"] = _size(given["size"])
    for name, value in given.items():
        try:
            msgspec.convert({name: value}, Settings, strict=False)
        except msgspec.ValidationError as error:
            reason = str(error).split(" - at")[0]
            raise SettingsError(
                f"--{name.replace('_', '-')} {value} is not usable: {reason}.",
                "See sparkvsr restore --help.",
            ) from None
    return msgspec.convert(given, Settings, strict=False)
