"""Names of numbered picture sequences: `plate.%04d.exr`, `plate.####.png`, `plate.%d.dpx`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

# Of several tokens the last one counts: shots are called "take#2" more often than frames are.
_TOKEN = re.compile(
    r"(?:%(?:0(?P<width>[1-9][0-9]?))?d|(?P<hashes>#+))(?!.*(?:%(?:0[1-9][0-9]?)?d|#))"
)


@dataclass(frozen=True)
class Pattern:
    """A parsed name: `folder / (prefix + number, zero-padded to `padding` digits + suffix)`."""

    folder: Path
    prefix: str
    padding: int
    suffix: str

    def format(self, number: int) -> str:
        """The file name of a frame; numbers wider than the padding are written whole.

        Raises:
            ValueError: the number is negative; no two programs write those alike.
        """
        if number < 0:
            raise ValueError(f"frame number {number} is negative")
        return f"{self.prefix}{number:0{self.padding}d}{self.suffix}"

    def path(self, number: int) -> Path:
        """The file of a frame."""
        return self.folder / self.format(number)

    def find(self) -> list[int]:
        """Numbers of the files that exist, ascending; empty when the folder does not."""
        name = re.compile(re.escape(self.prefix) + "([0-9]+)" + re.escape(self.suffix))
        try:
            matches = [name.fullmatch(entry.name) for entry in self.folder.iterdir()]
        except (FileNotFoundError, NotADirectoryError):
            return []
        numbers = [(int(match[1]), match[0]) for match in matches if match]
        return sorted(number for number, found in numbers if self.format(number) == found)


def parse_pattern(name: str) -> Pattern | None:
    """Read a name; None when it holds no frame token. Only the file name may hold one."""
    path = Path(name)
    token = _TOKEN.search(path.name)
    if token is None:
        return None
    padding = len(token["hashes"]) if token["hashes"] else int(token["width"] or 1)
    return Pattern(path.parent, path.name[: token.start()], padding, path.name[token.end() :])


def suggest_pattern(name: str) -> str:
    """The pattern that the name of one numbered picture most likely belongs to."""
    path = Path(name)
    digits = re.search(r"[0-9]+(?=[^0-9]*$)", path.stem)
    if digits is None:
        return f"{path.stem}.####{path.suffix}"
    return (
        path.stem[: digits.start()] + "#" * len(digits[0]) + path.stem[digits.end() :] + path.suffix
    )


def compact(numbers: Iterable[int]) -> str:
    """Ascending numbers as people write them: `1003, 1007-1009`."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and runs[-1][1] == number - 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return ", ".join(str(a) if a == b else f"{a}-{b}" for a, b in runs)
