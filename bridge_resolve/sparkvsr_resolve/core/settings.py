"""What a person may choose for a clip, checked as a whole."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional

from sparkvsr_link import UPSCALES, choice_problems

from .markers import COLORS, MarkerFilter, is_absolute
from .verdict import Verdict

BASES = ("render", "source")
DELIVERIES = ("graded", "ungraded")
PLACEMENTS = ("track", "take", "replace")
OUTPUTS = ("prores4444", "dnxhr444", "exr")
SMALLEST_DNXHR = (256, 120)  # pixels


@dataclass(frozen=True)
class ClipSettings:
    """The choices for a clip.

    Attributes:
        engine: one of ENGINES.
        upscale: how much larger the result is, one of UPSCALES.
        guidance: 0 ignores keyframes, 1 follows them, above exaggerates; to MOST_GUIDANCE.
        grade: `auto`, `on`, `off`: carry the colours of keyframes by colour maths.
        pin: `exact`, `blend`, `off`: keyframes themselves in the result.
        marker_color: of the markers that mean keyframes.
        name_prefix: of their names; takes the place of the color when it is set.
        base: what is restored: a `render` of the ungraded clip, or the `source` file of a plain
            one.
        deliver: `graded`: with the grade of the keyframes; `ungraded`: restored only, from painted
            keyframes, so that the clip's own grade fits on it.
        placement: on a `track` above, as a `take` of the clip, or to `replace` it: on a track above
            with the original disabled.
        output: kind of the result's file.
        work_folder: where pictures are kept, within Media Storage; empty chooses one.
    """

    engine: str = "auto"
    upscale: float = 2.0
    guidance: float = 1.0
    grade: str = "auto"
    pin: str = "exact"
    marker_color: str = "Cyan"
    name_prefix: str = ""
    base: str = "render"
    deliver: str = "graded"
    placement: str = "track"
    output: str = "prores4444"
    work_folder: str = ""

    @property
    def marker_filter(self) -> MarkerFilter:
        return MarkerFilter(self.marker_color, self.name_prefix)

    @property
    def painted_only(self) -> bool:
        """Whether only painted pictures can be keyframes."""
        return self.deliver == "ungraded"


def find_problems(
    settings: ClipSettings, verdict: Verdict, size: Optional[tuple[int, int]] = None
) -> tuple[str, ...]:
    """All that keeps these settings from being used for a clip, a sentence each.

    Args:
        verdict: what kind of clip it is.
        size: of the pictures that are restored, width and height; None when not known yet.
    """
    problems = choice_problems(
        settings.engine,
        settings.grade,
        settings.pin,
        settings.upscale,
        settings.guidance,
        (
            ("marker color", settings.marker_color, COLORS),
            ("base", settings.base, BASES),
            ("delivery", settings.deliver, DELIVERIES),
            ("placement", settings.placement, PLACEMENTS),
            ("output", settings.output, OUTPUTS),
        ),
    )
    if settings.work_folder and not is_absolute(settings.work_folder):
        problems.append(f"The work folder {settings.work_folder} is not absolute.")
    if settings.base == "source" and not verdict.source_readable:
        kinds = " and ".join(kind.value for kind in verdict.kinds)
        problems.append(
            f"The source file cannot stand for this clip, which is {kinds}: set the base to render."
        )
    if settings.placement == "take" and settings.deliver == "graded":
        problems.append(
            "A take keeps the clip's own grade, so a graded result would be graded twice: deliver "
            "ungraded, or place on a track."
        )
    if settings.output == "dnxhr444" and size and settings.upscale in UPSCALES:
        width, height = (int(side * settings.upscale + 0.5) for side in size)
        if width < SMALLEST_DNXHR[0] or height < SMALLEST_DNXHR[1]:
            problems.append(
                "DNxHR begins at {}×{} pixels, and the result has {}×{}: set the output to "
                "prores4444.".format(*SMALLEST_DNXHR, width, height)
            )
    return tuple(problems)
