"""Readers: every row of every container, once, with its place; damage told."""

import bz2
import gzip
import io
import json
import tarfile
import zipfile
from dataclasses import replace
from typing import Any, BinaryIO

import pyarrow
import pyarrow.parquet
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from sources import readers
from sources.source import Broken, File, Reader, Row

PACKERS = {".gz": gzip.compress, ".zst": zstandard.compress, ".bz2": bz2.compress}


def read(reader: Reader, name: str, data: bytes) -> list[Row | Broken]:
    """All that a reader finds in a file, over all its pieces."""

    def opener(_: str, /) -> BinaryIO:
        return io.BytesIO(data)

    file = File(path=name, name=name, size=len(data))
    found: list[Row | Broken] = []
    for piece in reader.pieces(file, opener):
        found += reader.rows(piece, opener)
    return found


def values(found: list[Row | Broken]) -> list[Any]:
    assert [row for row in found if isinstance(row, Broken)] == []
    return [row.value for row in found if isinstance(row, Row)]


def faults(found: list[Row | Broken]) -> list[tuple[str, str]]:
    return [(row.place, row.error) for row in found if isinstance(row, Broken)]


def tar_of(*members: tuple[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        for name, data in members:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return stream.getvalue()


def zip_of(*members: tuple[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return stream.getvalue()


def parquet_of(rows: list[dict[str, Any]], group: int = 10) -> bytes:
    stream = io.BytesIO()
    table = pyarrow.Table.from_pylist(rows)
    pyarrow.parquet.write_table(table, stream, row_group_size=group)
    return stream.getvalue()


ROWS = [{"id": number, "text": f"row {number} 行"} for number in range(50)]
JSONL = b"".join(json.dumps(row, ensure_ascii=False).encode() + b"\n" for row in ROWS)
SAMPLES = [(f"d/{n:03}.{ext}", ext.encode()) for n in range(50) for ext in ("jpg", "txt")]
CONTAINERS: dict[str, tuple[Reader, bytes]] = {
    "a.jsonl": (readers.JsonLines(piece=100), JSONL),
    "a.json": (readers.JsonArray(), json.dumps(ROWS).encode()),
    "a.csv": (readers.Csv(), b"id,text\n" + b"".join(b'%d,"a\nb"\n' % n for n in range(50))),
    "a.tsv": (
        readers.Csv(delimiter="\t", quoting=False, piece=64),
        b"id\ttext\n" + b"".join(b'%d\t5" pipe\n' % n for n in range(50)),
    ),
    "a.parquet": (readers.Parquet(piece=1), parquet_of(ROWS)),
    "a.tar": (readers.Tar(piece=5000), tar_of(*SAMPLES[:50])),
    "b.tar": (readers.TarSamples(piece=5000), tar_of(*SAMPLES)),
    "a.zip": (readers.Zip(piece=40), zip_of(*SAMPLES[:50])),
}


@pytest.mark.parametrize("name", CONTAINERS)
def test_every_container_gives_fifty_rows_with_places_of_their_own(name: str) -> None:
    found = read(CONTAINERS[name][0], name, CONTAINERS[name][1])
    assert len(values(found)) == 50
    assert len({row.place for row in found}) == 50 and all(row.file == name for row in found)


@pytest.mark.parametrize("suffix", PACKERS)
@pytest.mark.parametrize("name", CONTAINERS)
def test_a_compressed_container_gives_the_same_rows(name: str, suffix: str) -> None:
    reader, data = CONTAINERS[name]
    packed = read(reader, name + suffix, PACKERS[suffix](data))
    plain = read(reader, name, data)
    assert values(packed) == values(plain)
    assert [row.place for row in packed] == [row.place for row in plain]


@pytest.mark.parametrize("name", ["a.jsonl", "a.tsv", "a.parquet", "a.tar", "b.tar", "a.zip"])
def test_big_files_are_cut_into_pieces(name: str) -> None:
    reader, data = CONTAINERS[name]
    file = File(path=name, name=name, size=len(data))
    pieces = list(reader.pieces(file, lambda _: io.BytesIO(data)))
    assert len(pieces) >= 5
    assert [piece.start for piece in pieces[1:]] == [piece.stop for piece in pieces[:-1]]


json_values = st.recursive(st.none() | st.integers() | st.text(), st.lists, max_leaves=4)


@given(st.lists(json_values | st.just("\n"), max_size=12), st.integers(1, 60), st.booleans())
def test_json_lines_do_not_depend_on_how_they_are_cut(
    rows: list[Any], piece: int, crlf: bool
) -> None:
    end = b"\r\n" if crlf else b"\n"
    data = b"".join(
        json.dumps(row, ensure_ascii=False).encode("utf-8", "replace") + end for row in rows
    )
    cut = read(readers.JsonLines(piece=piece), "a.jsonl", data)
    assert cut == read(readers.JsonLines(), "a.jsonl", data)
    assert len(values(cut)) == len(rows)


def test_a_broken_line_is_told_and_reading_goes_on() -> None:
    found = read(readers.JsonLines(), "a.jsonl", b'\xef\xbb\xbf{"a":1}\n\n{"a":\n"\xff"\n{"a":2}')
    assert [row.value for row in found if isinstance(row, Row)] == [{"a": 1}, {"a": 2}]
    (first, what), (second, encoding) = faults(found)
    assert (first, second) == ("byte 12", "byte 18")
    assert 'begins with b\'{"a":' in what and "utf-8" in encoding


@pytest.mark.parametrize("suffix", PACKERS)
def test_rows_before_damage_are_kept(suffix: str) -> None:
    lines = [json.dumps({"n": n, "text": str(n) * 9}).encode() + b"\n" for n in range(90_000)]
    packed = PACKERS[suffix](b"".join(lines))
    found = read(readers.JsonLines(), "a.jsonl" + suffix, packed[: len(packed) * 3 // 4])
    assert len(found) > 40_000
    assert isinstance(found[-1], Broken) and "fetch the file again" in found[-1].error
    assert [row.value["n"] for row in found[:-1] if isinstance(row, Row)] == [
        *range(len(found) - 1)
    ]


@given(st.integers(1, 1500), st.lists(st.integers(0, 700), min_size=1, max_size=8))
def test_other_containers_do_not_depend_on_how_they_are_cut(piece: int, sizes: list[int]) -> None:
    table = b"n\ttext\n" + b"".join(b'%d\t"%s\n' % (n, b"x" * n) for n in sizes)
    members = [
        (f"{n}.{ext}", b"x" * size) for n, size in enumerate(sizes) for ext in ("jpg", "txt")
    ]
    rows = [{"n": n, "text": "x" * n} for n in sizes]
    for cut, data in {
        readers.Csv(delimiter="\t", quoting=False, piece=piece): table,
        readers.TarSamples(piece=piece): tar_of(*members),
        readers.Tar(piece=piece): tar_of(*members),
        readers.Zip(piece=piece): zip_of(*members),
        readers.Parquet(piece=piece): parquet_of(rows, group=2),
    }.items():
        whole = read(replace(cut, piece=1 << 30), "a", data)
        assert read(cut, "a", data) == whole
        assert len(values(whole)) in (len(sizes), len(members))
