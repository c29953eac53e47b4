"""Memory stays flat while a reader streams, however big the file is."""

import gzip
import io
import json
import subprocess
import sys
import tarfile
from collections.abc import Callable
from pathlib import Path

import pyarrow
import pyarrow.parquet
import pytest

from tests.sources.tf_messages import example, framed

WORDS = "the quick brown fox " * 50

# Run in a child of its own, whose peak is then that of the reader alone.
SCRIPT = r"""
import re, sys
from pathlib import Path
from sources import readers
from sources.source import File, Row
path = Path(sys.argv[1])
file = File(path=str(path), name=path.name, size=path.stat().st_size)
reader = readers.by_extension(
    tfrecord=readers.TfRecord(), warc=readers.Warc(), xml=readers.XmlElements(tag="page"),
)
rows = 0
for piece in reader.pieces(file, lambda name: open(name, "rb")):
    rows += sum(isinstance(row, Row) for row in reader.rows(piece, lambda name: open(name, "rb")))
# Not getrusage: its peak is handed down from the parent.
print(rows, int(re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())[1]) // 1024)
"""


def measure(path: Path) -> tuple[int, int]:
    """Rows of a file, and the peak memory in MB of the process that read them."""
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(path)], check=True, capture_output=True, text=True
    )
    rows, peak = done.stdout.split()
    return int(rows), int(peak)


def write_array(path: Path, count: int) -> None:
    with path.open("w") as stream:
        stream.write("[" + json.dumps({"n": 0, "text": WORDS}))
        for number in range(1, count):
            stream.write("," + json.dumps({"n": number, "text": WORDS}))
        stream.write("]")


def write_records(path: Path, count: int) -> None:
    with path.open("w") as stream:
        stream.write("{" + json.dumps("0") + ":" + json.dumps({"text": WORDS}))
        for number in range(1, count):
            stream.write(f',"{number}":' + json.dumps({"text": WORDS}))
        stream.write("}")


def write_lines(path: Path, count: int) -> None:
    with gzip.open(path, "wt", compresslevel=1) as stream:
        for number in range(count):
            stream.write(json.dumps({"n": number, "text": WORDS}) + "\n")


def write_parquet(path: Path, count: int) -> None:
    """One big row group: nothing but streaming keeps it out of memory."""
    with pyarrow.parquet.ParquetWriter(path, pyarrow.schema([("text", "string")])) as writer:
        texts = [f"{number} {WORDS}" for number in range(count)]
        writer.write_table(pyarrow.table({"text": texts}), row_group_size=count)


def write_tar(path: Path, count: int) -> None:
    with tarfile.open(path, "w") as archive:
        for number in range(count):
            info = tarfile.TarInfo(f"{number:06}.txt")
            info.size = len(WORDS)
            archive.addfile(info, io.BytesIO(WORDS.encode()))


def write_tfrecord(path: Path, count: int) -> None:
    with path.open("wb") as stream:
        for _ in range(count):
            stream.write(framed(example({"text": [WORDS]})))


def write_warc(path: Path, count: int) -> None:
    head = f"WARC/1.0\nWARC-Type: response\nContent-Length: {len(WORDS)}\n\n"
    with gzip.open(path, "wt", compresslevel=1) as stream:
        for _ in range(count):
            stream.write(f"{head}{WORDS}\n\n")


def write_xml(path: Path, count: int) -> None:
    with path.open("w") as stream:
        stream.write("<mediawiki>")
        for _ in range(count):
            stream.write(f"<page><text>{WORDS}</text></page>")
        stream.write("</mediawiki>")


@pytest.mark.parametrize(
    ("name", "write"),
    [
        ("a.json", write_array),
        ("b.json", write_records),
        ("a.jsonl.gz", write_lines),
        ("a.parquet", write_parquet),
        ("a.tar", write_tar),
        ("a.tfrecord", write_tfrecord),
        ("a.warc.gz", write_warc),
        ("a.xml", write_xml),
    ],
)
def test_memory_stays_flat(name: str, write: Callable[[Path, int], None], tmp_path: Path) -> None:
    peaks = {}
    for count in (2_000, 40_000):
        write(tmp_path / name, count)
        rows, peaks[count] = measure(tmp_path / name)
        assert rows == count
    print(name, peaks)
    assert peaks[40_000] < peaks[2_000] + 24, f"MB at 2 and at 40 MB of rows: {peaks}"
