"""The messages `tf.train.Example` and `tf.train.SequenceExample`, from their wire format.

Four messages deep, and nothing else of TensorFlow is needed:

    Example          1: Features
    SequenceExample  1: Features (context)    2: FeatureLists
    Features         1: {1: name, 2: Feature}...
    FeatureLists     1: {1: name, 2: {1: Feature...}}...
    Feature          1: {1: bytes...}    2: {1: float...}    3: {1: int64...}
"""

import struct
from collections.abc import Iterator

# The values of a feature: all of one type.
Values = list[bytes] | list[float] | list[int]
_VARINT, _FIXED64, _LENGTH, _FIXED32 = 0, 1, 2, 5


def example(data: bytes) -> dict[str, Values]:
    """Returns the features of an Example by name.

    Raises:
        ValueError: the bytes are no such message.
    """
    return _features(_joined(data, 1))


def sequence_example(data: bytes) -> tuple[dict[str, Values], dict[str, list[Values]]]:
    """Returns the context of a SequenceExample, and its feature lists, both by name.

    Raises:
        ValueError: the bytes are no such message.
    """
    lists: dict[str, list[Values]] = {}
    for entry in _inner(_joined(data, 2), 1):
        lists[_name(entry)] = [_values(feature) for feature in _inner(_joined(entry, 2), 1)]
    return _features(_joined(data, 1)), lists


def _features(data: bytes) -> dict[str, Values]:
    return {_name(entry): _values(_joined(entry, 2)) for entry in _inner(data, 1)}


def _name(entry: bytes) -> str:
    return _joined(entry, 1).decode()


def _values(feature: bytes) -> Values:
    """The values of a feature; an empty feature has no type and no values."""
    for number, kind, value in _fields(feature):
        if kind != _LENGTH or not isinstance(value, bytes):
            continue
        if number == 1:
            return list(_inner(value, 1))
        if number == 2:
            return _floats(value)
        if number == 3:
            return _integers(value)
    return []


def _floats(data: bytes) -> list[float]:
    """Packed or one by one."""
    found: list[float] = []
    for number, kind, value in _fields(data):
        if number == 1 and isinstance(value, bytes) and kind in (_LENGTH, _FIXED32):
            if len(value) % 4:
                raise ValueError(f"{len(value)} bytes of packed floats, expected a multiple of 4")
            found += struct.unpack(f"<{len(value) // 4}f", value)
    return found


def _integers(data: bytes) -> list[int]:
    """Packed or one by one; 64 bit with a sign."""
    found: list[int] = []
    for number, kind, value in _fields(data):
        if number == 1 and kind == _VARINT and isinstance(value, int):
            found.append(value)
        elif number == 1 and kind == _LENGTH and isinstance(value, bytes):
            at = 0
            while at < len(value):
                one, at = _varint(value, at)
                found.append(one)
    return [one - (1 << 64) if one >= 1 << 63 else one for one in found]


def _joined(data: bytes, wanted: int) -> bytes:
    """A message or text of which there is one; the format lets its parts lie apart."""
    return b"".join(_inner(data, wanted))


def _inner(data: bytes, wanted: int) -> Iterator[bytes]:
    """Each value of a field of messages, texts or bytes."""
    for number, kind, value in _fields(data):
        if number == wanted and kind == _LENGTH and isinstance(value, bytes):
            yield value


def _fields(data: bytes) -> Iterator[tuple[int, int, bytes | int]]:
    """Number, wire type and value of each field."""
    at = 0
    while at < len(data):
        tag, at = _varint(data, at)
        number, kind = tag >> 3, tag & 7
        if kind == _VARINT:
            value, at = _varint(data, at)
            yield number, kind, value
            continue
        if kind == _LENGTH:
            length, at = _varint(data, at)
        elif kind in (_FIXED64, _FIXED32):
            length = 8 if kind == _FIXED64 else 4
        else:
            raise ValueError(f"no protobuf message: wire type {kind} at byte {at}")
        if at + length > len(data):
            raise ValueError(f"no protobuf message: a field of {length} bytes goes over its end")
        yield number, kind, data[at : at + length]
        at += length


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """A number and where it ends.

    >>> _varint(bytes([0xAC, 0x02]), 0)
    (300, 2)
    """
    value = 0
    for shift in range(0, 70, 7):
        if at >= len(data):
            break
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value & (1 << 64) - 1, at
    raise ValueError("no protobuf message: a number without an end")
