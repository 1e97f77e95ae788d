"""Reading what picture files hold beside R, G and B."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count, groupby
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from . import _exr
from ._extras import Extras, Plane
from ._picture_in import describe, layer_names, opened, reason
from ._window import in_window


def read_extras(path: Path, error: type[InputError]) -> Extras:
    """All other channels of a picture file, of every part. Raises `error` when it is not usable."""
    with opened(path, error) as picture:
        header = describe(picture, path, error)
        colours = picture.spec()
        window = (colours.full_x, colours.full_y, colours.full_width, colours.full_height)
        planes: dict[str, Plane] = {}
        is_exr = picture.format_name() == "openexr"
        for part in count() if is_exr else (0,):
            if not picture.seek_subimage(part, 0):
                break
            spec = picture.spec()
            names = spec.channelnames if part == header.part else layer_names(spec)
            for first, stored in _runs(picture, part, path, error):
                placed = in_window(stored, spec.x, spec.y, window)
                for channel in range(stored.shape[2]):
                    if part != header.part or first + channel not in header.rgb:
                        planes[names[first + channel]] = np.ascontiguousarray(placed[..., channel])
    return Extras(planes, _exr.attributes(path, header.part) if is_exr else {})


def _runs(
    picture: Any, part: int, path: Path, error: type[InputError]
) -> Iterator[tuple[int, NDArray[Any]]]:
    """The channels of a part in runs of one type: index of the first, and H W C as stored."""
    spec = picture.spec()
    for kind, run in groupby(range(spec.nchannels), lambda c: spec.channelformat(c).basetype):
        channels = list(run)
        first, end = channels[0], channels[-1] + 1
        stored = picture.read_image(part, 0, first, end, kind)
        if stored is None:
            raise error(f"{path} cannot be read: {reason(picture)}.", "Write the picture again.")
        yield first, stored.reshape(spec.height, spec.width, end - first)
