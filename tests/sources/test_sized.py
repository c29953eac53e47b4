"""Smaller pieces give the same rows."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sources.readers import by_extension
from sources.readers.sized import sized
from sources.source import File, Reader


def rows(reader: Reader, path: Path) -> tuple[int, list[object]]:
    """The number of pieces of a file, and its rows."""
    file = File(path=str(path), name=path.name, size=path.stat().st_size)
    pieces = list(reader.pieces(file, lambda name: open(name, "rb")))
    read = [list(reader.rows(piece, lambda name: open(name, "rb"))) for piece in pieces]
    return len(pieces), [row for part in read for row in part]


def write(path: Path) -> None:
    if path.suffix == ".parquet":
        pq.write_table(pa.table({"a": range(500)}), path, row_group_size=20)
    else:
        path.write_bytes(b"".join(b'{"a": %d}\n' % number for number in range(500)))


@pytest.mark.parametrize("name", ["list.jsonl", "table.parquet"])
@pytest.mark.parametrize("size", [1, 300, 2000])
def test_small_pieces_give_the_same_rows(tmp_path: Path, name: str, size: int) -> None:
    write(tmp_path / name)
    whole, want = rows(by_extension(), tmp_path / name)
    count, found = rows(sized(by_extension(), size), tmp_path / name)
    assert whole == 1 < count
    assert found == want and len(want) == 500


def test_archives_and_quoted_tables_stay_whole(tmp_path: Path) -> None:
    (tmp_path / "table.csv").write_text("a,b\n" + '1,"x\ny"\n' * 500)
    assert rows(sized(by_extension(), 100), tmp_path / "table.csv")[0] == 1
    tar = by_extension().readers[".tar"]
    assert sized(tar, 1) is tar
