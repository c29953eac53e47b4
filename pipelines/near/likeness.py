"""How alike the ends of edges are, by the signatures among their facts.

Signatures are read where they lie: an edge goes to the unit of its one end, is joined by the
signature found there, goes to the unit of its other end, and leaves with the estimate. So only the
signatures of edges cross a shuffle, and only one of each edge.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import apache_beam as beam
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from apache_beam.pvalue import PCollection

from pipelines import store
from pipelines.layout import Layout
from pipelines.near.nodes import ends, unpack

# Rows of a facts file that are in memory at once.
_ROWS = 4096


def read_column(known: "Signatures", unit: str, attempt: str, wanted: set[int]) -> dict[int, Any]:
    """Reads a fact of some samples of a unit, or of an earlier corpus, by where they lie."""
    path = known.layout.staged(unit, f"{attempt}.parquet") if unit else attempt
    found: dict[int, Any] = {}
    for batch in batches_at(path, wanted, ["offset", known.column]):
        pairs = zip(batch["offset"].to_pylist(), batch[known.column].to_pylist(), strict=True)
        found.update(pairs)
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Signatures:
    """Where signatures are found, and how alike two are.

    Attributes:
        layout: of the build.
        column: fact that holds them.
        estimate: likeness of two of them, 0 to 1.
        look_up: reads those of some samples of a unit.
    """

    layout: Layout
    column: str
    estimate: Callable[[Any, Any], float]
    look_up: Callable[["Signatures", str, str, set[int]], dict[int, Any]] = read_column

    def of(self, files: bytes, wanted: set[int]) -> dict[int, Any]:
        """Returns those of some samples of the files that `_files` names."""
        unit, attempt = files.decode().split("\0")
        return self.look_up(self, unit, attempt, wanted)


class Estimate(beam.PTransform[PCollection[bytes], PCollection[tuple[bytes, float]]]):
    """Packed edges to pairs of the edge and the likeness of its ends."""

    def __init__(self, signatures: Signatures) -> None:
        super().__init__()
        self._signatures = signatures

    def expand(self, edges: PCollection[bytes]) -> PCollection[tuple[bytes, float]]:
        """Wires two visits to units."""
        known = self._signatures
        return (
            edges
            | "ByLowUnit" >> beam.Map(lambda edge: (_files(ends(edge)[0]), edge))
            | "VisitLow" >> beam.GroupByKey()
            | "AddSignature" >> beam.FlatMapTuple(partial(add_signatures, known=known))
            | "VisitHigh" >> beam.GroupByKey()
            | "Compare" >> beam.FlatMapTuple(partial(compare, known=known))
        )


def add_signatures(
    files: bytes, edges: Iterable[bytes], known: Signatures
) -> Iterator[tuple[bytes, tuple[bytes, Any]]]:
    """Yields the edges whose one end lies in a unit, each with that end's signature."""
    found = known.of(files, {_at(ends(edge)[0]) for edge in edges})
    for edge in edges:
        low, high = ends(edge)
        yield _files(high), (edge, found[_at(low)])


def compare(
    files: bytes, edges: Iterable[tuple[bytes, Any]], known: Signatures
) -> Iterator[tuple[bytes, float]]:
    """Yields the edges whose other end lies in a unit, each with the likeness of its ends."""
    found = known.of(files, {_at(ends(edge)[1]) for edge, _ in edges})
    for edge, signature in edges:
        yield edge, known.estimate(signature, found[_at(ends(edge)[1])])


def batches_at(path: str, wanted: set[int], columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
    """Streams some facts of the samples of a file that lie at some offsets."""
    offsets = pa.array(sorted(wanted), pa.int64())
    with store.open_file(path) as stream:
        for batch in pq.ParquetFile(stream).iter_batches(_ROWS, columns=list(columns)):
            yield batch.filter(pc.is_in(batch["offset"], offsets))


def _files(packed: bytes) -> bytes:
    """Names the files of a packed node's unit."""
    node = unpack(packed)
    return f"{node.unit}\0{node.attempt}".encode()


def _at(packed: bytes) -> int:
    return unpack(packed).offset
