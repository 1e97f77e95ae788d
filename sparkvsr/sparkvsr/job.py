"""What a person asks for: shot, settings, job. The same names in Python, JSON, CLI and both hosts.

Frame numbers (`frame_number`, `first_frame`) are the host's; an `index` is 0-based in the shot.
"""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta

from .errors import SettingsError

UPSCALES = (1.0, 1.5, 2.0, 3.0, 4.0)
JOB_SCHEMA_VERSION = 1

Anchors = Literal["none", "missing", "always"]
Direction = Literal["forward", "outward"]
AnchorGuidance = Literal["one", "job"]
CrossFade = Literal["latents", "pixels"]
Carry = Literal["auto", "on", "off"]
Pinning = Literal["exact", "blend", "off"]
Codec = Literal["prores4444", "dnxhr444", "ffv1", "hevc10", "h264"]
Side = Annotated[int, Meta(ge=1, le=65536)]
Depth = Literal["uint8", "half", "float"]
"""Of restored frames; half holds integers of up to 10 bits exactly."""
DEPTH_DTYPE: Final[dict[Depth, Literal["|u1", "<f2", "<f4"]]] = {
    "uint8": "|u1",
    "half": "<f2",
    "float": "<f4",
}
EngineChoice = Literal["auto", "sparkvsr", "flow", "identity"]


class Shot(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The geometry of a shot, without its pixels.

    Attributes:
        width, height: source size in pixels.
        frames: how many frames.
        first_frame: the host's number of index 0.
        rate: frames per second, as numerator and denominator. No pixel depends on it.
        pixel_aspect: width : height of one pixel.
        cuts: indices at which a new scene begins (0 is implied); nothing crosses them.
    """

    width: Annotated[int, Meta(ge=1, le=32768)]
    height: Annotated[int, Meta(ge=1, le=32768)]
    frames: Annotated[int, Meta(ge=1, le=1_000_000)]
    first_frame: int = 0
    rate: tuple[Annotated[int, Meta(ge=1)], Annotated[int, Meta(ge=1)]] = (24, 1)
    pixel_aspect: tuple[Annotated[int, Meta(ge=1)], Annotated[int, Meta(ge=1)]] = (1, 1)
    cuts: tuple[int, ...] = ()

    @property
    def fps(self) -> Fraction:
        """Frames per second, exact."""
        return Fraction(*self.rate)

    def frame_number(self, index: int) -> int:
        """The host's number of a 0-based index."""
        return self.first_frame + index


class Color(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The colour spaces of a shot, by their names in an OpenColorIO config.

    Attributes:
        source, keyframes, output: what the pictures are in, and what the result is to be in.
        config: of OpenColorIO, the `ocio://` address of a built-in one (empty for the usual one),
            or a path of this machine: of a config, or of the archive that was made of one.
        config_digest: SHA-256 of that archive, so that a changed config or LUT is another job;
            empty for built-in configs.
    """

    source: str = "srgb"
    keyframes: str = "srgb"
    output: str = "srgb"
    config: str = ""
    config_digest: str = ""


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything a person may set besides the shot and the keyframes.

    Attributes:
        upscale: how much larger the result is: 1, 1.5, 2, 3 or 4.
        size: width and height of the result in pixels; takes the place of `upscale`.
        guidance: reference-free guidance scale s, 0 to 10: 0 ignores keyframes, 1 follows them,
            above 1 exaggerates.
        engine: `auto` takes the best engine that can run here and says which.
        window: frames seen at once, 8k+1; None leaves it to the engine.
        overlap: frames shared by neighbouring windows, 1 (mod 8); None leaves it to the engine.
        anchors: when a window also gets a restored frame of its neighbour as a reference.
        anchor_guidance: at which guidance these are made: at `one`, so that a new guidance value
            does not make them anew, or at that of the `job`, so that they look like it.
        cross_fade: what neighbouring windows blend into each other, where the engine has a choice:
            `latents`, decoded as one stream, or `pixels`.
        direction: `outward` runs the frames before the first keyframe of a scene reversed in time.
        tile: largest tile side in output pixels, a multiple of 16; None means whole pictures.
        seed: start of the per-window random generators.
        grade: carry the colours of keyframes by colour maths before the engine sees them; `auto`
            does so where a keyframe differs in colour from its source.
        pin_keyframes: `exact` puts keyframes themselves into the result and leads over to them from
            the frames beside, `blend` goes half of the way, `off` leaves what the engine made.
    """

    upscale: float = 4.0
    size: tuple[Side, Side] | None = None
    guidance: float = 1.0
    engine: EngineChoice = "auto"
    window: int | None = None
    overlap: int | None = None
    anchors: Anchors = "missing"
    anchor_guidance: AnchorGuidance = "one"
    cross_fade: CrossFade = "latents"
    direction: Direction = "forward"
    tile: int | None = None
    seed: int = 0
    grade: Carry = "auto"
    pin_keyframes: Pinning = "exact"

    def output_size(self, width: int, height: int) -> tuple[int, int]:
        """Width and height of the result of a source of this size."""
        if self.size is not None:
            return self.size
        return int(width * self.upscale + 0.5), int(height * self.upscale + 0.5)

    def __post_init__(self) -> None:
        if self.upscale not in UPSCALES:
            raise SettingsError(
                f"upscale {self.upscale:g} is not possible.",
                f"Use one of {', '.join(f'{upscale:g}' for upscale in UPSCALES)}; or --size.",
            )
        if not 0.0 <= self.guidance <= 10.0:  # NaN fails this too
            raise SettingsError(
                f"guidance {self.guidance} is out of range.",
                "Use a value from 0 to 10; 1 follows the keyframes.",
            )
        if self.window is not None and (self.window < 9 or self.window % 8 != 1):
            raise SettingsError(
                f"window {self.window} is not 8k+1.", "Use 9, 17, 25, 33, 41, 49, …"
            )
        if self.overlap is not None and (self.overlap < 1 or self.overlap % 8 != 1):
            raise SettingsError(f"overlap {self.overlap} is not 8k+1.", "Use 1, 9, 17, …")
        if self.window is not None and self.overlap is not None and self.overlap >= self.window:
            raise SettingsError(
                f"overlap {self.overlap} does not fit into a window of {self.window}.",
                "Make the overlap smaller or the window longer.",
            )
        if self.tile is not None and (self.tile < 64 or self.tile % 16):
            raise SettingsError(
                f"tile {self.tile} is not a multiple of 16 of at least 64.", "Use 256, 512, 768, …"
            )


class KeyframeFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A keyframe as a person gives it: the host's frame number and a picture file."""

    frame: int
    picture: str


class Job(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One restoration, as `sparkvsr restore job.json` reads it.

    Attributes:
        source: a movie, or a numbered sequence (`plate.%04d.exr`, `plate.####.exr`).
        output: the same, for the result.
        keyframes: pictures of frames of the shot.
        first, last: host frame numbers of the range, both included; None means all there is.
        cuts: host frame numbers at which a new scene begins.
        rate: frames per second of the source, as `25`, `23.976` or `24000/1001`; None is what its
            files say. A movie has its own: another one is refused.
        timecode: of the first frame of the range, as `01:00:04:04`, with `;` before the frames for
            drop frame; None is what the files say.
        overwrite: replace an existing output.
        allow_truncated: restore what decodes of a damaged movie.
        source_space, keyframe_space, output_space: colour spaces of the OpenColorIO config; None is
            what the files say, and the source's for the result.
        ocio: an OpenColorIO config; None is $OCIO, or the built-in ACES studio config.
        codec: of a movie that is written; None is the usual one for its extension.
        schema: version of this layout.
    """

    source: str
    output: str
    keyframes: tuple[KeyframeFile, ...] = ()
    first: int | None = None
    last: int | None = None
    cuts: tuple[int, ...] = ()
    rate: str | None = None
    timecode: str | None = None
    settings: Settings = Settings()
    overwrite: bool = False
    allow_truncated: bool = False
    source_space: str | None = None
    keyframe_space: str | None = None
    output_space: str | None = None
    ocio: str | None = None
    codec: Codec | None = None
    schema: int = JOB_SCHEMA_VERSION

    def __post_init__(self) -> None:
        if self.schema != JOB_SCHEMA_VERSION:
            raise SettingsError(
                f"This job file has schema {self.schema}; this version reads {JOB_SCHEMA_VERSION}.",
                "Update SparkVSR, or write the job file again.",
            )


def load_job(path: Path) -> Job:
    """Read a job file; relative paths in it are relative to the file.

    Raises:
        SettingsError: no such file, not JSON, an unknown key (named), or a value out of range.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise SettingsError(
            f"Cannot read the job file {path}: {error.strerror}.", "Check the path."
        ) from error
    try:
        job = msgspec.json.decode(data, type=Job)
    except msgspec.MsgspecError as error:
        raise SettingsError(
            f"The job file {path} is not valid: {error}.", "See docs/job.md for the keys."
        ) from error
    folder = path.parent

    def absolute(name: str) -> str:
        return str(folder / name)

    return msgspec.structs.replace(
        job,
        source=absolute(job.source),
        output=absolute(job.output),
        keyframes=tuple(KeyframeFile(k.frame, absolute(k.picture)) for k in job.keyframes),
        ocio=absolute(job.ocio) if job.ocio and "://" not in job.ocio else job.ocio,
    )


def job_schema() -> dict[str, Any]:
    """The JSON schema of a job file (docs/job.schema.json is this, written out)."""
    return msgspec.json.schema(Job)
