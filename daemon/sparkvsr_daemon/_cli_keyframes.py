"""`sparkvsr keyframes`: which frames to make keyframes of, and their pictures to start from."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

import msgspec

from sparkvsr import Notified
from sparkvsr.keyframes import HOW, FrameExport, Picked, pick_keyframes
from sparkvsr.media import open_source

from ._terminal import JsonLines


class PickedFrame(msgspec.Struct, frozen=True):
    """A host frame number, why it was picked, and the picture written of it."""

    frame: int
    reason: str
    picture: str | None


class KeyframesPicked(msgspec.Struct, frozen=True, tag_field="event", tag="keyframes"):
    """The answer; `cuts` are host frame numbers too."""

    source: str
    keyframes: tuple[PickedFrame, ...]
    cuts: tuple[int, ...]


def add_commands(commands: Any) -> None:
    """Add `keyframes` to the parser; argparse's own type for it is private."""
    parser = commands.add_parser(
        "keyframes",
        help="say which frames of a shot to make keyframes of",
        description="Pick frames of a movie or a numbered sequence (plate.%04d.exr, "
        "plate.####.png), and print their numbers; --export writes their pictures, too.",
    )
    parser.add_argument("source", metavar="SOURCE")
    parser.add_argument(
        "--pick",
        required=True,
        choices=HOW,
        help="I-frames of the movie's codec, by chance, by scenes, or evenly",
    )
    parser.add_argument("--count", required=True, type=int, metavar="N", help="how many at most")
    parser.add_argument("--first", type=int, metavar="FRAME", help="first frame of the range")
    parser.add_argument("--last", type=int, metavar="FRAME", help="last frame of the range")
    parser.add_argument(
        "--gap", type=int, default=4, metavar="N", help="frames between two, 4 or more (default 4)"
    )
    parser.add_argument(
        "--seed", type=int, default=0, metavar="N", help="of --pick random (default 0)"
    )
    parser.add_argument(
        "--export", metavar="PATTERN", help="write the frames as pictures: keys/key.####.png"
    )
    parser.add_argument("--overwrite", action="store_true", help="replace existing pictures")
    parser.add_argument(
        "--allow-truncated", action="store_true", help="pick from what decodes of a damaged movie"
    )
    parser.add_argument("--json", action="store_true", help="one JSON event a line on stdout")
    parser.set_defaults(run=_keyframes)


def _keyframes(options: argparse.Namespace) -> int:
    export = FrameExport(options.export, overwrite=options.overwrite) if options.export else None
    with open_source(
        options.source,
        first=options.first,
        last=options.last,
        allow_truncated=options.allow_truncated,
    ) as source:
        picked = pick_keyframes(
            source, options.pick, options.count, gap=options.gap, seed=options.seed
        )
        files = export.write(source, picked.indices) if export else []
        answer = _answer(options.source, source.info.first_frame, picked, files)
    show = _show_json if options.json else _show
    show(answer, picked.notes)
    return 0


def _answer(source: str, first: int, picked: Picked, files: list[Path]) -> KeyframesPicked:
    pictures = map(str, files) if files else [None] * len(picked.indices)
    rows = zip(picked.indices, picked.reasons, pictures, strict=True)
    return KeyframesPicked(
        source=source,
        keyframes=tuple(PickedFrame(first + index, why, picture) for index, why, picture in rows),
        cuts=tuple(first + cut for cut in picked.cuts),
    )


def _show_json(answer: KeyframesPicked, notes: tuple[str, ...]) -> None:
    display = JsonLines()
    for note in notes:
        display.show(Notified("note", note))
    sys.stdout.write(msgspec.json.encode(answer).decode() + "\n")


def _show(answer: KeyframesPicked, notes: tuple[str, ...]) -> None:
    """Numbers on stdout, so that they can be piped on; notes on stderr."""
    for row in answer.keyframes:
        fields = (str(row.frame), row.reason, row.picture)
        sys.stdout.write("\t".join(field for field in fields if field) + "\n")
    if answer.cuts:
        sys.stdout.write(" ".join(f"--cut {cut}" for cut in answer.cuts) + "\n")
    for note in notes:
        sys.stderr.write(f"note: {note}\n")
