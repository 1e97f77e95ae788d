"""What kind of clip it is, and what that means for restoring it.

Everything but generators, offline and interlaced clips can be restored, because Resolve renders it.
The media file itself is read in place of that render only where both must show the same: `plain`.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Optional

from .rates import print_fps
from .verdict import Finding, Kind, Level, Verdict

_SPEED_SLACK = 0.005  # percent; the Inspector shows two decimals
_FIELDS = ("upper", "lower", "top", "bottom")


@dataclass(frozen=True)
class ClipFacts:
    """A clip as the API describes it; words of the user interface may be in any language.

    Attributes:
        name: of the item on the timeline.
        timeline_fps: exact.
        frames: its length on the timeline.
        has_media: it has an item in the media pool.
        item_type: the item's own type, `video`, `generator`, …; empty where Resolve cannot say.
        media_type: `Type` in the media pool: `Video`, `Compound`, `Subclip`, …
        file_path: of the media; empty for what exists in Resolve only.
        online: the media can be read.
        media_fps: exact; None where the media has none.
        media_frames: how many the media has; None when unknown.
        speed: percent, 0 for a freeze frame; None where Resolve cannot say.
        source_seconds: end − start within the media, negative when reversed; None or 0 when
            unknown.
        fusion_comps: how many Fusion compositions it has.
        fields: `Field Dominance` in the media pool.
    """

    name: str
    timeline_fps: Fraction
    frames: int
    has_media: bool = True
    item_type: str = ""
    media_type: str = ""
    file_path: str = ""
    online: bool = True
    media_fps: Optional[Fraction] = None
    media_frames: Optional[int] = None
    speed: Optional[float] = None
    source_seconds: Optional[float] = None
    fusion_comps: int = 0
    fields: str = ""


def judge_clip(facts: ClipFacts) -> Verdict:
    """Say what a clip is. Of a generator and of an offline clip nothing else is said."""
    if not facts.has_media or facts.item_type in ("generator", "transition"):
        return Verdict((_generator(facts),))
    if not facts.online:
        return Verdict((_offline(facts),))
    found = [_nested(facts), _speed(facts), _rate(facts), _rest(facts), _fusion(facts)]
    found.append(_interlaced(facts))
    return Verdict(tuple(finding for finding in found if finding is not None))


def _generator(facts: ClipFacts) -> Finding:
    return Finding(
        Kind.GENERATOR,
        Level.REFUSED,
        f"`{facts.name}` is a title, a generator or an adjustment clip: it has no pictures of its "
        "own.",
        "Choose a clip with footage, or make a compound clip of it.",
    )


def _offline(facts: ClipFacts) -> Finding:
    where = f": {facts.file_path} is not there" if facts.file_path else ""
    return Finding(
        Kind.OFFLINE,
        Level.REFUSED,
        f"The media of `{facts.name}` is offline{where}.",
        "Relink it in the media pool.",
    )


def _nested(facts: ClipFacts) -> Optional[Finding]:
    if facts.media_type == "Multicam":
        kind = Kind.MULTICAM
    elif facts.media_type in ("Compound", "Timeline") or not facts.file_path:
        kind = Kind.COMPOUND
    else:
        return None
    return Finding(
        kind,
        Level.SUPPORTED,
        f"`{facts.name}` is a {kind.value} clip: it is restored as it looks from outside, and "
        "markers inside of it are not seen.",
    )


def _speed(facts: ClipFacts) -> Optional[Finding]:
    if _is_still(facts):
        return None  # every speed of a still looks alike
    speed = facts.speed if facts.speed is not None else _measured_speed(facts)
    if speed is None:
        message = f"The speed of `{facts.name}` cannot be told"
    elif abs(speed - 100) > _SPEED_SLACK:
        message = f"`{facts.name}` is retimed to {speed:.4g} %"
    else:
        return None
    return Finding(
        Kind.RETIMED,
        Level.WARNING,
        f"{message}: it is restored at the speed that it has on the timeline, and its clip markers "
        "are not used.",
        "Mark keyframes with timeline markers.",
    )


def _measured_speed(facts: ClipFacts) -> Optional[float]:
    """Percent, from seconds of media that lie in it; 100 where the difference may be rounding."""
    if not facts.source_seconds:
        return None
    fps = float(facts.timeline_fps)
    if facts.media_fps in (None, facts.timeline_fps):
        slack = 0.5
    else:  # a frame of either rate
        slack = 1 + fps / float(facts.media_fps or 1)
    span = facts.source_seconds * fps  # in frames of the timeline
    return 100.0 if abs(span - facts.frames) <= slack else 100 * span / facts.frames


def _rate(facts: ClipFacts) -> Optional[Finding]:
    if facts.media_fps is None or facts.media_fps == facts.timeline_fps:
        return None
    return Finding(
        Kind.MIXED_RATE,
        Level.WARNING,
        f"`{facts.name}` has {print_fps(facts.media_fps)} frames a second and the timeline "
        f"{print_fps(facts.timeline_fps)}: frames of the timeline are restored, repeated ones too, "
        "and clip markers are not used.",
        "Mark keyframes with timeline markers.",
    )


def _rest(facts: ClipFacts) -> Optional[Finding]:
    if _is_still(facts):
        return Finding(
            Kind.STILL,
            Level.WARNING,
            f"`{facts.name}` is a still: all of its {facts.frames} frames show one picture.",
        )
    if facts.media_type == "Subclip":
        return Finding(
            Kind.SUBCLIP,
            Level.SUPPORTED,
            f"`{facts.name}` is a subclip: it is restored from a render.",
        )
    return None


def _is_still(facts: ClipFacts) -> bool:
    return facts.media_type == "Still" or (bool(facts.file_path) and facts.media_frames == 1)


def _fusion(facts: ClipFacts) -> Optional[Finding]:
    if not facts.fusion_comps:
        return None
    return Finding(
        Kind.FUSION,
        Level.SUPPORTED,
        f"`{facts.name}` has a Fusion composition, which becomes part of the result.",
    )


def _interlaced(facts: ClipFacts) -> Optional[Finding]:
    if not any(word in facts.fields.lower() for word in _FIELDS):
        return None
    return Finding(
        Kind.INTERLACED,
        Level.REFUSED,
        f"`{facts.name}` is interlaced ({facts.fields}): a frame of it shows two moments.",
        "Deinterlace it first, and put the progressive file on the timeline.",
    )
