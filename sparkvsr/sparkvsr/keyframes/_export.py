"""Writes chosen frames of a source as pictures, to be made keyframes of."""

from __future__ import annotations

from collections.abc import Collection
from itertools import islice
from pathlib import Path

from ..errors import OutputError
from ..media import (
    PICTURE_SUFFIXES,
    MediaInfo,
    SourceReader,
    compact,
    parse_pattern,
    suggest_pattern,
    write_picture,
)


class FrameExport:
    """Pictures under the host's frame numbers: `keys/key.####.png`.

    Args:
        name: their pattern, as for an output.
        overwrite: replace pictures that exist.

    Raises:
        OutputError: no known kind of picture, or no place for a frame number in the name.
    """

    def __init__(self, name: str, *, overwrite: bool = False) -> None:
        if Path(name).suffix.lower() not in PICTURE_SUFFIXES:
            raise OutputError(
                f"{name} has no known picture extension.",
                f"Use one of {', '.join(sorted(PICTURE_SUFFIXES))}.",
            )
        pattern = parse_pattern(name)
        if pattern is None:
            raise OutputError(
                f"{name} has no place for a frame number.",
                f"Write the frame number as a pattern: {suggest_pattern(name)}.",
            )
        self._name = name
        self._pattern = pattern
        self._overwrite = overwrite

    def write(self, source: SourceReader, indices: Collection[int]) -> list[Path]:
        """Write the frames at these 0-based indices, as stored, each file whole or not at all.

        Returns their files by ascending index. Nothing is written if one of them may not be.

        Raises:
            OutputError: a file exists and may not be replaced, or the folder cannot be written.
            SourceError: a frame cannot be read.
            DiskFullError: no room left.
        """
        first = source.info.first_frame
        files = {index: self._pattern.path(first + index) for index in sorted(indices)}
        self._check(source.info, files)
        for index, frame in enumerate(islice(source.frames(), max(files, default=-1) + 1)):
            if index in files:
                write_picture(files[index], frame)
        return list(files.values())

    def _check(self, info: MediaInfo, files: dict[int, Path]) -> None:
        existing = {index: file for index, file in files.items() if file.exists()}
        plate = parse_pattern(info.name) if info.kind == "sequence" else None
        plates = {plate.path(number).resolve() for number in plate.find()} if plate else set()
        for file in existing.values():
            if file.resolve() in plates:
                raise OutputError(
                    f"{self._name} would replace the source {file}.",
                    "Choose another name for the pictures.",
                )
            if file.is_dir():
                raise OutputError(f"{file} is a folder.", "Choose another name for the pictures.")
        if existing and not self._overwrite:
            numbers = compact(info.first_frame + index for index in existing)
            raise OutputError(
                f"Frames {numbers} of {self._name} exist already.",
                "Choose another name, or replace with --overwrite.",
            )
