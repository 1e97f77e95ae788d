"""Messages to bytes and back: golden vectors, limits, and bytes that nobody should have sent."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, get_args

import msgpack  # type: ignore[import-untyped]
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sparkvsr_daemon import _messages as m
from sparkvsr_daemon import errors, protocol

VECTORS = {
    path.stem: json.loads(path.read_text())
    for path in sorted((Path(__file__).parent / "vectors").glob("*.json"))
}
KINDS = {str(kind.__struct_config__.tag): kind for kind in get_args(m.AnyMessage)}


def parts_of(name: str) -> list[bytes]:
    return [bytes.fromhex(part) for part in VECTORS[name]["parts"]]


def kind_of(name: str) -> Any:
    return KINDS[VECTORS[name]["header"]["t"]]


def with_header(**header: Any) -> list[bytes]:
    return [protocol.MAGIC, msgpack.packb(header)]


def test_every_message_type_has_a_golden_vector() -> None:
    assert set(VECTORS) >= set(KINDS)
    assert {name: vector["name"] for name, vector in VECTORS.items()} == {n: n for n in VECTORS}


@pytest.mark.parametrize("name", VECTORS)
def test_decoding_a_golden_vector_gives_its_header(name: str) -> None:
    message, chunk = protocol.decode(parts_of(name))
    assert type(message) is kind_of(name)
    assert json.loads(msgspec.json.encode(message)) == VECTORS[name]["header"]
    assert chunk == (parts_of(name)[2] if len(parts_of(name)) == 3 else None)


@pytest.mark.parametrize("name", VECTORS)
def test_encoding_a_golden_header_gives_its_bytes(name: str) -> None:
    message = msgspec.convert(VECTORS[name]["header"], kind_of(name))
    chunk = parts_of(name)[2] if len(parts_of(name)) == 3 else None
    assert [bytes(part) for part in protocol.encode(message, chunk)] == parts_of(name)


def test_fields_of_a_later_minor_version_are_ignored() -> None:
    message, _ = protocol.decode(with_header(t="ping", id="1", colour="blue", nested={"a": [1]}))
    assert message == m.Ping(id="1")


def test_what_1_0_does_not_know_is_left_out_where_it_says_nothing() -> None:
    """So that a 1.0 daemon is told nothing that it would misunderstand."""
    assert protocol.encode(m.Shutdown(id="1", when="now")) == protocol.encode(m.Shutdown(id="1"))
    assert b"when" not in bytes(protocol.encode(m.Shutdown(id="1"))[1])
    with pytest.raises(errors.HeaderError):
        protocol.decode(with_header(t="shutdown", id="1", when="tomorrow"))


def test_an_unknown_type_is_named_and_keeps_its_request_id() -> None:
    with pytest.raises(errors.UnknownTypeError) as caught:
        protocol.decode(with_header(t="preview", id="r7"))
    assert caught.value.request == "r7"


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ([], errors.EnvelopeError),
        ([b"SKV1"], errors.EnvelopeError),
        ([b"SKV2", b"\x80"], errors.EnvelopeError),
        ([b"SKV1", b"\x80", b"x", b"y"], errors.EnvelopeError),
        ([b"SKV1", b"\x80"], errors.UnknownTypeError),
        ([b"SKV1", b""], errors.HeaderError),
        ([b"SKV1", b"\x93\x01\x02\x03"], errors.HeaderError),
        ([b"SKV1", b"\x81\x01\x02"], errors.HeaderError),
        ([b"SKV1", b"\x81\xa1t\xa4ping\xc0"], errors.HeaderError),
        ([b"SKV1", b"\x91" * 60_000], errors.HeaderError),
        ([b"SKV1", b"\xdd\xff\xff\xff\xff"], errors.HeaderError),
        ([b"SKV1", b"\x81\xa1t\xa4\xff\xff\xff\xff"], errors.HeaderError),
        ([b"SKV1", msgpack.packb({"t": "ping", "x": msgpack.Timestamp(1)})], errors.HeaderError),
        ([b"SKV1", msgpack.packb({"t": "ping", "x": b"bin"})], errors.HeaderError),
        ([b"SKV1", b"\x80" + bytes(m.MAX_HEADER)], errors.TooLargeError),
        (with_header(t="chunk", put="1", offset=0), errors.EnvelopeError),
        ([*with_header(t="ping", id="1"), b"x"], errors.EnvelopeError),
        ([*with_header(t="chunk", put="1", offset=0), b""], errors.TooLargeError),
        ([*with_header(t="chunk", put="1", offset=0), bytes((1 << 20) + 1)], errors.TooLargeError),
    ],
)  # fmt: skip
def test_what_is_no_message_is_refused(parts: list[bytes], expected: type[Exception]) -> None:
    with pytest.raises(expected):
        protocol.decode(parts)


@pytest.mark.parametrize(
    "changes",
    [
        {"trust": float("nan")},
        {"trust": 1.5},
        {"index": -1},
        {"index": (1 << 64) - 1},
        {"offset": -1},
        {"job": "c5" * 31 + "c\n"},
        {"job": "C5" * 32},
        {"layout": {"shape": [1, 2, 3], "dtype": "|O"}},
        {"layout": {"shape": [1, 2, 3], "dtype": ">f2"}},
        {"layout": {"shape": [1, 2, 4], "dtype": "<f2"}},
        {"layout": {"shape": [0, 2, 3], "dtype": "<f2"}},
        {"layout": {"shape": [1, 2], "dtype": "<f2"}},
        {"layout": {"shape": [131072, 131072, 3], "dtype": "<f4"}},
    ],
)
def test_a_frame_header_out_of_range_is_refused(changes: dict[str, Any]) -> None:
    header = VECTORS["frame"]["header"] | changes
    with pytest.raises(errors.HeaderError):
        protocol.decode([*with_header(**header), b"x"])


def test_a_put_above_the_blob_limit_is_refused() -> None:
    with pytest.raises(errors.HeaderError):
        protocol.decode(with_header(t="put", id="1", digest="00" * 32, nbytes=m.MAX_BLOB + 1))


def test_the_longest_list_of_jobs_fits_into_one_message() -> None:
    """Reasons and versions as long as they may be, in letters of four bytes."""
    worst = msgspec.structs.replace(
        msgspec.convert(VECTORS["accepted"]["header"]["job"], m.JobInfo),
        reason="\N{GRINNING FACE}" * 200,
        engine_version="\N{GRINNING FACE}" * 200,
        **{name: (1 << 63) - 1 for name in m.JobInfo.__struct_fields__ if "windows" in name},
    )
    full = m.JobList(re="x" * 32, jobs=(worst,) * m.MAX_LISTED_JOBS)
    assert protocol.decode([bytes(part) for part in protocol.encode(full)])[0] == full


def test_encoding_keeps_the_limits_too() -> None:
    with pytest.raises(errors.TooLargeError):
        protocol.encode(m.Chunk(put="1", offset=0), bytes(m.MAX_CHUNK + 1))
    with pytest.raises(errors.TooLargeError):
        protocol.encode(m.Goodbye(reason="x" * m.MAX_HEADER))
    with pytest.raises(errors.EnvelopeError):
        protocol.encode(m.Ping(id="1"), b"x")


@given(st.lists(st.binary(max_size=64), max_size=4), st.booleans())
def test_random_bytes_raise_nothing_but_protocol_errors(parts: list[bytes], magic: bool) -> None:
    _decode_or_refuse([protocol.MAGIC, *parts] if magic else parts)


@settings(max_examples=400)
@given(st.sampled_from(sorted(VECTORS)), st.data())
def test_mutated_messages_raise_nothing_but_protocol_errors(name: str, data: st.DataObject) -> None:
    parts = parts_of(name)
    header = bytearray(parts[1])
    for _ in range(data.draw(st.integers(1, 4))):
        header[data.draw(st.integers(0, len(header) - 1))] = data.draw(st.integers(0, 255))
    parts[1] = bytes(header[: data.draw(st.integers(0, len(header)))])
    _decode_or_refuse(parts)


_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(1 << 63), (1 << 64) - 1)
    | st.floats()
    | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4)
    ),
    max_leaves=8,
)


@settings(max_examples=300)
@given(st.sampled_from(sorted(VECTORS)), st.data())
def test_fields_of_any_type_raise_nothing_but_protocol_errors(
    name: str, data: st.DataObject
) -> None:
    header = dict(VECTORS[name]["header"])
    field = data.draw(st.sampled_from(sorted(header)))
    header[field] = data.draw(_VALUES)
    _decode_or_refuse([protocol.MAGIC, msgpack.packb(header), *parts_of(name)[2:]])


def _decode_or_refuse(parts: list[bytes]) -> None:
    try:
        message, chunk = protocol.decode(parts)
    except errors.ProtocolError as error:
        assert error.message
    else:
        assert protocol.encode(message, chunk)[0] == protocol.MAGIC
