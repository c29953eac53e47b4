"""Files of edges: for each bucket a Parquet file, and a receipt with its count and digest."""

import zlib
from collections.abc import Iterable, Iterator
from functools import partial
from hashlib import blake2b
from typing import Any

import apache_beam as beam
import pyarrow as pa
import pyarrow.parquet as pq
from apache_beam.pvalue import PCollection

from pipelines import store
from pipelines.near.nodes import ends, pair

SCHEMA = pa.schema([("low", pa.binary()), ("high", pa.binary())])
# Edges of a file that are in memory at once.
_ROWS = 10_000


class WriteEdges(beam.PTransform[PCollection[bytes], PCollection[str]]):
    """Packed edges to the paths of the receipts of one file a bucket; equal edges become one."""

    def __init__(self, into: str, buckets: int) -> None:
        super().__init__()
        self._into = into
        self._buckets = buckets

    def expand(self, edges: PCollection[bytes]) -> PCollection[str]:
        """Wires a grouping by bucket."""
        return (
            edges
            | "ByBucket" >> beam.Map(lambda edge: (zlib.crc32(edge) % self._buckets, edge))
            | "CollectEdges" >> beam.GroupByKey()
            | "WriteEdges" >> beam.MapTuple(partial(_write, self._into))
        )


def write(path: str, edges: Iterable[tuple[bytes, bytes]]) -> None:
    """Publishes edges, in the order given, and behind them the receipt."""
    digest, count = blake2b(digest_size=16), 0
    with (
        store.publishing(path) as stream,
        pq.ParquetWriter(stream, SCHEMA, compression="zstd") as writer,
    ):
        held: list[tuple[bytes, bytes]] = []
        for edge in edges:
            digest.update(pair(*edge))
            held.append(edge)
            if len(held) == _ROWS:
                count += _flush(writer, held)
        count += _flush(writer, held)
    receipt = {"file": path.rsplit("/", 1)[-1], "edges": count, "digest": digest.hexdigest()}
    store.write_lines(f"{path.removesuffix('.parquet')}.jsonl", [receipt])


def receipts(paths: Iterable[str]) -> list[dict[str, Any]]:
    """Returns the receipts of edge files, sorted by name."""
    found = [record for path in paths for record in store.read_lines(path)]
    return sorted(found, key=lambda record: record["file"])


def read(path: str) -> Iterator[pa.RecordBatch]:
    """Streams the edges that a receipt stands for."""
    with store.open_file(f"{path.removesuffix('.jsonl')}.parquet") as stream:
        yield from pq.ParquetFile(stream).iter_batches(_ROWS)


def read_all(paths: Iterable[str]) -> Iterator[pa.RecordBatch]:
    """Streams the edges that receipts stand for, one after the other."""
    return (batch for path in paths for batch in read(path))


def read_packed(path: str) -> Iterator[bytes]:
    """Streams the packed edges that a receipt stands for."""
    for batch in read(path):
        for low, high in zip(batch["low"].to_pylist(), batch["high"].to_pylist(), strict=True):
            yield pair(low, high)


def _write(into: str, number: int, edges: Iterable[bytes]) -> str:
    path = store.join(into, f"{number:05d}")
    write(f"{path}.parquet", map(ends, sorted(set(edges))))
    return f"{path}.jsonl"


def _flush(writer: pq.ParquetWriter, held: list[tuple[bytes, bytes]]) -> int:
    count = len(held)
    if held:
        low, high = zip(*held, strict=True)
        writer.write_table(pa.table([pa.array(low), pa.array(high)], schema=SCHEMA))
        held.clear()
    return count
