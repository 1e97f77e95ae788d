"""The manifest: everything a job depends on, in one blob. Its SHA-256 is the job's id.

Equal jobs must give equal bytes, so a manifest is built in one way only (`make_manifest`) and
encoded with its fields in the order in which they stand here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Annotated, Final

import msgspec
from msgspec import Meta, Struct

from sparkvsr.errors import SettingsError
from sparkvsr.job import DEPTH_DTYPE, Color, Depth, Settings, Shot

from ._messages import Digest, Layout, Word
from .errors import ManifestError

MANIFEST_VERSION: Final = 4
MAX_MANIFEST: Final = 80 << 20


class KeyframeBlob(Struct, frozen=True, forbid_unknown_fields=True):
    """A keyframe: its 0-based index, and a picture of the result's or the source's size."""

    index: Annotated[int, Meta(ge=0)]
    digest: Digest
    layout: Layout


class Manifest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One job, ready to run.

    Attributes:
        settings: `engine` names an engine, never `auto`.
        engine_version: of that engine; other versions give other pixels, so it is part of the id.
        depth: of the restored frames.
        color: what the pictures are in. Its `config` is the address of a built-in config, or empty;
            then `config_digest` may name a blob: the config in an archive.
        preview: index of the one frame that is wanted, quickly; None means the whole shot.
        layout: of every source frame.
        frames: digests of the source frames, in order.
        keyframes: in the order in which they were given.
    """

    version: int
    shot: Shot
    settings: Settings
    engine_version: Word
    depth: Depth
    layout: Layout
    frames: tuple[Digest, ...]
    keyframes: tuple[KeyframeBlob, ...]
    color: Color = Color()
    preview: Annotated[int, Meta(ge=0)] | None = None

    @property
    def results(self) -> range:
        """Indices of the frames that the job gives."""
        if self.preview is None:
            return range(self.shot.frames)
        return range(self.preview, self.preview + 1)

    @property
    def blobs(self) -> dict[str, int | None]:
        """Every blob that the job needs, by digest: its size in bytes, None if any will do."""
        archive = {self.color.config_digest: None} if self.color.config_digest else {}
        return (
            archive
            | dict.fromkeys(self.frames, self.layout.nbytes)
            | {keyframe.digest: keyframe.layout.nbytes for keyframe in self.keyframes}
        )

    @property
    def result(self) -> Layout:
        """How a restored frame is laid out."""
        width, height = self.settings.output_size(self.shot.width, self.shot.height)
        return Layout((height, width, 3), DEPTH_DTYPE[self.depth])


def make_manifest(
    *,
    shot: Shot,
    settings: Settings,
    engine: str,
    engine_version: str,
    depth: Depth,
    layout: Layout,
    frames: Iterable[str],
    keyframes: Iterable[KeyframeBlob],
    color: Color = Color(),  # noqa: B008 - frozen
    preview: int | None = None,
) -> tuple[str, bytes]:
    """A job's id and the bytes of its manifest.

    Args:
        engine: a concrete name; takes the place of `settings.engine`.

    Raises:
        ManifestError: the parts do not fit each other.
    """
    manifest = Manifest(
        version=MANIFEST_VERSION,
        # No pixel depends on the rate: the same frames at another one are the same job.
        shot=msgspec.structs.replace(shot, cuts=tuple(sorted(set(shot.cuts))), rate=(24, 1)),
        # 1 and 1.0 are the same guidance, but not the same bytes.
        settings=msgspec.structs.replace(
            settings,
            engine=engine,
            guidance=float(settings.guidance),
            upscale=float(settings.upscale),
        ),
        engine_version=engine_version,
        depth=depth,
        layout=layout,
        frames=tuple(frames),
        keyframes=tuple(keyframes),
        color=color,
        preview=preview,
    )
    data = msgspec.msgpack.encode(manifest)
    parse_manifest(data)
    return hashlib.sha256(data).hexdigest(), data


def parse_manifest(data: bytes) -> Manifest:
    """Decode and check a manifest.

    Raises:
        ManifestError: it is not valid; names the field.
    """
    if len(data) > MAX_MANIFEST:
        raise ManifestError(
            f"A manifest of {len(data)} bytes is above the limit of {MAX_MANIFEST}."
        )
    try:
        manifest = msgspec.msgpack.decode(data, type=Manifest)
        _check(manifest)
    except SettingsError as error:
        raise ManifestError(
            f"The job's settings are not valid: {error.message}", error.hint
        ) from error
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise ManifestError(f"The job's manifest is not valid: {error}.") from error
    return manifest


def _check(manifest: Manifest) -> None:
    shot, result = manifest.shot, manifest.result
    if manifest.version != MANIFEST_VERSION:
        raise ValueError(f"it has version {manifest.version}, not {MANIFEST_VERSION}")
    if manifest.settings.engine == "auto":
        raise ValueError("its engine is not resolved")
    if manifest.layout.shape != (shot.height, shot.width, 3):
        raise ValueError("its source frames do not have the size of the shot")
    if len(manifest.frames) != shot.frames:
        raise ValueError(f"it lists {len(manifest.frames)} frames of a shot of {shot.frames}")
    if manifest.results.stop > shot.frames:
        raise ValueError(f"the frame to preview, index {manifest.preview}, is outside of the shot")
    _check_config(manifest.color)
    for keyframe in manifest.keyframes:
        if keyframe.index >= shot.frames:
            raise ValueError(f"keyframe index {keyframe.index} is outside of the shot")
        if keyframe.layout.shape not in (result.shape, manifest.layout.shape):
            raise ValueError(
                f"the keyframe at index {keyframe.index} has neither the result's nor the "
                "source's size"
            )


def _check_config(color: Color) -> None:
    """A manifest names no file of any machine."""
    if color.config_digest:
        msgspec.convert(color.config_digest, Digest)
        if color.config:
            raise ValueError("it names two OpenColorIO configs")
    elif color.config:
        import PyOpenColorIO  # type: ignore[import-untyped]  # few jobs need it in the supervisor

        known = PyOpenColorIO.BuiltinConfigRegistry().getBuiltinConfigs()
        if color.config not in {f"ocio://{name}" for name, *_ in known}:
            raise ValueError("its OpenColorIO config is none that is built in here")
