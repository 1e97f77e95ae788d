"""The manifest: equal jobs give equal bytes, other jobs other ones, and nonsense is refused."""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparkvsr.color import BUILTIN
from sparkvsr.job import Color, Settings, Shot
from sparkvsr_daemon._messages import Layout
from sparkvsr_daemon.errors import ManifestError
from sparkvsr_daemon.manifest import KeyframeBlob, Manifest, make_manifest, parse_manifest

DIGESTS = [hashlib.sha256(bytes([i])).hexdigest() for i in range(4)]
KEYFRAME = KeyframeBlob(1, DIGESTS[3], Layout((8, 12, 3), "<u2"))


def manifest(**changes: Any) -> tuple[str, bytes]:
    arguments: dict[str, Any] = {
        "shot": Shot(width=6, height=4, frames=3, cuts=(1, 2)),
        "settings": Settings(upscale=2),
        "engine": "flow",
        "engine_version": "1",
        "depth": "half",
        "layout": Layout((4, 6, 3), "|u1"),
        "frames": DIGESTS[:3],
        "keyframes": [KEYFRAME],
    }
    return make_manifest(**(arguments | changes))


def test_the_id_is_the_hash_of_the_bytes() -> None:
    job, data = manifest()
    assert job == hashlib.sha256(data).hexdigest()


def test_the_bytes_of_a_known_job_never_change() -> None:
    job, _ = manifest()
    assert job == "f3dcc4e6fed8986b55ffc2a8fe6b009246cf662261ed713924505a71745134b4"


@pytest.mark.parametrize(
    "changes",
    [
        {"settings": Settings(upscale=2, engine="flow", guidance=1)},
        {"shot": Shot(width=6, height=4, frames=3, cuts=(2, 1, 1))},
        {"frames": iter(DIGESTS[:3])},
        {"shot": Shot(width=6, height=4, frames=3, cuts=(1, 2), rate=(24000, 1001))},
    ],
)
def test_equal_jobs_written_differently_are_one_job(changes: dict[str, Any]) -> None:
    assert manifest(**changes) == manifest()


@pytest.mark.parametrize(
    "changes",
    [
        {"settings": Settings(upscale=2, guidance=1.5)},
        {"settings": Settings(upscale=2, seed=1)},
        {"shot": Shot(width=6, height=4, frames=3, first_frame=1001, cuts=(1, 2))},
        {"engine": "identity"},
        {"engine_version": "2"},
        {"depth": "float"},
        {"preview": 2},
        {"color": Color(source="acescg")},
        {"color": Color(config=BUILTIN)},
        {"color": Color(config_digest=DIGESTS[0])},
        {"color": Color(config_digest=DIGESTS[1])},
        {"settings": Settings(upscale=2, grade="off")},
        {"keyframes": [KeyframeBlob(1, DIGESTS[3], Layout((4, 6, 3), "<u2"))]},
        {"layout": Layout((4, 6, 3), "<u2")},
        {"frames": [DIGESTS[1], DIGESTS[0], DIGESTS[2]]},
        {"keyframes": []},
        {"keyframes": [KeyframeBlob(2, DIGESTS[3], KEYFRAME.layout)]},
    ],
)
def test_any_difference_that_can_change_the_result_is_another_job(changes: dict[str, Any]) -> None:
    assert manifest(**changes)[0] != manifest()[0]


def test_a_manifest_comes_back_as_it_was_made() -> None:
    parsed = parse_manifest(manifest()[1])
    assert parsed.settings.engine == "flow"
    assert parsed.frames == tuple(DIGESTS[:3])
    assert parsed.keyframes == (KEYFRAME,)
    assert parsed.result == Layout((8, 12, 3), "<f2")
    assert msgspec.msgpack.encode(parsed) == manifest()[1]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"engine": "auto"}, "not resolved"),
        ({"layout": Layout((4, 7, 3), "|u1")}, "size of the shot"),
        ({"frames": DIGESTS[:2]}, "lists 2 frames of a shot of 3"),
        ({"frames": [*DIGESTS[:2], "zz"]}, "regex"),
        ({"keyframes": [KeyframeBlob(3, DIGESTS[3], KEYFRAME.layout)]}, "outside of the shot"),
        ({"keyframes": [KeyframeBlob(1, DIGESTS[3], Layout((5, 6, 3), "|u1"))]}, "source's size"),
    ],
)
def test_parts_that_do_not_fit_are_named(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(ManifestError, match=words):
        manifest(**changes)


@pytest.mark.parametrize(
    "config",
    [
        "/show/config.ocio",
        "config.ocio",
        "../config.ocioz",
        "C:\\show\\config.ocio",
        "file:///show/config.ocio",
        "ocio://",
        "ocio://nobody-knows-it",
        "ocio://default",
        "ocio://../../show/config.ocio",
        "ocio:///show/config.ocio",
        BUILTIN.upper(),
        BUILTIN + "\0/show/config.ocio",
    ],
)
def test_a_manifest_names_no_file_and_no_config_but_a_built_in_one(config: str) -> None:
    with pytest.raises(ManifestError, match="none that is built in here"):
        manifest(color=Color(config=config))
    with pytest.raises(ManifestError, match="names two"):
        manifest(color=Color(config=config, config_digest=DIGESTS[0]))


@pytest.mark.parametrize("digest", ["../../etc/passwd", DIGESTS[0].upper(), DIGESTS[0][:-1]])
def test_the_archive_of_a_config_is_named_by_a_digest_only(digest: str) -> None:
    with pytest.raises(ManifestError, match="regex"):
        manifest(color=Color(config_digest=digest))


def test_every_blob_that_a_job_needs_is_listed_with_its_size() -> None:
    archive = "f" * 64
    expected = dict.fromkeys(DIGESTS[:3], 72) | {DIGESTS[3]: 8 * 12 * 3 * 2}
    assert parse_manifest(manifest()[1]).blobs == expected
    colours = Color(config_digest=archive)
    assert parse_manifest(manifest(color=colours)[1]).blobs == expected | {archive: None}


def test_another_version_or_an_unknown_field_is_refused() -> None:
    fields = msgspec.msgpack.decode(manifest()[1])
    with pytest.raises(ManifestError, match="version 3"):
        parse_manifest(msgspec.msgpack.encode(fields | {"version": 3}))
    with pytest.raises(ManifestError, match="colour"):
        parse_manifest(msgspec.msgpack.encode(fields | {"colour": "blue"}))
    with pytest.raises(ManifestError, match="upscale 9"):
        parse_manifest(
            msgspec.msgpack.encode(fields | {"settings": fields["settings"] | {"upscale": 9}})
        )


@given(st.binary(max_size=200), st.integers(0, 400))
def test_damaged_manifests_raise_nothing_but_manifest_errors(noise: bytes, at: int) -> None:
    data = manifest()[1]
    damaged = data[:at] + noise + data[at + len(noise) :]
    for candidate in (noise, damaged):
        try:
            assert isinstance(parse_manifest(candidate), Manifest)
        except ManifestError as error:
            assert error.message
