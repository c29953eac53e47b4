"""A shard: a tar with its indexes, published by rename.

Samples were finished when they were staged: a shard is their bytes, copied in the order of the plan
and hashed on the way. In the same pass come the Parquet index (a row a sample: its facts, and where
each member lies), DALI's `.idx` and Energon's `.tar.idx`.
"""

import io
import struct
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import islice
from typing import Any, BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from pipelines import store, tar
from pipelines.facts import FIELDS
from pipelines.layout import Layout
from pipelines.scoring.fields import COLUMN, TYPE, column
from pipelines.staging import facts_table

INDEX = pa.schema(
    [
        *FIELDS.items(),
        ("shard", pa.string()),
        ("index", pa.int32()),
        ("offset", pa.int64()),
        (COLUMN, TYPE),
    ]
)
# Rows of an index held before they are written.
_GROUP = 4096
# Staged tars a worker keeps open: samples of a shard come from everywhere.
_OPEN = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class ShardReceipt:
    """What was written for one shard.

    Attributes:
        name: path below the corpus without extension.
        samples: in it.
        bytes: of the tar.
        sha256: of the tar, in hex.
        index_sha256: of the Parquet index, in hex.
    """

    name: str
    samples: int
    bytes: int
    sha256: str
    index_sha256: str


def group(facts: dict[str, Any]) -> str:
    """Returns the folder of a sample's shard: one category and one part set."""
    return f"{facts['category']}/{facts['parts']}"


def shard_name(group: str, number: int) -> str:
    """Returns a shard's path below the corpus, without extension.

    >>> shard_name("pretrain/caption/jpg-txt", 7)
    'pretrain/caption/jpg-txt/caption-jpg-txt-000007'
    """
    _, category, parts = group.split("/")
    return f"{group}/{category}-{parts}-{number:06d}"


class StagedReader:
    """Reads samples out of staged tars, of which it keeps the last used ones open."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._open: OrderedDict[tuple[str, str], BinaryIO] = OrderedDict()

    def read(self, unit: str, attempt: str, offset: int, size: int) -> bytes:
        """Returns a range of a unit's tar.

        Raises:
            EOFError: the tar is shorter than its facts say.
            OSError: it cannot be opened.
        """
        stream = self._open.pop((unit, attempt), None)
        if stream is None:
            stream = store.open_ranges(self._layout.staged(unit, f"{attempt}.tar"))
        self._open[unit, attempt] = stream
        if len(self._open) > _OPEN:
            self._open.popitem(last=False)[1].close()
        return tar.read_range(stream, offset, size)

    def close(self) -> None:
        """Closes all of them."""
        while self._open:
            self._open.popitem()[1].close()


class HashingSink(io.RawIOBase):
    """Passes bytes on and hashes and counts them on the way."""

    def __init__(self, stream: BinaryIO) -> None:
        super().__init__()
        self._stream = stream
        self._digest = sha256()
        self.size = 0

    def writable(self) -> bool:
        """It is."""
        return True

    def write(self, data: Any, /) -> int:
        """Takes the bytes."""
        self._digest.update(data)
        self.size += len(data)
        return self._stream.write(data)

    @property
    def hexdigest(self) -> str:
        """SHA-256 of what was written."""
        return self._digest.hexdigest()


def write_shard(name: str, plan: str, layout: Layout, reader: StagedReader) -> ShardReceipt:
    """Writes a shard and its indexes.

    Args:
        name: path below the corpus without extension.
        plan: path of the shard's plan.
        layout: of the build.
        reader: of staged tars.
    """
    with (
        store.publishing(layout.corpus(f"{name}.tar")) as tarred,
        store.publishing(layout.corpus(f"{name}.parquet")) as indexed,
        store.publishing(layout.corpus(f"{name}.idx")) as dali,
        store.publishing(layout.corpus(f"{name}.tar.idx")) as energon,
    ):
        out, table = HashingSink(tarred), HashingSink(indexed)
        copied = _copy(read_plan(plan), reader, out)
        starts, lines = _write_index(name, copied, table)
        samples = len(starts)
        energon.write(struct.pack(f"<{samples + 1}Q", *starts, out.size))
        dali.write(f"v1.2 {samples}\n".encode() + b"".join(lines))
        out.write(tar.END)
    return ShardReceipt(
        name=name,
        samples=samples,
        bytes=out.size,
        sha256=out.hexdigest,
        index_sha256=table.hexdigest,
    )


def read_plan(path: str) -> Iterator[dict[str, Any]]:
    """Streams the plan of a shard."""
    with store.open_file(path) as stream:
        for batch in pq.ParquetFile(stream).iter_batches(_GROUP):
            yield from batch.to_pylist()


def _copy(
    planned: Iterator[dict[str, Any]], reader: StagedReader, out: HashingSink
) -> Iterator[tuple[dict[str, Any], bytes, int]]:
    """Copies the samples of a shard into its tar; yields their plan, facts and where they lie."""
    for each in planned:
        size = each["size"] + tar.BLOCK + each["facts_bytes"]
        read = memoryview(reader.read(each["unit"], each["attempt"], each["offset"], size))
        offset = out.size
        out.write(read[: each["size"]])
        yield each, bytes(read[-each["facts_bytes"] :]), offset


def _write_index(
    name: str, copied: Iterator[tuple[dict[str, Any], bytes, int]], stream: Any
) -> tuple[list[int], list[bytes]]:
    """Writes the Parquet index; returns where samples begin and the lines of DALI's index."""
    starts: list[int] = []
    lines: list[bytes] = []
    with pq.ParquetWriter(stream, INDEX, compression="zstd") as writer:
        while held := list(islice(copied, _GROUP)):
            planned, told, offsets = zip(*held, strict=True)
            scores = [each["score"] for each in planned]
            rows = index_rows(name, facts_table(list(told)), len(starts), offsets, scores)
            _check(planned, rows["key"].to_pylist())
            writer.write_table(rows)
            starts.extend(offsets)
            members = rows.select(["member_names", "member_offsets", "member_sizes"])
            lines.extend(map(dali_line, members.to_pylist()))
    return starts, lines


def index_rows(
    name: str,
    facts: pa.Table,
    index: int,
    offsets: Sequence[int],
    scores: Sequence[str] = (),
) -> pa.Table:
    """Returns rows of a shard's index.

    Args:
        name: of the shard.
        facts: of samples that follow each other in it; their members' offsets count from each.
        index: of the first of them in the shard.
        offsets: where each begins, in bytes.
        scores: what the model says of each, as a list in JSON; empty for nothing.
    """
    count = len(offsets)
    inner = facts["member_offsets"].combine_chunks()
    ends = np.repeat(np.asarray(offsets), np.diff(inner.offsets.to_numpy()))
    moved = pa.ListArray.from_arrays(inner.offsets, pa.array(inner.values.to_numpy() + ends))
    columns = {field: facts[field] for field in facts.column_names} | {
        "member_offsets": moved,
        "shard": pa.repeat(name, count),
        "index": pa.array(range(index, index + count), pa.int32()),
        "offset": pa.array(offsets, pa.int64()),
        COLUMN: column(scores or [""] * count),
    }
    return pa.table(columns, schema=INDEX)


def _check(planned: Sequence[dict[str, Any]], keys: list[str]) -> None:
    """Raises an error if a staged tar does not hold what was planned."""
    for each, key in zip(planned, keys, strict=True):
        if key != each["key"]:
            raise RuntimeError(
                f"unit {each['unit']} holds {key} where {each['key']} was planned: its "
                "staged files were changed; remove them and build again"
            )


def dali_line(row: dict[str, Any]) -> bytes:
    """A sample's line of a DALI index: extension, offset, size and name of each member."""
    members = zip(row["member_names"], row["member_offsets"], row["member_sizes"], strict=True)
    words = [f"{name.split('.', 1)[1]} {start} {size} {name}" for name, start, size in members]
    return f"{' '.join(words)}\n".encode()
