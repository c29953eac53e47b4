"""Readers under damage and attack: rows before it are kept, and it is told with its place."""

import bz2
import gzip
import io
import json
import stat
import tarfile
import zipfile
from typing import BinaryIO

import pyarrow
import pyarrow.parquet
import pytest
import zstandard

from sources import readers
from sources.source import Broken, File, Reader, Row
from tests.sources.test_readers import PACKERS, faults, parquet_of, read, tar_of, values, zip_of


def kept(found: list[Row | Broken]) -> int:
    return sum(isinstance(row, Row) for row in found)


@pytest.mark.parametrize(
    ("name", "reader"),
    [
        ("a.jsonl", readers.JsonLines()),
        ("a.json", readers.JsonArray()),
        ("a.csv", readers.Csv()),
        ("a.tar", readers.Tar()),
        ("a.zip", readers.Zip()),
        ("a.parquet", readers.Parquet()),
        ("a.txt", readers.WholeFile()),
    ],
)
@pytest.mark.parametrize("suffix", PACKERS)
def test_what_is_not_compressed_at_all_is_told(name: str, reader: Reader, suffix: str) -> None:
    (found,) = read(reader, name + suffix, b"this is no compressed file")
    assert isinstance(found, Broken) and found.file == name + suffix
    assert "damaged" in found.error and "fetch the file again" in found.error


@pytest.mark.parametrize("suffix", PACKERS)
def test_a_bomb_is_stopped(suffix: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sources.readers.streams._ALWAYS_ALLOWED", 1 << 20)
    packed = PACKERS[suffix](b"[1]\n" * 3_000_000)
    found = read(readers.JsonLines(expansion=10), "a.jsonl" + suffix, packed)
    assert 0 < kept(found) < 300_000
    assert "raise the reader's `expansion`" in faults(found)[0][1]
    assert len(values(read(readers.WholeFile(expansion=10**6), "a" + suffix, packed))) == 1


@pytest.mark.parametrize(
    ("data", "count", "place", "error"),
    [
        (b'[{"a": 1}, {"a": 2}, {"a": tru', 2, "item 2", "not JSON from here on"),
        (b'[{"a": 1}, {"a": 2}', 2, "item 2", "premature EOF"),
        (b"[1, 2] 3", 2, "item 2", "trailing garbage"),
        (b'{"a": 1}', 0, "byte 0", "begins with '{' where '[' was expected"),
        (b"", 0, "byte 0", "begins with '' where '[' was expected"),
    ],
)
def test_a_damaged_json_list(data: bytes, count: int, place: str, error: str) -> None:
    found = read(readers.JsonArray(), "a.json", data)
    assert kept(found) == count
    (fault,) = faults(found)
    assert fault[0] == place and error in fault[1]


def test_json_that_is_found_by_looking() -> None:
    def sniffed(data: bytes) -> list[object]:
        return values(read(readers.Json(), "a.json", data))

    assert sniffed(b'\n [{"a": 1},\n {"a": 2}]') == [{"a": 1}, {"a": 2}]
    assert sniffed(b'\xef\xbb\xbf{"a": 1}\n{"a": 2}\n') == [{"a": 1}, {"a": 2}]
    assert sniffed(b'{"x": {"a": 1}, "y": [2]}\n') == [
        {"a": 1, "key": "x"},
        {"value": [2], "key": "y"},
    ]
    assert sniffed(b'{\n"x": {"a": 1}}') == [{"a": 1, "key": "x"}]


def test_json_deeper_in_a_file() -> None:
    data = b'{"info": {}, "questions": [{"q": 1.5}], "imgs": {"7": {"w": 2}}}'
    assert values(read(readers.JsonArray(at="questions"), "a.json", data)) == [{"q": 1.5}]
    assert values(read(readers.JsonRecords(at="imgs", key="id"), "a", data)) == [
        {"w": 2, "id": "7"}
    ]
    twice = read(readers.JsonRecords(), "a.json", b'{"x": {"a": 1}, "x": {"a": 2}}')
    assert kept(twice) == 1 and faults(twice) == [("record x", "a second record of this key")]
    for reader in (readers.JsonArray(at="nowhere"), readers.JsonRecords(at="nowhere")):
        assert "at 'nowhere'" in faults(read(reader, "a.json", data))[0][1]


def test_rows_that_are_too_long_are_told() -> None:
    long = json.dumps("x" * 3_000_000).encode()
    lines = read(readers.JsonLines(largest=1000), "a.jsonl", b"1\n" + long + b"\n2\n")
    assert [row.value for row in lines if isinstance(row, Row)] == [1, 2]
    assert faults(lines)[0][0] == "byte 2" and "raise `largest`" in faults(lines)[0][1]
    items = read(readers.JsonArray(largest=1000), "a.json", b"[1, " + long + b"]")
    assert "raise `largest`" in faults(items)[0][1]
    assert "raise `largest`" in faults(read(readers.WholeFile(largest=9), "a", long))[0][1]
    tar = read(readers.Tar(largest=9), "a.tar", tar_of(("a", b"1"), ("b", long), ("c", b"2")))
    assert kept(tar) == 2 and faults(tar)[0][0] == "member b"


@pytest.mark.parametrize(
    ("data", "count", "error"),
    [
        (b'a,b\n1,2\n3\n5,"6"\n', 2, "1 fields where 2 columns were expected"),
        (b"a,b\n1,2\n3,\xff\n5,6\n", 2, "not UTF-8"),
        (b'a,b\n1,2\n3,"x"y\n5,6\n', 2, "not delimited text"),
        (b'a,b\n1,2\n3,"x\n5,6\n', 1, "unexpected end of data"),
        (b"a,a\n1,2\n", 0, "no list of distinct names"),
    ],
)
def test_a_damaged_table(data: bytes, count: int, error: str) -> None:
    found = read(readers.Csv(), "a.csv", data)
    assert kept(found) == count
    (fault,) = faults(found)
    assert error in fault[1]


def test_a_table_may_lack_a_heading_and_hold_long_fields() -> None:
    reader = readers.Csv(columns=("a", "b"))
    found = read(reader, "a.csv", b'1,"' + b"x" * 200_000 + b'"\n\n3,4\n')
    assert [len(row["b"]) for row in values(found)] == [200_000, 1]
    assert [row.place for row in found] == ["byte 0", "byte 200006"]


def test_a_cut_off_tar_keeps_whole_samples() -> None:
    data = tar_of(*[(f"{n}.{ext}", b"x" * 600) for n in range(4) for ext in ("jpg", "txt")])
    size = 512 + 1024
    within = read(readers.TarSamples(), "a.tar", data[: 7 * size + 800])
    assert kept(within) == 3 and faults(within) == [
        ("member 3.txt", "cut off after 288 of 600 bytes: fetch the archive again")
    ]
    between = read(readers.TarSamples(), "a.tar", data[: 8 * size])
    assert kept(between) == 4 and "without its end mark" in faults(between)[0][1]
    header = read(readers.Tar(), "a.tar", data[: 7 * size] + b"junk" * 200)
    assert kept(header) == 7 and "no member header" in faults(header)[0][1]
    assert "no tar archive" in faults(read(readers.Tar(), "a.tar", b"no tar" * 999))[0][1]


def test_members_that_lie_apart_are_told_however_big_the_pieces() -> None:
    data = tar_of(*[(f"{n}.{ext}", b"x") for ext in ("jpg", "txt") for n in range(9)])
    for piece in (1024, 1 << 20):
        found = read(readers.TarSamples(piece=piece), "a.tar", data)
        assert kept(found) == 9
        assert faults(found)[0] == (
            "sample 0",
            "its members lie apart (txt): sort the archive by name",
        )
    twice = read(readers.Tar(), "a.tar", tar_of(("a", b"1"), ("a", b"2")))
    assert kept(twice) == 1 and "second member of this name" in faults(twice)[0][1]


def tar_with(*infos: tarfile.TarInfo) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        for info in infos:
            archive.addfile(info, io.BytesIO(b"x" * info.size))
    return stream.getvalue()


def info(name: str, **fields: object) -> tarfile.TarInfo:
    made = tarfile.TarInfo(name)
    for field, value in fields.items():
        setattr(made, field, value)
    return made


@pytest.mark.parametrize(
    ("member", "error"),
    [
        (info("../../etc/passwd", size=3), "the name leads out of the archive"),
        (info("/etc/passwd", size=3), "the name leads out of the archive"),
        (info("C:\\x", size=3), "the name leads out of the archive"),
        (info("a\udcff", size=3), "the name is not UTF-8"),
        (info("a", type=tarfile.SYMTYPE, linkname="/etc/passwd"), "a link"),
        (info("a", type=tarfile.LNKTYPE, linkname="ok"), "a link"),
        (info("a", type=tarfile.CHRTYPE), "not a plain file"),
        (info("a", type=tarfile.FIFOTYPE), "not a plain file"),
        (info("a", type=tarfile.GNUTYPE_SPARSE), "not a plain file"),
    ],
)
def test_hostile_members_of_a_tar_are_refused(member: tarfile.TarInfo, error: str) -> None:
    folder = info("d", type=tarfile.DIRTYPE)
    found = read(readers.Tar(), "a.tar", tar_with(folder, member, info("./ok", size=2)))
    assert [(row.place, row.value) for row in found if isinstance(row, Row)] == [
        ("member ok", b"xx")
    ]
    assert error in faults(found)[0][1]


def test_a_tar_header_cannot_ask_for_much_memory() -> None:
    data = bytearray(tar_with(info("n" * 200, size=1)))
    data[124:136] = b"77777777777\0"  # the length of the long name: 8 GB
    data[148:156] = b"%06o\0 " % (sum(data[:148]) + 8 * 32 + sum(data[156:512]))
    assert "a header of" in faults(read(readers.Tar(), "a.tar", bytes(data)))[0][1]


def test_hostile_members_of_a_zip_are_refused() -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("../up", b"1")
        link = zipfile.ZipInfo("link")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, b"/etc/passwd")
        archive.writestr("d/", b"")
        archive.writestr("d/ok", b"2")
    found = read(readers.Zip(), "a.zip", stream.getvalue())
    assert [row.value for row in found if isinstance(row, Row)] == [b"2"]
    assert [place for place, _ in faults(found)] == ["member ../up", "member link"]


def test_a_damaged_zip() -> None:
    data = bytearray(zip_of(("a", b"one"), ("b", b"two" * 100), ("c", b"three")))
    data[data.index(b"b", 40) + 1] ^= 255
    found = read(readers.Zip(), "a.zip", bytes(data))
    assert [row.value for row in found if isinstance(row, Row)] == [b"one", b"three"]
    assert faults(found)[0][0] == "member b" and "damaged member" in faults(found)[0][1]
    assert "no whole zip archive" in faults(read(readers.Zip(), "a.zip", bytes(data[:90])))[0][1]


def test_a_zip_bomb_is_refused_before_it_is_opened() -> None:
    data = zip_of(*[(str(n), b"\0" * (100 << 20)) for n in range(3)])
    found = read(readers.Zip(), "a.zip", data)
    assert kept(found) == 0 and "raise `expansion`" in faults(found)[0][1]


def test_files_within_a_zip_are_read_by_their_reader() -> None:
    lines = b'{"a": 1}\nbroken\n{"a": 2}\n'
    data = zip_of(
        ("one.jsonl", lines), ("read.me", b"no"), ("d/two.jsonl.gz", gzip.compress(lines))
    )
    reader = readers.Within(read=readers.JsonLines(), match="*.jsonl*")
    found = read(reader, "a.zip", data)
    assert [row.value["a"] for row in found if isinstance(row, Row)] == [1, 2, 1, 2]
    assert [row.place for row in found][:2] == [
        "member one.jsonl byte 0",
        "member one.jsonl byte 9",
    ]
    assert {row.file for row in found} == {"a.zip"} and len({row.place for row in found}) == 6


def test_a_damaged_row_group_does_not_end_a_table() -> None:
    rows = [{"n": number, "text": f"{number:09}" * 20} for number in range(300)]
    data = bytearray(parquet_of(rows, group=100))
    table = pyarrow.parquet.ParquetFile(io.BytesIO(bytes(data)))
    column = table.metadata.row_group(1).column(1)
    start = column.dictionary_page_offset or column.data_page_offset
    data[start : start + 40] = b"\xff" * 40
    found = read(readers.Parquet(piece=1), "a.parquet", bytes(data))
    assert [row.value["n"] for row in found if isinstance(row, Row)] == [
        *range(100),
        *range(200, 300),
    ]
    assert [row.place for row in found if isinstance(row, Row)][-1] == "row 299"
    assert faults(found)[0][0] == "row 100" and "damaged row group 1" in faults(found)[0][1]


def test_columns_of_a_table_are_chosen() -> None:
    rows = [{"a": {"b": [1, None], "c": b"x"}, "d": "y"}]
    assert values(read(readers.Parquet(columns=("a.b",)), "a", parquet_of(rows))) == [
        {"a": {"b": [1, None]}}
    ]
    missing = faults(read(readers.Parquet(columns=("z",)), "a", parquet_of(rows)))
    assert "'z'" in missing[0][1] and "columns" in missing[0][1]


def test_members_that_are_data_are_decoded() -> None:
    data = tar_of(("d/1.x.JSON", b'{"a": 1}'), ("d/1.txt", b"hi"), ("d/2.json", b"{"))
    found = read(readers.TarSamples(), "a.tar", data)
    assert found[0] == Row(
        value={"__key__": "d/1", "x.json": {"a": 1}, "txt": "hi"}, file="a.tar", place="sample d/1"
    )
    assert faults(found)[0][0] == "sample d/2" and "bad json member" in faults(found)[0][1]


def test_a_failing_disk_is_no_damage() -> None:
    class Failing(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            raise OSError(5, "Input/output error")

        readline = read

    def opener(_: str, /) -> BinaryIO:
        return Failing(b"PAR1" * 100)

    for name in ("a.jsonl.gz", "a.jsonl", "a.json", "a.json.zst", "a.parquet", "a.zip"):
        reader = readers.by_extension(zip=readers.Zip())
        with pytest.raises(OSError, match="Input/output error"):
            file = File(path=name, name=name, size=1 << 30)
            for piece in reader.pieces(file, opener):
                list(reader.rows(piece, opener))


def test_a_file_of_another_kind_is_named() -> None:
    with pytest.raises(ValueError, match="no reader for 'a.exe': expected one of .csv, .json"):
        read(readers.by_extension(), "a.exe", b"")
    assert "**/*.tar.zst" in readers.by_extension().patterns()


def test_other_packings_are_streams_of_several_frames() -> None:
    for suffix, pack in {
        ".gz": gzip.compress,
        ".bz2": bz2.compress,
        ".zst": zstandard.compress,
    }.items():
        both = pack(b"1\n") + pack(b"2\n")
        assert values(read(readers.JsonLines(), "a.jsonl" + suffix, both)) == [1, 2]
