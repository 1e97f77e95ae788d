"""The way of a picture into model space and back.

Model space is what engines work in: display-referred RGB, nominally 0 to 1.

- A source in an SDR display space is in it already, whatever its primaries: a network was trained
  on the codes of videos, as they come. Keyframes in another space are converted to the source's.
- Everything else (scene-linear, log, HDR video) is brought to linear Rec.709 and through the
  shaper. So is an SDR source whose keyframes are not SDR: its result may be brighter than display
  white.

Between picture and model lie *codes*: model space without its limits. They are what a grade is
measured and applied in; `to_model` is no more than codes cut to [0, 1].

Axes: H W pixels at output size, h w at source size, C the three of RGB.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from ._mend import HALF_MAX
from ._shaper import decode, encode
from ._spaces import ColorSpaces
from ._transfer import display_codes, shaped_to_linear

Picture = NDArray[np.float32]
AnyPicture = NDArray[np.floating[Any]]

_STRIP: Final = 1 << 15
"""Pixels that a thread works on at a time: what lies between two steps stays in the cache."""


class PicturePath:
    """Of one shot: from its source and keyframe spaces to model space, and to its output space.

    Attributes:
        source, keyframes, output: full names of the colour spaces.
        is_shaped: the shaper is used; otherwise model space is the source's own.
    """

    def __init__(
        self,
        spaces: ColorSpaces,
        source: str,
        *,
        keyframes: str | None = None,
        output: str | None = None,
        unlimited: bool = False,
    ) -> None:
        """
        Args:
            keyframes, output: the source's space when None.
            unlimited: the engine keeps values below 0 and above 1 (as one does that only moves
                pixels), so it is given codes uncut, and what it gives back is decoded as it is.

        Raises:
            SettingsError: a space is unknown or cannot be related to the others.
        """
        self.source = spaces.check(source)
        self.keyframes = spaces.check(keyframes or source)
        self.output = spaces.check(output or source)
        self.is_shaped = not (spaces.is_sdr(self.source) and spaces.is_sdr(self.keyframes))
        self._unlimited = unlimited
        if self.is_shaped:
            self._in = spaces.to_linear(self.source)
            self._keyframe_in = spaces.to_linear(self.keyframes)
            self._out = spaces.from_linear(self.output)
        else:
            self._in = spaces.transform(self.source, self.source)
            self._keyframe_in = spaces.transform(self.keyframes, self.source)
            self._out = spaces.transform(self.source, self.output)
        self._keyframe_out = spaces.transform(self.keyframes, self.output)
        # What the engine gives is the result as it stands.
        self._passes = unlimited and not self.is_shaped and self._out.is_identity

    def to_model(self, picture_HWC: AnyPicture) -> Picture:
        """A source picture as an engine sees it: float32, in [0, 1] unless `unlimited`.

        Args:
            picture_HWC: half or float, finite (see `mend`).
        """
        return self.model_of(self.to_codes(picture_HWC))

    def keyframe_to_model(self, picture_HWC: AnyPicture) -> Picture:
        """The same for a keyframe."""
        return self.model_of(self.keyframe_to_codes(picture_HWC))

    def from_model(self, restored_HWC: Picture, source_hwC: AnyPicture) -> Picture:
        """A restored picture in the output space, float32.

        Where source and output space are the same and there is nothing to enlarge, pixels that
        the engine gave back as it saw them are the source's, to the bit. Others stay finite and
        within what half can hold.

        Args:
            restored_HWC: what the engine gave, finite. Not by way of half: near white its steps are
                0.6 % of the light.
            source_hwC: the source picture it was made from; enlarged here where it is smaller.
        """
        if restored_HWC.shape != source_hwC.shape:
            codes_hwC = source_hwC if self._unlimited else self.to_codes(source_hwC)
            return self.from_codes(restored_HWC, codes_hwC)
        if self._passes:
            return restored_HWC
        return _by_strips(self._returned, restored_HWC, source_hwC)

    def to_codes(self, picture_HWC: AnyPicture) -> Picture:
        """A source picture as codes: model space without limits. May be the picture itself."""
        if not self.is_shaped:
            return np.asarray(picture_HWC, np.float32)
        return _by_strips(lambda picture: self._codes(self._in(picture)), picture_HWC)

    def keyframe_to_codes(self, picture_HWC: AnyPicture) -> Picture:
        """The same for a keyframe."""
        return _by_strips(lambda picture: self._codes(self._keyframe_in(picture)), picture_HWC)

    def model_of(self, codes_HWC: Picture) -> Picture:
        """Codes as an engine sees them."""
        return codes_HWC if self._unlimited else np.clip(codes_HWC, 0.0, 1.0)

    def from_codes(self, restored_HWC: Picture, codes_hwC: Picture) -> Picture:
        """`from_model`, from the codes of the source (graded, perhaps) instead of its picture."""
        height, width = restored_HWC.shape[:2]
        if self._unlimited:  # what the engine gave is all there is to know
            if self._passes:
                return restored_HWC
            return _by_strips(lambda restored: self._picture(restored, restored), restored_HWC)
        return _by_strips(self._picture, restored_HWC, _fitted(codes_hwC, width, height))

    def keyframe_to_output(self, picture_HWC: AnyPicture) -> Picture:
        """A keyframe in the output space without a way through the model; to the bit if equal."""
        return _by_strips(self._keyframe_out, picture_HWC)

    def _codes(self, picture: Picture) -> Picture:
        return encode(picture) if self.is_shaped else picture

    def _returned(self, restored: Picture, source: AnyPicture) -> Picture:
        codes = self._codes(self._in(source))
        if self.source != self.output:
            return self._picture(restored, codes)
        same_HWC = restored == self.model_of(codes)
        same_HW = same_HWC[..., 0] & same_HWC[..., 1] & same_HWC[..., 2]
        if same_HW.all():
            return np.asarray(source, np.float32)
        picture = self._picture(restored, codes)
        if same_HW.any():
            np.copyto(picture, source, where=same_HW[..., None])
        return picture

    def _picture(self, restored: Picture, codes: Picture) -> Picture:
        if self._unlimited:
            picture = decode(restored) if self.is_shaped else restored
        elif self.is_shaped:
            picture = shaped_to_linear(restored, codes)
        else:
            picture = display_codes(restored, codes)
        picture = self._out(picture)
        # fmin and fmax, because a table of somebody's config may know no value for some codes.
        return np.asarray(np.fmax(np.fmin(picture, HALF_MAX), -HALF_MAX), np.float32)


def _by_strips(function: Callable[..., Picture], *pictures_HWC: AnyPicture) -> Picture:
    """Apply a function of pixels to pictures of one size, some rows at a time, on all cores."""
    height, width = pictures_HWC[0].shape[:2]
    result_HWC = np.empty((height, width, 3), np.float32)

    def work(top: int) -> None:
        strip = slice(top, top + rows)
        result_HWC[strip] = function(*(picture_HWC[strip] for picture_HWC in pictures_HWC))

    rows = max(_STRIP // width, 1)
    tops = range(0, height, rows)
    with ThreadPoolExecutor(min(len(tops), os.cpu_count() or 1), "color") as pool:
        for _ in pool.map(work, tops):  # asked for, so that an error in a thread is raised here
            pass
    return result_HWC


def _fitted(codes_hwC: Picture, width: int, height: int) -> Picture:
    """Codes at output size: bicubic, as the flow engine enlarges, within the values around.

    A lamp that is a thousand times brighter than what is beside it would otherwise leave a ring
    of negative light, which no model sees and so none could repair.
    """
    size = (width, height)
    if codes_hwC.shape[:2] == (height, width):
        return codes_hwC
    if width < codes_hwC.shape[1] or height < codes_hwC.shape[0]:
        return np.asarray(cv2.resize(codes_hwC, size, interpolation=cv2.INTER_AREA), np.float32)
    around = np.ones((3, 3), np.uint8)
    low_hwC, high_hwC = cv2.erode(codes_hwC, around), cv2.dilate(codes_hwC, around)
    low_HWC = cv2.resize(low_hwC, size, interpolation=cv2.INTER_NEAREST_EXACT)
    high_HWC = cv2.resize(high_hwC, size, interpolation=cv2.INTER_NEAREST_EXACT)
    codes_HWC = cv2.resize(codes_hwC, size, interpolation=cv2.INTER_CUBIC)
    return np.asarray(np.clip(codes_HWC, low_HWC, high_HWC), np.float32)
