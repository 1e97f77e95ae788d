"""Messages that nobody should send: built wrong from the message types, or real ones damaged."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from functools import cache
from random import Random
from typing import Any, Final, get_args

import msgpack  # type: ignore[import-untyped]
from hypothesis import strategies as st
from msgspec import inspect

from sparkvsr_daemon import _messages as m
from sparkvsr_daemon.errors import ProtocolError
from sparkvsr_daemon.protocol import MAGIC, decode

Parts = list[bytes]
Header = dict[Any, Any]

KINDS: Final = {str(kind.__struct_config__.tag): kind for kind in get_args(m.AnyMessage)}
# Well formed they do what they say, to the daemon or to jobs that are not the sender's.
_POWERFUL: Final = (m.Shutdown, m.Cancel, m.Pause, m.Resume, m.Retry, m.Unload, m.Clean)
# What betrays the inside of the daemon: code, folders, types that only Python has.
_INSIDE: Final = re.compile(
    r"Traceback|File \"|\.py\b|site-packages|/(?:home|root|tmp|usr|var|run|Users)/|<class|"
    r"object at 0x|NoneType|\b(?:msgspec|msgpack|zmq)\b|\b[A-Z]\w*(?:Error|Exception)\b|unforeseen"
)
_DEEP: Final = 2000  # levels of nesting


def harmless(parts: Sequence[bytes]) -> bool:
    """Whether the daemon has to refuse a message, or to do nothing for good because of it."""
    try:
        return not isinstance(decode(parts)[0], _POWERFUL)
    except ProtocolError:
        return True


def malformed(parts: Sequence[bytes]) -> bool:
    """Whether these parts stand for nothing that a client may ever say."""
    try:
        return not isinstance(decode(parts)[0], m.ClientMessage)
    except ProtocolError:
        return True


def leak(reply: Sequence[bytes]) -> str | None:
    """What a message of the daemon says about its inside, if anything.

    A status is asked for by who may know it, and names the log on purpose.
    """
    if isinstance(decode(reply)[0], m.StatusReply):
        return None
    found = _INSIDE.search(reply[1].decode(errors="replace"))
    return found.group() if found else None


# Structured: a header that would be right, and what is then made wrong about it.


def _values(kind: inspect.Type) -> st.SearchStrategy[Any]:
    """Right values of a field."""
    match kind:
        case inspect.IntType(ge=low, le=high):
            return st.integers(low or 0, 2**63 - 1 if high is None else high)
        case inspect.FloatType():
            return st.floats(0, 1)
        case inspect.BoolType():
            return st.booleans()
        case inspect.StrType(pattern=None, max_length=longest):
            return st.text(min_size=1, max_size=min(longest or 8, 8))
        case inspect.StrType():
            return st.binary(min_size=32, max_size=32).map(bytes.hex)
        case inspect.LiteralType(values=values):
            return st.sampled_from(sorted(values, key=str))
        case inspect.TupleType(item_types=items):
            return st.tuples(*map(_values, items))
        case inspect.VarTupleType(item_type=item):
            return st.lists(_values(item), max_size=2)
        case inspect.UnionType(types=types):
            return st.one_of(*map(_values, types))
        case inspect.NoneType():
            return st.none()
        case inspect.DictType():
            return st.dictionaries(st.text(max_size=4), st.integers(0, 9), max_size=2)
        case inspect.StructType(fields=fields):
            return st.fixed_dictionaries({f.encode_name: _values(f.type) for f in fields})
        case _:
            raise NotImplementedError(f"fields of {kind}")


@cache
def _headers(name: str) -> st.SearchStrategy[Header]:
    kind = inspect.type_info(KINDS[name])
    assert isinstance(kind, inspect.StructType)
    return st.fixed_dictionaries(
        {"t": st.just(name)} | {f.encode_name: _values(f.type) for f in kind.fields}
    )


_INTEGERS: Final = st.integers(-(2**63), 2**64 - 1)  # all that MessagePack has
_NESTED: Final = st.recursive(
    st.none() | st.booleans() | _INTEGERS | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=6,
)
_WRONG: Final = st.one_of(
    st.sampled_from([-1, -(2**63), 2**31, 2**32, 2**63 - 1, 2**63, 2**64 - 1]),
    st.sampled_from([math.nan, math.inf, -math.inf, -0.0, 1e308, 0.5]),
    st.sampled_from(["", "\0", "\n", "../../../etc/passwd", "%n%s", "{0}", "x" * 5000, "é" * 300]),
    st.builds(msgpack.ExtType, st.integers(0, 127), st.binary(max_size=8)),
    st.builds(msgpack.Timestamp, st.integers(0, 2**40), st.integers(0, 10**9 - 1)),
    st.binary(max_size=8),
    st.lists(st.integers(0, 3), min_size=1, max_size=2000),
    st.dictionaries(_INTEGERS, st.none(), min_size=1, max_size=3),
    st.just("x" * m.MAX_HEADER),
    _NESTED,
)


@st.composite
def structured(draw: st.DrawFn) -> Parts:
    """A message with one thing wrong, or several: fields, keys, nesting, size, parts."""
    name = draw(st.sampled_from(sorted(KINDS)))
    header = draw(_headers(name))
    field = draw(st.sampled_from(sorted(header)))
    pairs = list(header.items())
    damage = draw(st.sampled_from(["value", "value", "drop", "type", "twice", "key", "deep"]))
    match damage:
        case "value":
            pairs = [(k, draw(_WRONG) if k == field else v) for k, v in pairs]
        case "drop":
            pairs = [(k, v) for k, v in pairs if k != field]
        case "type":
            pairs = [("t", draw(st.text(max_size=8) | _WRONG)), *pairs[1:]]
        case "twice":
            pairs.append((field, draw(_WRONG)))
        case "key":
            pairs.append((draw(_INTEGERS | st.binary(max_size=3) | st.none()), 1))
    data: bytes = msgpack.Packer().pack_map_pairs(pairs)
    if damage == "deep":
        data = bytes([data[0] + 1]) + data[1:] + b"\xa1x" + b"\x91" * _DEEP + b"\xc0"
    right = [b"x"] if name in ("chunk", "frame") else []
    tail = draw(st.sampled_from([right] * 9 + [[], [b"x"], [b""], [b"x", b"y"], [b""] * 5]))
    magic = draw(st.sampled_from([MAGIC] * 20 + [b"SKV2", b"", b"GET / HTTP/1.1\r\n"]))
    return [magic, data, *tail]


# Bytes: what a real session said, damaged.


def damaged(parts: Sequence[bytes], other: Sequence[bytes], random: Random) -> Parts:
    """A message that was really sent, with bytes or parts changed; may borrow from another one."""
    found = [bytearray(part) for part in parts]
    for _ in range(random.randint(1, 3)):
        part = found[1] if len(found) > 1 and random.random() < 0.9 else random.choice(found)
        _damage_bytes(part, other[1], random)
    match random.randrange(40):
        case 0:
            found.pop(random.randrange(len(found)))
        case 1:
            found.insert(random.randrange(len(found) + 1), bytearray(random.choice(found)))
        case 2:
            random.shuffle(found)
        case 3:
            found.append(bytearray(other[-1]))
    return [bytes(part) for part in found]


def _damage_bytes(part: bytearray, donor: bytes, random: Random) -> None:
    at = random.randint(0, len(part))
    size = random.randint(1, 8)
    match random.randrange(7):
        case 0 if at < len(part):
            part[at] ^= 1 << random.randrange(8)
        case 1 if at < len(part):  # the first bytes of MessagePack's types
            part[at] = random.choice(
                b"\x00\x7f\x80\x8f\x90\x9f\xa0\xbf\xc0\xc1\xc4\xc6\xc7\xca\xcb"
            )
        case 2 if at < len(part):
            part[at] = random.choice(b"\xcc\xcf\xd0\xd3\xd4\xd8\xd9\xdb\xdc\xdd\xde\xdf\xe0\xff")
        case 3:
            del part[at : at + size]
        case 4:
            part[at:at] = random.randbytes(size)
        case 5:
            part[at:at] = part[at : at + size] * random.randint(1, 50)
        case _:
            start = random.randrange(len(donor))
            part[at : at + size] = donor[start : start + size]
