"""What an engine sees of a shot, and what becomes of what it gives: size, colour, grade, keyframes.

    source → mended → codes → graded, enlarged → model space → engine
    engine → output space → keyframes pinned → depth

Axes: H W pixels at output size, h w at source size, C channels.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_left
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property
from typing import Final, Protocol, Self

import msgspec
import numpy as np

from .backend import KeyframePicture, Notice, Request, RestoredFrame
from .blend import DiskSpool
from .cancel import Cancelled, never, stop_if
from .color import PicturePath, mend, spaces_of
from .depth import Frame, as_picture, in_depth
from .engines import Engine, Picture
from .grade import GradeCarrier, needs_grade, pinned
from .resample import resized

VERSION: Final = "1"
"""Of everything here: part of the name of what an engine sees."""
ENGINE_UPSCALES: Final = (1, 2, 3, 4)

JoinedFrame = tuple[int, Picture, float]
"""Index in the shot, picture in model space at output size, trust."""
Scenes = tuple[tuple[int, int], ...]


class ShotSource(Protocol):
    """The source frames of a shot, in any order."""

    def at(self, index: int) -> Frame:
        """The frame (H W 3, any depth) of a 0-based index."""
        ...

    def digest(self, index: int) -> str:
        """A name of its pixels: equal ones mean equal frames."""
        ...


class ShotLook:
    """The pictures of one request in model space, and the way back from there.

    A context manager: graded frames wait in an unnamed file, as each is asked for several times.

    Attributes:
        width, height: of the output.
        upscale: what the engine has to enlarge by. For a size that is no multiple of the source's
            the source is enlarged before (bicubic), and this is 1.
        grades: a grade is carried.
    """

    def __init__(
        self,
        request: Request,
        source: ShotSource,
        engine: Engine,
        scenes: Scenes,
        cancelled: Cancelled = never,
    ) -> None:
        """
        Args:
            scenes: (start, stop) of each.
            cancelled: asked before every picture; whatever is asked for then raises
                `CancelledError`.

        Raises:
            SettingsError: a colour space is unknown, or the config has changed.
        """
        shot, color = request.shot, request.color
        self._request, self._source, self._scenes = request, source, scenes
        self._cancelled = cancelled
        self.width, self.height = request.settings.output_size(shot.width, shot.height)
        sizes = {(shot.width * n, shot.height * n): n for n in ENGINE_UPSCALES}
        upscale = sizes.get((self.width, self.height))
        self.upscale = upscale or 1
        self._is_enlarged = upscale is None
        self._path = PicturePath(
            spaces_of(color),
            color.source,
            keyframes=color.keyframes,
            output=color.output,
            unlimited=engine.unlimited,
        )
        self._mended: dict[int, int] = {}
        self._look_trust: dict[int, float] = {}
        self.grades = self._wants_grade()
        self._spool = DiskSpool()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._spool.close()

    def at(self, index: int) -> Picture:
        """A source frame as the engine sees it."""
        if self.grades or self._is_enlarged:
            return self._path.model_of(self._codes(index))
        return self._path.to_model(self._plate(index))

    def digest(self, index: int) -> str:
        """A name of the pixels of `at`."""
        return f"{self._source.digest(index)} {self._recipe} {self._grade_of(index)}"

    def keyframe(self, position: int) -> Picture | None:
        """A keyframe as the engine sees it, at output size; None if only its look is carried."""
        keyframe = self._request.keyframes[position]
        if self.grades and not self._is_whole(keyframe):
            return None
        picture_HWC = resized(self._finite(keyframe), self.width, self.height)
        return self._path.keyframe_to_model(picture_HWC)

    def keyframe_digest(self, position: int) -> str:
        """A name of the pixels of `keyframe`."""
        return f"{self._digests[self._request.keyframes[position].index]} {self._recipe}"

    def finished(self, frames: Iterable[JoinedFrame], first: int = 0) -> Iterator[RestoredFrame]:
        """The frames of the shot in order: in output space, with keyframes pinned, in depth.

        Args:
            frames: all from `max(first - FEATHER, 0)` on.
            first: index of the first that is given.
        """
        trusts: deque[float] = deque()

        def pictures() -> Iterator[Picture]:
            for index, restored_HWC, trust in frames:
                picture_HWC = self._returned(index, restored_HWC)
                is_pinned = index in pins and pinning == "exact"
                if index >= first:
                    trusts.append(1.0 if is_pinned else self._trust(index, trust))
                yield picture_HWC

        pins, pinning = self._pins, self._request.settings.pin_keyframes
        done = pinned(pictures(), pins, self._shown, self._scenes, pinning, first, self._cancelled)
        for index, picture_HWC in enumerate(done, first):
            yield RestoredFrame(index, self._in_depth(picture_HWC), trusts.popleft())

    def previewed(self, frame: JoinedFrame) -> RestoredFrame:
        """One frame in output space and depth; nothing is pinned."""
        index, restored_HWC, trust = frame
        picture_HWC = self._returned(index, restored_HWC)
        return RestoredFrame(index, self._in_depth(picture_HWC), self._trust(index, trust))

    def pinned_keyframe(self, index: int) -> RestoredFrame | None:
        """The frame that is a keyframe's own picture; None if it is not."""
        if self._request.settings.pin_keyframes != "exact" or index not in self._pins:
            return None
        return RestoredFrame(index, self._in_depth(self._pins[index]), 1.0)

    def notes(self) -> Iterator[Notice]:
        """What was found while pictures were read."""
        if self._mended:
            pixels, frames = sum(self._mended.values()), len(self._mended)
            text = (
                f"{pixels} pixels of {frames} frames held no numbers (NaN or Inf); they were "
                "filled from around."
            )
            yield Notice("warning", text, {"pixels": pixels, "frames": frames})

    def _wants_grade(self) -> bool:
        settings, keyframes = self._request.settings, self._request.keyframes
        if settings.grade == "off" or settings.guidance == 0.0 or not keyframes:
            return False
        if settings.grade == "on":
            return True
        return any(
            needs_grade(
                self._path.to_model(self._plate(keyframe.index)),
                self._path.model_of(self._small_codes(keyframe)),
            )
            for keyframe in keyframes
        )

    @cached_property
    def _carrier(self) -> GradeCarrier:
        keyframes = {k.index: k for k in self._request.keyframes}
        graded = _LazyPictures(keyframes, lambda index: self._small_codes(keyframes[index]))
        return GradeCarrier(
            lambda index: self._path.to_codes(self._plate(index)),
            graded,
            self._scenes,
            self._cancelled,
        )

    @cached_property
    def _pins(self) -> Mapping[int, Picture]:
        """Keyframes in output space; below a guidance of 1 less than the keyframes is asked for."""
        wanted = self._request.settings.guidance >= 1.0
        whole = {k.index: k for k in self._request.keyframes if wanted and self._is_whole(k)}
        return _LazyPictures(
            whole, lambda index: self._path.keyframe_to_output(self._finite(whole[index]))
        )

    @cached_property
    def _recipe(self) -> str:
        """Names what every picture depends on besides its own pixels."""
        color = self._request.color
        if color.config_digest:  # says it all, wherever the config lies
            color = msgspec.structs.replace(color, config="")
        parts: list[object] = [VERSION, color, self.width, self.height, self.grades]
        if self.grades:  # curves are fitted in an encoding made for the sources of all keyframes
            parts += [self._source.digest(index) for index in sorted(self._digests)]
        return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]

    def _grade_of(self, index: int) -> str:
        """Names the keyframes that the grade of a frame comes from: two on either side at most."""
        if not self.grades:
            return ""
        start, stop = next(scene for scene in self._scenes if scene[0] <= index < scene[1])
        keys = sorted(k.index for k in self._request.keyframes if start <= k.index < stop)
        at = bisect_left(keys, index)
        near = [(key, self._digests[key]) for key in keys[max(at - 2, 0) : at + 2]]
        return hashlib.sha256(repr(near).encode()).hexdigest()[:16]

    @cached_property
    def _digests(self) -> dict[int, str]:
        """Of the keyframes' pictures, by index."""
        digests = {}
        for keyframe in self._request.keyframes:
            stop_if(self._cancelled)
            digests[keyframe.index] = digest_of(keyframe.picture)
        return digests

    def _plate(self, index: int) -> Picture:
        stop_if(self._cancelled)
        picture_hwC, pixels = mend(as_picture(self._source.at(index)), self._cancelled)
        if pixels:
            self._mended[index] = pixels
        return picture_hwC

    def _finite(self, keyframe: KeyframePicture) -> Picture:
        stop_if(self._cancelled)
        return mend(as_picture(keyframe.picture), self._cancelled)[0]

    def _codes(self, index: int) -> Picture:
        """Codes with the grade, at the size that the engine sees."""

        if index in self._spool:
            return self._spool.look_at(index)
        if self.grades:
            codes_HWC = self._carrier.graded(index)
            self._look_trust[index] = self._carrier.trust(index)
        else:
            codes_HWC = self._path.to_codes(self._plate(index))
        if self._is_enlarged:
            codes_HWC = resized(codes_HWC, self.width, self.height)
        self._spool.put(index, codes_HWC)
        return codes_HWC

    def _small_codes(self, keyframe: KeyframePicture) -> Picture:
        shot = self._request.shot
        codes_HWC = self._path.keyframe_to_codes(self._finite(keyframe))
        return resized(codes_HWC, shot.width, shot.height)

    def _returned(self, index: int, restored_HWC: Picture) -> Picture:
        if self.grades or self._is_enlarged:
            return self._path.from_codes(restored_HWC, self._codes(index))
        return self._path.from_model(restored_HWC, self._plate(index))

    def _trust(self, index: int, trust: float) -> float:
        """The engine's, or that of the grade where no keyframe carries more than its look."""
        if any(map(self._is_whole, self._request.keyframes)):
            return trust
        return self._look_trust.get(index, trust)

    def _shown(self, index: int) -> Picture:
        """The source in output space, for measuring motion."""
        codes_hwC = self._path.to_codes(self._plate(index))
        return self._path.from_codes(self._path.model_of(codes_hwC), codes_hwC)

    def _is_whole(self, keyframe: KeyframePicture) -> bool:
        return keyframe.picture.shape[:2] == (self.height, self.width)

    def _in_depth(self, picture_HWC: Picture) -> Frame:
        return in_depth(picture_HWC, self._request.depth)


class _LazyPictures(Mapping[int, Picture]):
    """Pictures by index, each made when it is looked at: all of them may not fit into memory."""

    def __init__(self, indices: Iterable[int], make: Callable[[int], Picture]) -> None:
        self._indices = sorted(indices)
        self._make = make

    def __getitem__(self, index: int) -> Picture:
        if index not in self._indices:
            raise KeyError(index)
        return self._make(index)

    def __contains__(self, index: object) -> bool:
        return index in self._indices

    def __iter__(self) -> Iterator[int]:
        return iter(self._indices)

    def __len__(self) -> int:
        return len(self._indices)


def digest_of(picture: Frame) -> str:
    """SHA-256 of a picture's values; two that differ in type or shape only never meet."""
    return hashlib.sha256(np.ascontiguousarray(picture).data.cast("B")).hexdigest()
