"""A shard's tar, Parquet index, DALI index and Energon index, checked against one another."""

import itertools
import struct
from collections.abc import Iterable, Iterator
from typing import Any, BinaryIO

import pyarrow as pa

from pipelines import store
from pipelines.corpus.state import Corpus
from pipelines.corpus.tarcheck import TarCheck, digest_of, entries
from pipelines.shard import ShardReceipt, dali_line, group

_PLACE = ["key", "category", "parts", "shard", "index", "offset", "bytes"]
_MEMBERS = ["member_names", "member_offsets", "member_sizes"]
# Messages a file: one byte too many would otherwise make a message of every line behind it.
_MESSAGES = 3


def check_shard(corpus: Corpus, shard: ShardReceipt) -> Iterator[tuple[str, str]]:
    """Yields path and message of all that is wrong with a shard and its indexes."""
    names = [f"{shard.name}{suffix}" for suffix in (".tar", ".parquet", ".idx", ".tar.idx")]
    missing = [name for name in names if not store.exists(corpus.layout.corpus(name))]
    yield from ((name, "is missing") for name in missing)
    if names[1] in missing:
        return
    faults = list(_check_index(corpus, shard, names[1]))
    yield from ((names[1], fault) for fault in faults)
    if faults:
        return
    for name, check in zip(names, (_check_tar, None, _check_dali, _check_energon), strict=True):
        if check is not None and name not in missing:
            with store.open_file(corpus.layout.corpus(name)) as stream:
                found = itertools.islice(check(corpus, shard, stream), _MESSAGES)
                yield from ((name, message) for message in found)


def _check_index(corpus: Corpus, shard: ShardReceipt, name: str) -> Iterator[str]:
    """The Parquet index: its digest, its rows' order, names, numbers and places."""
    path = corpus.layout.corpus(name)
    seen = digest_of(path)
    if seen != shard.index_sha256:
        yield f"its SHA-256 is {seen}, the manifest says {shard.index_sha256}"
    try:
        count, end = 0, 0
        for row in _rows(corpus, shard, [*_PLACE, *_MEMBERS]):
            yield from _check_row(row, shard, count, end)
            count, end = count + 1, row["offset"] + row["bytes"]
    except (pa.ArrowException, OSError, KeyError, TypeError) as error:
        yield f"cannot be read as an index: {str(error) or repr(error)}"
        return
    if count != shard.samples:
        yield f"has {count} rows, the manifest says {shard.samples} samples"


def _check_row(row: dict[str, Any], shard: ShardReceipt, number: int, end: int) -> Iterator[str]:
    """One row: its place behind the row before, its folder, and its members' names."""
    where = (row["shard"], row["index"], row["offset"])
    if where != (shard.name, number, end):
        yield f"row {number} ({row['key']}) says {where}, expected {(shard.name, number, end)}"
    if group(row) != shard.name.rsplit("/", 1)[0]:
        yield f"row {number} ({row['key']}) belongs to {group(row)}"
    odd = [name for name in row["member_names"] if name.split(".", 1)[0] != row["key"]]
    if odd:
        yield f"row {number} ({row['key']}) has members of other names: {', '.join(odd)}"


def _check_tar(corpus: Corpus, shard: ShardReceipt, stream: BinaryIO) -> Iterator[str]:
    check = TarCheck(stream)
    check.run(entries(_rows(corpus, shard, _MEMBERS)))
    yield from check.faults
    if check.size != shard.bytes:
        yield f"is {check.size} bytes, the manifest says {shard.bytes}"
    if check.sha256 != shard.sha256:
        yield f"its SHA-256 is {check.sha256}, the manifest says {shard.sha256}"


def _check_dali(corpus: Corpus, shard: ShardReceipt, stream: BinaryIO) -> Iterator[str]:
    lines = map(dali_line, _rows(corpus, shard, _MEMBERS))
    expected = itertools.chain([f"v1.2 {shard.samples}\n".encode()], lines)
    for number, (seen, line) in enumerate(itertools.zip_longest(stream, expected), start=1):
        if seen != line:
            yield f"line {number} is {_short(seen)}, the index gives {_short(line)}"


def _check_energon(corpus: Corpus, shard: ShardReceipt, stream: BinaryIO) -> Iterator[str]:
    for number, expected in enumerate(sample_offsets(_rows(corpus, shard, ["offset", "bytes"]))):
        seen = stream.read(8)
        if seen != struct.pack("<Q", expected):
            yield f"entry {number} is {int.from_bytes(seen, 'little')}, the index gives {expected}"
    if stream.read(1):
        yield f"has more than {shard.samples + 1} entries"


def sample_offsets(rows: Iterable[dict[str, Any]]) -> Iterator[int]:
    """Yields where each sample of a tar begins, then where the last one ends."""
    end = 0
    for row in rows:
        yield row["offset"]
        end = row["offset"] + row["bytes"]
    yield end


def _rows(corpus: Corpus, shard: ShardReceipt, columns: list[str]) -> Iterator[dict[str, Any]]:
    for batch in corpus.index(shard.name, columns):
        yield from batch.to_pylist()


def _short(line: bytes | None) -> str:
    return "missing" if line is None else ascii(line[:80].decode("utf-8", "replace"))
