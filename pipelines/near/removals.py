"""From components to lists of removals, with how alike each is to the sample that stays."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from hashlib import blake2b

import apache_beam as beam
import numpy as np
import pyarrow as pa
from apache_beam.pvalue import PCollection
from numpy.typing import NDArray

from pipelines import store
from pipelines.dedup import Removal
from pipelines.ingest import bucket
from pipelines.near import edges, runs
from pipelines.near.likeness import Signatures, look_up
from pipelines.near.nodes import Node, is_earlier, unpack
from pipelines.near.runs import Exchange


@dataclass(slots=True, kw_only=True)
class WriteRemovals(beam.PTransform[PCollection[str], PCollection[str]]):
    """Receipts of files of stars to the paths of one list of removals a bucket.

    Attributes:
        into: folder of the lists, and of runs while they are made.
        reason: of these removals.
        signatures: by which likeness is told.
        buckets: of units.
    """

    into: str
    reason: str
    signatures: Signatures
    buckets: int

    def expand(self, stars: PCollection[str]) -> PCollection[str]:
        """Wires a visit to the bucket of the sample that stays and one to that of the other."""
        return (
            stars
            | "Stars" >> beam.FlatMap(self.scatter)
            | "ToKept" >> Exchange(self.buckets)
            | "AddSignatures" >> beam.MapTuple(self.add_signatures)
            | "ToGone" >> Exchange(self.buckets)
            | "WriteRemovals" >> beam.FlatMapTuple(self.write)
        )

    def scatter(self, path: str) -> Iterator[str]:
        """Yields the runs of a file of stars, each for the buckets of the samples that stay."""
        name = path.rsplit("/", 1)[-1].removesuffix(".jsonl")
        for number, batch in enumerate(edges.read(path)):
            into = store.join(self.into, "stars", f"{name}-{number:05d}{runs.SUFFIX}")
            # Two earlier samples may be joined by one of now: neither of them goes.
            now = [not is_earlier(high) for high in batch["high"].to_pylist()]
            batch = batch.filter(pa.array(now, pa.bool_()))
            rows = partial(_rows, [batch["low"], batch["high"]])
            yield runs.write(into, edges.SCHEMA, self._buckets_of(batch["low"]), self.buckets, rows)

    def add_signatures(self, number: int, listed: str) -> str:
        """Returns the run of a bucket's stars with the signatures of the samples that stay."""
        found = runs.read(listed, number, edges.SCHEMA).combine_chunks()
        low, high = (_whole(found, name) for name in ("low", "high"))
        known, places = np.unique(np.array(low.to_pylist(), dtype=object), return_inverse=True)
        signatures = look_up(known.tolist(), self.signatures)

        def rows(chosen: NDArray[np.int64]) -> list[pa.Array]:
            return [*_rows([low, high], chosen), signatures.take(pa.array(places[chosen]))]

        into = store.join(self.into, "kept", f"{number:05d}{runs.SUFFIX}")
        return runs.write(into, self._sent, self._buckets_of(high), self.buckets, rows)

    def write(self, number: int, listed: str) -> Iterator[str]:
        """Publishes the removals of a bucket, if there are any."""
        found = runs.read(listed, number, self._sent)
        if not len(found):
            return
        low, high, signatures = (_whole(found, name) for name in self._sent.names)
        packed = high.to_pylist()
        alike = self.signatures.estimates(signatures, look_up(packed, self.signatures))
        lines = set(map(partial(_line, self.reason), low.to_pylist(), packed, alike.tolist()))
        path = store.join(self.into, f"{number:05d}.jsonl")
        with store.publishing(path) as stream:
            stream.writelines(sorted(lines))
        yield path

    @property
    def _sent(self) -> pa.Schema:
        return edges.SCHEMA.append(pa.field("signature", self.signatures.kind))

    def _buckets_of(self, nodes: pa.Array) -> NDArray[np.int64]:
        found = (self._bucket_of(unpack(each)) for each in nodes.to_pylist())
        return np.fromiter(found, np.int64, len(nodes))

    def _bucket_of(self, node: Node) -> int:
        # Samples of earlier corpora have no unit: the files they lie in are spread as units are.
        unit = node.unit or blake2b(node.attempt.encode(), digest_size=8).hexdigest()
        return bucket(unit, self.buckets)


def _rows(columns: list[pa.Array], chosen: NDArray[np.int64]) -> list[pa.Array]:
    return [column.take(pa.array(chosen)) for column in columns]


def _whole(table: pa.Table, name: str) -> pa.Array:
    return pa.concat_arrays([pa.array([], table.schema.field(name).type), *table[name].chunks])


def _line(reason: str, kept: bytes, gone: bytes, alike: float) -> bytes:
    node = unpack(gone)
    told = Removal(node.unit, node.offset, node.key, reason, unpack(kept).key, round(alike, 3))
    return store.line(told)
