"""TFRecord, WARC and lists of XML elements: every record once, damage told."""

import bz2
import gzip
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sources import readers
from sources.readers import protobuf
from sources.source import Broken, Row
from tests.sources.test_readers import faults, read, values
from tests.sources.tf_messages import example, framed, sequence_example

NUMBERS = st.integers(-(2**63), 2**63 - 1)
FLOATS = st.floats(width=32, allow_nan=False)
FEATURES = st.dictionaries(
    st.text(max_size=9),
    st.lists(st.binary(max_size=9)) | st.lists(FLOATS) | st.lists(NUMBERS),
    max_size=4,
)


@given(FEATURES, st.dictionaries(st.text(max_size=9), st.lists(st.lists(NUMBERS)), max_size=3))
def test_messages_are_parsed_as_google_writes_them(features: dict, lists: dict) -> None:
    assert protobuf.example(example(features)) == features
    assert protobuf.sequence_example(sequence_example(features, lists)) == (features, lists)


@given(st.binary(max_size=60))
def test_any_bytes_are_a_message_or_refused(data: bytes) -> None:
    try:
        protobuf.sequence_example(data)
    except ValueError as error:
        assert str(error)


def test_records_of_shards_are_unpacked_whatever_their_suffix() -> None:
    data = framed(*(sequence_example({"n": [n]}, {"s": [[b"a"], []]}) for n in range(3)))
    reader = readers.TfRecord(kind="sequence", gzip=True)
    for name in ("a.tfrecord.gz-00000-of-00005", "a.tfrecord.gz"):
        found = values(read(reader, name, gzip.compress(data)))
        assert found == [{"context": {"n": [n]}, "lists": {"s": [[b"a"], []]}} for n in range(3)]


def test_a_message_that_fails_its_checksum_is_told_and_left_behind() -> None:
    data = bytearray(framed(example({"a": [1]}), example({"b": [2]}), example({"c": [3]})))
    middle = data.index(b"b")
    data[middle] ^= 1
    found = read(readers.TfRecord(), "a.tfrecord", bytes(data))
    assert [row.value for row in found if isinstance(row, Row)] == [{"a": [1]}, {"c": [3]}]
    assert faults(found)[0] == (
        "record 1", "the message does not fit its checksum: fetch the file again"
    )  # fmt: skip


@pytest.mark.parametrize("cut", [1, 5, 14, 20])
def test_records_that_are_cut_off_are_told(cut: int) -> None:
    data = framed(example({"a": [1]}), example({"b": [2]}))
    found = read(readers.TfRecord(), "a.tfrecord", data[:-cut])
    assert len(found) == 2 and "cut off" in faults(found)[0][1]


def test_a_length_that_lies_ends_the_file() -> None:
    data = bytearray(framed(example({"a": [1]})))
    data[3] = 0x7F
    ((place, fault),) = faults(read(readers.TfRecord(), "a.tfrecord", bytes(data)))
    assert place == "record 0" and "length does not fit its checksum" in fault
    long = framed(b"x" * 100)
    assert "more than 50" in faults(read(readers.TfRecord(largest=50), "a", long))[0][1]


def test_published_records_are_read(samples: Path) -> None:
    data = (samples / "records/uibert-refexp/ref_exp/dev.tfrecord").read_bytes()
    found = values(read(readers.TfRecord(), "dev.tfrecord", data))
    assert len(found) == 509
    assert isinstance(found[0]["image/object/num"][0], float)
    assert {len(each["image/id"]) for each in found} == {1}


def warc(*records: tuple[str, bytes], head: str = "") -> bytes:
    return b"".join(
        f"WARC/1.0\r\nWARC-Type: {kind}\r\n{head}Content-Length: {len(data)}\r\n\r\n".encode()
        + data
        + b"\r\n\r\n"
        for kind, data in records
    )


def test_records_of_a_type_are_read_however_packed() -> None:
    parts = [warc((kind, kind.encode())) for kind in ("warcinfo", "response", "metadata")]
    reader = readers.Warc(types=("response",))
    for name, data in (
        ("a.warc", b"".join(parts)),
        ("a.warc.gz", gzip.compress(b"".join(parts))),
        ("a.warc.gz", b"".join(map(gzip.compress, parts))),
    ):
        (value,) = values(read(reader, name, data))
        assert value["content"] == b"response" and value["type"] == "response"


def test_heads_may_fold_and_contents_may_look_like_heads() -> None:
    data = warc(("response", b"\r\nWARC/1.0\r\n\r\n"), head="X-Long: a\r\n  b\r\n")
    (value,) = values(read(readers.Warc(), "a.warc", data))
    assert value["headers"]["x-long"] == "a b"
    assert value["content"] == b"\r\nWARC/1.0\r\n\r\n"


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (warc(("response", b"12345"))[:-7], "cut off after 2 of 5 bytes"),
        (b"<html>", "no WARC record"),
        (b"WARC/1.0\r\nWARC-Type: response\r\n\r\n", "content-length is ''"),
        (b"WARC/1.0\r\nWARC-Type", "without a colon"),
        (b"WARC/1.0\r\nA: b\r\n", "without a colon: ''"),
        (b"WARC/1.0\r\n" + b"A: b\r\n" * 2000, "more than 1000 lines"),
    ],
)
def test_damaged_records_are_told(data: bytes, fault: str) -> None:
    found = read(readers.Warc(), "a.warc", data)
    assert isinstance(found[-1], Broken) and fault in found[-1].error


def test_a_record_that_is_too_long_does_not_end_the_file() -> None:
    data = warc(("response", b"x" * 90), ("response", b"y"))
    found = read(readers.Warc(largest=50), "a.warc", data)
    assert isinstance(found[0], Broken) and "over 50" in found[0].error
    assert isinstance(found[1], Row) and found[1].value["content"] == b"y"


@pytest.mark.parametrize(
    ("name", "types", "count"),
    [
        ("whirlwind.warc.wet.gz", ("conversion",), 1),
        ("whirlwind.warc.gz", ("response", "request"), 2),
        ("warcio/example.warc.gz", ("response", "revisit", "resource"), None),
        ("warcio/example-bad-non-chunked.warc.gz", ("response", "request"), None),
    ],
)
def test_published_archives_are_read(
    samples: Path, name: str, types: tuple[str, ...], count: int | None
) -> None:
    data = (samples / "web/warc" / name).read_bytes()
    found = read(readers.Warc(types=types), name, data)
    assert found and all(isinstance(row, Row) for row in found)
    assert count is None or len(found) == count
    assert len({row.place for row in found}) == len(found)


PAGES = "<m xml:lang='de' xmlns='http://wiki/export-0.{0}/'><s/><page><title>ä</title></page><page/></m>"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_elements_are_found_in_every_encoding_and_namespace(encoding: str) -> None:
    data = PAGES.format(encoding).encode(encoding)
    # Two streams in one file, as in the multistream dumps.
    packed = bz2.compress(data[:40]) + bz2.compress(data[40:])
    found = values(read(readers.XmlElements(tag="page"), "a.xml.bz2", packed))
    assert [row["element"].findtext("title") for row in found] == ["ä", None]
    assert found[0]["root"]["lang"] == "de"


def test_what_precedes_damage_in_xml_is_read() -> None:
    reader = readers.XmlElements(tag="page")
    found = read(reader, "a.xml", PAGES.encode()[:-4])
    assert len(found) == 3 and "not XML from here on" in faults(found)[0][1]
    bomb = b"<!DOCTYPE m [<!ENTITY a 'aa'>]><m><page>&a;</page></m>"
    assert "a DTD, which is refused" in faults(read(reader, "a.xml", bomb))[0][1]
    long = b"<m><page>" + b"x" * (1 << 20) + b"</page></m>"
    small = readers.XmlElements(tag="page", largest=1 << 19)
    assert "raise `largest`" in faults(read(small, "a.xml", long))[0][1]
