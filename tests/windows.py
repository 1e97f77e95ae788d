"""Windows over pictures in memory, for tests of engines."""

from __future__ import annotations

from collections.abc import Sequence

from sparkvsr._look import digest_of
from sparkvsr.engines import Picture, Reference, Window


def reference(
    index: int, picture_HWC: Picture, source_HWC: Picture, trust: float = 1.0
) -> Reference:
    """A reference in its own slot."""
    return Reference(index, index, picture_HWC, source_HWC, digest_of(picture_HWC), trust)


def window_of(
    source: Sequence[Picture],
    inside: Sequence[Reference] = (),
    outside: Sequence[Reference] = (),
    *,
    upscale: int = 1,
    guidance: float = 1.0,
) -> Window:
    """A window of all the frames given."""
    return Window(
        frames=len(source),
        source=source.__getitem__,
        digest=lambda i: digest_of(source[i]),
        inside=tuple(inside),
        outside=tuple(outside),
        upscale=upscale,
        guidance=guidance,
    )
