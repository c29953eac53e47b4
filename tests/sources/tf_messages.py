"""The messages of TensorFlow's records, built by Google's own protobuf, and their frames."""

import struct
from typing import Any

import google_crc32c
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

_SCHEMA = {
    "BytesList": [("value", 1, "bytes*")],
    "FloatList": [("value", 1, "float*")],
    "Int64List": [("value", 1, "int64*")],
    "Feature": [("b", 1, "BytesList"), ("f", 2, "FloatList"), ("i", 3, "Int64List")],
    "Pair": [("key", 1, "string"), ("value", 2, "Feature")],
    "Features": [("feature", 1, "Pair*")],
    "Example": [("features", 1, "Features")],
    "FeatureList": [("feature", 1, "Feature*")],
    "ListPair": [("key", 1, "string"), ("value", 2, "FeatureList")],
    "FeatureLists": [("list", 1, "ListPair*")],
    "SequenceExample": [("context", 1, "Features"), ("lists", 2, "FeatureLists")],
}
_TYPES = {"bytes": 12, "float": 2, "int64": 3, "string": 9}


def _classes() -> dict[str, Any]:
    file = descriptor_pb2.FileDescriptorProto(name="tf.proto", package="tf", syntax="proto3")
    for name, fields in _SCHEMA.items():
        message = file.message_type.add(name=name)
        for field, number, kind in fields:
            bare = kind.rstrip("*")
            more = {"type": _TYPES[bare]} if bare in _TYPES else {"type_name": f".tf.{bare}"}
            label = 3 if kind.endswith("*") else 1
            message.field.add(name=field, number=number, label=label, **more)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return {
        name: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"tf.{name}"))
        for name in _SCHEMA
    }


_CLASSES = _classes()


def feature(values: list[Any]) -> Any:
    """A feature; texts become bytes, and no values have no type, as in the releases."""
    made = _CLASSES["Feature"]()
    if values:
        values = [each.encode() if isinstance(each, str) else each for each in values]
        one = values[0]
        kind = made.b if isinstance(one, bytes) else made.f if isinstance(one, float) else made.i
        kind.value.extend(values)
    return made


def example(features: dict[str, list[Any]]) -> bytes:
    made = _CLASSES["Example"]()
    for key, values in features.items():
        made.features.feature.add(key=key, value=feature(values))
    return made.SerializeToString()


def sequence_example(context: dict[str, list[Any]], lists: dict[str, list[list[Any]]]) -> bytes:
    made = _CLASSES["SequenceExample"]()
    for key, values in context.items():
        made.context.feature.add(key=key, value=feature(values))
    for key, several in lists.items():
        pair = made.lists.list.add(key=key)
        for values in several:
            pair.value.feature.append(feature(values))
    return made.SerializeToString()


def framed(*messages: bytes) -> bytes:
    """The records of a file."""
    data = b""
    for message in messages:
        head = struct.pack("<Q", len(message))
        data += head + _check(head) + message + _check(message)
    return data


def _check(data: bytes) -> bytes:
    crc = google_crc32c.value(data)
    return struct.pack("<I", ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF)
