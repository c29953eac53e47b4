"""How alike the ends of edges are, by the signatures among their facts.

Signatures are read where they lie: an edge goes to the unit of its one end, is joined by the
signature found there, goes to the unit of its other end, and leaves with the estimate. So only the
signatures of edges cross a shuffle, and only one of each edge.
"""

from collections.abc import Callable, Iterable, Iterator
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Signatures:
    """Where signatures are found, and how alike two are.

    Attributes:
        layout: of the build.
        column: fact that holds them.
        estimate: likeness of two of them, 0 to 1.
    """

    layout: Layout
    column: str
    estimate: Callable[[Any, Any], float]


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
    found = _look_up(files, {_at(ends(edge)[0]) for edge in edges}, known)
    for edge in edges:
        low, high = ends(edge)
        yield _files(high), (edge, found[_at(low)])


def compare(
    files: bytes, edges: Iterable[tuple[bytes, Any]], known: Signatures
) -> Iterator[tuple[bytes, float]]:
    """Yields the edges whose other end lies in a unit, each with the likeness of its ends."""
    found = _look_up(files, {_at(ends(edge)[1]) for edge, _ in edges}, known)
    for edge, signature in edges:
        yield edge, known.estimate(signature, found[_at(ends(edge)[1])])


def _files(packed: bytes) -> bytes:
    """Names the files of a packed node's unit."""
    node = unpack(packed)
    return f"{node.unit}\0{node.attempt}".encode()


def _at(packed: bytes) -> int:
    return unpack(packed).offset


def _look_up(files: bytes, wanted: set[int], known: Signatures) -> dict[int, Any]:
    """Reads the signatures of some samples of a unit, by where they lie in its tar."""
    unit, attempt = files.decode().split("\0")
    found: dict[int, Any] = {}
    offsets = pa.array(sorted(wanted), pa.int64())
    with store.open_file(known.layout.staged(unit, f"{attempt}.parquet")) as stream:
        table = pq.ParquetFile(stream)
        for batch in table.iter_batches(_ROWS, columns=["offset", known.column]):
            chosen = batch.filter(pc.is_in(batch["offset"], offsets))
            pairs = zip(chosen["offset"].to_pylist(), chosen[known.column].to_pylist(), strict=True)
            found.update(pairs)
    return found
