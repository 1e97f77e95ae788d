"""What was found out about a clip: kinds that it is of, and whether it can be restored."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from sparkvsr_link import BridgeError


class Kind(enum.Enum):
    """The value is the word for it."""

    PLAIN = "plain"
    RETIMED = "retimed"
    MIXED_RATE = "mixed rate"
    SUBCLIP = "subclip"
    FUSION = "Fusion composition"
    COMPOUND = "compound"
    MULTICAM = "multicam"
    STILL = "still"
    INTERLACED = "interlaced"
    GENERATOR = "generator or adjustment clip"
    OFFLINE = "offline"


class Level(enum.IntEnum):
    """How well it is supported; the worst of a clip's findings counts."""

    SUPPORTED = 0
    WARNING = 1
    REFUSED = 2


@dataclass(frozen=True)
class Finding:
    """One kind that a clip is of, and a sentence about it; hint: what to do, may be empty."""

    kind: Kind
    level: Level
    message: str
    hint: str = ""


@dataclass(frozen=True)
class Verdict:
    """All that was found of a clip; no findings for a plain one."""

    findings: tuple[Finding, ...] = ()

    @property
    def kinds(self) -> tuple[Kind, ...]:
        return tuple(finding.kind for finding in self.findings) or (Kind.PLAIN,)

    @property
    def level(self) -> Level:
        return max((finding.level for finding in self.findings), default=Level.SUPPORTED)

    @property
    def clip_markers(self) -> bool:
        """Whether frames of the source, as clip markers count them, can be told on the timeline."""
        return not {Kind.RETIMED, Kind.MIXED_RATE} & set(self.kinds)

    @property
    def source_readable(self) -> bool:
        """Whether the media file may be decoded in place of a render."""
        return self.kinds == (Kind.PLAIN,)

    def check(self) -> None:
        """Refuse a clip that cannot be restored.

        Raises:
            BridgeError: why, and what to do.
        """
        refused = [finding for finding in self.findings if finding.level is Level.REFUSED]
        if refused:
            messages = " ".join(finding.message for finding in refused)
            raise BridgeError(messages, " ".join(finding.hint for finding in refused))
