"""The I-frames of a movie: where its encoder coded a picture on its own, often at a cut."""

from __future__ import annotations

from contextlib import closing
from itertools import islice

from av.video.frame import PictureType

from ..errors import SettingsError, SourceError
from ..media._movie_in import MovieReader


def find_iframes(source: object) -> list[int]:
    """Indices in the source's range, ascending, of frames whose picture type is I.

    All frames up to the end of the range are decoded, by the reader itself: a frame that it would
    not deliver is not counted here either.

    Raises:
        SettingsError: the source is no movie.
        SourceError: the movie does not decode to the end of the range.
    """
    if not isinstance(source, MovieReader):
        raise SettingsError(
            "Only movies have I-frames; a picture sequence has none.",
            "Pick by scenes instead: --pick scenes.",
        )
    info = source.info
    stop = info.first_frame + info.frames
    with closing(source.decoded()) as decoded:
        types = [frame.pict_type for frame in islice(decoded, stop)]
    if len(types) < stop:
        raise SourceError(
            f"{info.name} is damaged: frame {len(types)} does not decode.",
            "Copy or export the movie again, or choose frames before the damage with --last.",
        )
    wanted = enumerate(types[info.first_frame :])
    return [index for index, kind in wanted if kind == PictureType.I]
