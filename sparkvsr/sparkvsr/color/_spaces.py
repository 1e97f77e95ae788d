"""Colour spaces by name: an OpenColorIO config, and transforms between its spaces.

Every transform goes through linear Rec.709, which is found in the built-in config and joined to
any other config at the interchange spaces that OpenColorIO defines: scene-referred spaces at
ACES2065-1, display-referred ones at CIE XYZ D65. No view transform, so no tone mapping, is ever
applied: between scene and display the colours stay what they are, display white is linear 1.0.
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final, Self

import numpy as np
import PyOpenColorIO  # type: ignore[import-untyped]
from numpy.typing import NDArray

from ..errors import SettingsError
from ._loading import BUILTIN, FAILURES, LOCK, first_line, load, load_packed

_LINEAR: Final = "lin_rec709_srgb"
_XYZ_D65: Final = "lin_ciexyzd65_display"

SHORT_NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "srgb": ("srgb_display", "sRGB - Display", "srgb_texture", "Utility - sRGB - Texture"),
    "rec709": ("rec1886_rec709_display", "Rec.1886 Rec.709 - Display"),
    "linear": ("lin_rec709_srgb", "lin_rec709", "Utility - Linear - Rec.709"),
    "acescg": ("acescg", "ACES - ACEScg"),
    "acescct": ("acescct", "ACES - ACEScct"),
    "logc3": ("arri_logc3_ei800", "Input - ARRI - V3 LogC (EI800) - Wide Gamut"),
    "logc4": ("arri_logc4",),
    "slog3": ("slog3_sgamut3cine", "Input - Sony - S-Log3 - S-Gamut3.Cine"),
    "davinci": ("davinci_intermediate_widegamut",),
    "pq": ("rec2100_pq_display", "Rec.2100-PQ - Display"),
    "hlg": ("rec2100_hlg_display", "Rec.2100-HLG - Display"),
}
"""What people type, and the names and aliases it may have in a config; the first found counts."""

# Exact arithmetic; without the second flag inverting a table would be searched, at 4 times the cost
# for the same figures.
_EXACT: Final = PyOpenColorIO.OptimizationFlags(
    int(PyOpenColorIO.OPTIMIZATION_LOSSLESS) | int(PyOpenColorIO.OPTIMIZATION_LUT_INV_FAST)
)
_SDR_WHITE: Final = 1.25  # linear; the code 1.0 of log and HDR spaces stands for far more


class Transform:
    """From one colour space to another, on the CPU, unclamped where the spaces allow it."""

    def __init__(self, processor: Any) -> None:
        self._cpu = processor.getOptimizedCPUProcessor(_EXACT)
        self.is_identity = bool(self._cpu.isNoOp())

    def __call__(self, picture_HWC: NDArray[np.floating[Any]]) -> NDArray[np.float32]:
        """A new H W 3 float32 picture; what comes in is not changed.

        Values that mean nothing in a space (codes far above a log curve's white) may give Inf or
        NaN.
        """
        picture = np.array(picture_HWC, np.float32, order="C")
        if not self.is_identity:
            height, width = picture.shape[:2]
            self._cpu.apply(PyOpenColorIO.PackedImageDesc(picture, width, height, 3))
        return picture


class ColorSpaces:
    """The colour spaces of one OpenColorIO config.

    Attributes:
        config: for people: a path, or the exact address of a built-in one.
        loaded: the config.
    """

    def __init__(self, config: str | bytes = BUILTIN) -> None:
        """
        Args:
            config: a file, a built-in one by its `ocio://` address, or what `pack` has made of one.

        Raises:
            SettingsError: it cannot be read.
        """
        self.loaded = load_packed(config) if isinstance(config, bytes) else load(config)
        self.config = self.loaded.name
        self._config = self.loaded.ocio
        self._builtin = self._config if self.config == BUILTIN else load(BUILTIN).ocio

    @classmethod
    def active(cls, config: str | None = None, environ: Mapping[str, str] = os.environ) -> Self:
        """The config asked for, else that of $OCIO, else the built-in ACES studio config.

        Raises:
            SettingsError: it cannot be read.
        """
        return cls(config or environ.get("OCIO") or BUILTIN)

    def names(self) -> tuple[str, ...]:
        """Of all active colour spaces, in the config's order."""
        return tuple(self._config.getColorSpaceNames())

    def check(self, name: str) -> str:
        """The space's own name, from its name, an alias, a role or a short name; case is ignored.

        Raises:
            SettingsError: there is no such space (the hint names close ones), or it holds data.
        """
        space = self._find(name)
        if space is None:
            raise SettingsError(
                f"{name} is no colour space of {self.config}.", self._suggestion(name)
            )
        if space.isData():
            raise SettingsError(
                f"{name} holds data, not colours.",
                "Name the space that the pictures were made in; srgb takes them as they are.",
            )
        return str(space.getName())

    def knows(self, name: str) -> bool:
        """There is such a space, and it holds colours."""
        space = self._find(name)
        return space is not None and not space.isData()

    def encoding(self, name: str) -> str:
        """How a space encodes light, as OpenColorIO calls it.

        scene-linear, display-linear, log, sdr-video, hdr-video or edr-video. Where the config does
        not say, the space's own transform decides: linear, or else by what code 1.0 stands for.
        """
        name = self.check(name)
        stated = str(self._config.getColorSpace(name).getEncoding())
        if stated:
            return stated
        with self._joining(name):
            if self._config.isColorSpaceLinear(name, PyOpenColorIO.REFERENCE_SPACE_SCENE):
                return "scene-linear"
        white = self.to_linear(name)(np.ones((1, 1, 3), np.float32)).max()
        return "sdr-video" if white <= _SDR_WHITE else "log"

    def is_scene_linear(self, name: str) -> bool:
        """Its values are proportional to the light of the scene."""
        return self.encoding(name) == "scene-linear"

    def is_sdr(self, name: str) -> bool:
        """It is a display encoding whose white is 1.0, as of sRGB or Rec.709 video."""
        return self.encoding(name) == "sdr-video"

    def to_linear(self, name: str) -> Transform:
        """From a space to linear Rec.709 (1.0 is display white, 100 nits of an HDR space).

        Raises:
            SettingsError: no such space, or the config does not say how it relates to others.
        """
        return Transform(self._builtin.getProcessor(self._into_linear(name)))

    def from_linear(self, name: str) -> Transform:
        """The inverse of `to_linear`; raises the same."""
        return Transform(self._builtin.getProcessor(self._out_of_linear(name)))

    def transform(self, source: str, target: str) -> Transform:
        """From one space to another; the identity when they are the same. Raises the same."""
        way = PyOpenColorIO.GroupTransform()
        if self.check(source) != self.check(target):
            way.appendTransform(self._into_linear(source))
            way.appendTransform(self._out_of_linear(target))
        return Transform(self._builtin.getProcessor(way))

    def _into_linear(self, name: str) -> Any:
        name, builtin = self.check(name), self._builtin
        with self._joining(name):
            if not self._is_display_referred(name):
                join = PyOpenColorIO.Config.GetProcessorToBuiltinColorSpace
                return join(self._config, name, _LINEAR).createGroupTransform()
            join = PyOpenColorIO.Config.GetProcessorFromConfigs
            way = join(self._config, name, builtin, _XYZ_D65).createGroupTransform()
            way.appendTransform(builtin.getProcessor(_XYZ_D65, _LINEAR).createGroupTransform())
            return way

    def _out_of_linear(self, name: str) -> Any:
        name, builtin = self.check(name), self._builtin
        with self._joining(name):
            if not self._is_display_referred(name):
                join = PyOpenColorIO.Config.GetProcessorFromBuiltinColorSpace
                return join(_LINEAR, self._config, name).createGroupTransform()
            join = PyOpenColorIO.Config.GetProcessorFromConfigs
            way = builtin.getProcessor(_LINEAR, _XYZ_D65).createGroupTransform()
            way.appendTransform(join(builtin, _XYZ_D65, self._config, name).createGroupTransform())
            return way

    def _is_display_referred(self, name: str) -> bool:
        space = self._config.getColorSpace(name)
        return bool(space.getReferenceSpaceType() == PyOpenColorIO.REFERENCE_SPACE_DISPLAY)

    @contextmanager
    def _joining(self, name: str) -> Iterator[None]:
        try:
            with LOCK:
                yield
        except PyOpenColorIO.ExceptionMissingFile as error:
            raise SettingsError(
                f"{name} of {self.config} needs a file that is not there: {first_line(error)}.",
                "Put the file there, or set the environment variables that the config uses.",
            ) from error
        except FAILURES as error:
            raise SettingsError(
                f"{name} of {self.config} cannot be related to other colour spaces: "
                f"{first_line(error)}.",
                "The config needs the roles aces_interchange and, for display colour spaces, "
                "cie_xyz_d65_interchange; or leave --ocio out.",
            ) from error

    def _find(self, name: str) -> Any:
        candidates = (name, *SHORT_NAMES.get(name.lower(), ()))
        found = (self._config.getColorSpace(candidate) for candidate in candidates)
        return next((space for space in found if space is not None), None)

    def _suggestion(self, name: str) -> str:
        spaces: dict[str, str] = {}
        for own in self.names():
            aliases = self._config.getColorSpace(own).getAliases()
            spaces |= {str(alias).lower(): own for alias in (own, *aliases)}
        typed = name.lower()
        alike = [known for known in spaces if typed in known]
        alike += difflib.get_close_matches(typed, spaces, n=6, cutoff=0.5)
        close = list(dict.fromkeys(spaces[known] for known in alike))[:4]
        short = ", ".join(short for short in SHORT_NAMES if self._find(short) is not None)
        return (
            f"Did you mean {' or '.join(close)}?"
            if close
            else f"Give a name from the config, or one of {short}."
        )
