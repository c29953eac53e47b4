"""Pairs of samples that share a band and are alike enough, for any kind of signature.

Samples are numbers until two are found to be alike: their bucket, and their place among the facts
of its units. Bands are sorted and compared as arrays of such numbers.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import apache_beam as beam
import numpy as np
import pyarrow as pa
from apache_beam.pvalue import PCollection
from numpy.typing import NDArray

from pipelines import store
from pipelines.near import edges, runs
from pipelines.near.arrays import Numbers
from pipelines.near.bands import ALL_PAIRS, distinct, pair_up
from pipelines.near.likeness import Signatures
from pipelines.near.nodes import Pool, ends, pair, read_batches, read_gone
from pipelines.near.runs import Exchange

# Of each band its hash, a number by which those of a bucket are put in order, and its sample.
Bands = tuple[Numbers, NDArray[np.uint32], Numbers]
_BANDS = pa.schema([("hash", pa.uint64()), ("order", pa.uint32()), ("sample", pa.uint64())])
_PAIRS = pa.schema([("low", pa.uint64()), ("high", pa.uint64())])
# A sample's number: that of its bucket, then its place there.
_PLACE = np.uint64(40)
_PLACES = np.uint64((1 << 40) - 1)
# Bands that are sorted into a run at once.
_HELD = 4_000_000


@dataclass(slots=True, kw_only=True)
class FindPairs(beam.PTransform[PCollection[str], PCollection[str]], ABC):
    """Paths of receipt lists to the receipts of edge files.

    Attributes:
        into: folder for edge files, and for runs while they are made.
        pool: where samples are read.
        buckets: how many lists there may be.
    """

    into: str
    pool: Pool
    buckets: int

    @property
    @abstractmethod
    def known(self) -> Signatures:
        """Where signatures are, and how alike two are."""

    @property
    @abstractmethod
    def columns(self) -> list[str]:
        """Further facts that `chosen` looks at."""

    @abstractmethod
    def chosen(self, facts: pa.RecordBatch) -> NDArray[np.bool_]:
        """Returns which samples are looked at; these have signatures."""

    @abstractmethod
    def bands(self, signatures: pa.Array, samples: Numbers) -> Bands:
        """Returns the bands of some signatures, which samples of these numbers have."""

    @abstractmethod
    def alike(self, pairs: Iterable[bytes], likenesses: NDArray[np.float64]) -> Iterator[bytes]:
        """Yields the pairs that are alike enough."""

    @property
    def all_pairs(self) -> int:
        """Up to how many samples of a bucket are compared each with each."""
        return ALL_PAIRS

    def expand(self, lists: PCollection[str]) -> PCollection[str]:
        """Wires banding, pairing and a visit to each of the two buckets of a pair."""
        numbered = lists | "Numbered" >> beam.Map(lambda path: (self._number(path), path))
        pairs = (
            lists
            | "WriteBands" >> beam.FlatMap(self.write_bands)
            | "ToParts" >> Exchange(self._receivers)
            | "WritePairs" >> beam.MapTuple(self.write_pairs)
            | "ToLow" >> Exchange(self._receivers)
        )
        sent = (
            {"lists": numbered, "runs": pairs}
            | "VisitLow" >> beam.CoGroupByKey()
            | "AddSignatures" >> beam.FlatMapTuple(self.add_signatures)
            | "ToHigh" >> Exchange(self._receivers)
        )
        return (
            {"lists": numbered, "runs": sent}
            | "VisitHigh" >> beam.CoGroupByKey()
            | "WriteEdges" >> beam.FlatMapTuple(self.write_edges)
        )

    def write_bands(self, path: str) -> Iterator[str]:
        """Yields runs of the bands of a bucket, each for the part of all bands it belongs to."""
        held: list[Bands] = []
        number, made = np.uint64(self._number(path)) << _PLACE, 0
        gone = read_gone(self.pool.removals, path)
        column = self.known.column
        columns = sorted({"offset", column, *self.columns})
        for receipt, start, batch in read_batches(path, self.pool.layout, columns):
            chosen = np.flatnonzero(self.chosen(batch))
            offsets = batch["offset"].to_numpy()[chosen]
            chosen = chosen[~np.isin(offsets, sorted(gone.get(receipt.unit, ())))]
            signatures = batch[column].take(pa.array(chosen))
            samples = number + np.uint64(start) + chosen.astype(np.uint64)
            held.append(self.bands(signatures, samples))
            if sum(len(each[0]) for each in held) > _HELD:
                yield self._write_bands(path, made, held)
                held, made = [], made + 1
        yield self._write_bands(path, made, held)

    def write_pairs(self, number: int, listed: str) -> str:
        """Returns the run of candidate pairs in a part of the bands, for the buckets of the low."""
        found = runs.read(listed, number, _BANDS)
        hashes, orders, samples = (found[name].to_numpy() for name in _BANDS.names)
        low, high = pair_up(hashes, orders, samples, all_pairs=self.all_pairs)
        # Buckets of earlier corpora come last; what only they have is none of our pairs.
        ours = low >> _PLACE < np.uint64(self.buckets)
        low, high = low[ours], high[ours]
        into = store.join(self.into, "pairs", f"{number:05d}{runs.SUFFIX}")
        return runs.write(
            into, _PAIRS, low >> _PLACE, self._receivers, lambda at: [low[at], high[at]]
        )

    def add_signatures(self, number: int, both: dict[str, Iterable[Any]]) -> Iterator[str]:
        """Yields the run of a bucket's pairs, the low ones as nodes with their signatures."""
        for path, listed in zip(both["lists"], both["runs"], strict=False):
            found = runs.read(listed, number, _PAIRS)
            low, high = distinct(found["low"].to_numpy(), found["high"].to_numpy())
            known, places = np.unique(low & _PLACES, return_inverse=True)
            nodes, known_signatures = self._nodes(path, known)

            def rows(
                at: NDArray[np.int64],
                columns: tuple[pa.Array, pa.Array] = (nodes, known_signatures),
                high: Numbers = high,
                places: NDArray[np.int64] = places,
            ) -> list[Any]:
                return [high[at], *(each.take(pa.array(places[at])) for each in columns)]

            into = store.join(self.into, "low", f"{number:05d}{runs.SUFFIX}")
            yield runs.write(into, self._sent, high >> _PLACE, self._receivers, rows)

    def write_edges(self, number: int, both: dict[str, Iterable[Any]]) -> Iterator[str]:
        """Yields the receipt of the edges whose high ends are in a bucket, if there are any."""
        for path, listed in zip(both["lists"], both["runs"], strict=False):
            found = runs.read(listed, number, self._sent).combine_chunks()
            known, places = np.unique(found["high"].to_numpy() & _PLACES, return_inverse=True)
            nodes, other = self._nodes(path, known)
            estimates = self.known.estimates(found["signature"], other.take(pa.array(places)))
            low, high = found["low"].to_pylist(), nodes.take(pa.array(places)).to_pylist()
            made = sorted(set(self.alike(map(pair, low, high), estimates)))
            if made:
                into = store.join(self.into, f"{number:05d}")
                edges.write(f"{into}.parquet", map(ends, made))
                yield f"{into}.jsonl"

    @property
    def _sent(self) -> pa.Schema:
        return pa.schema(
            [("high", pa.uint64()), ("low", pa.binary()), ("signature", self.known.kind)]
        )

    @property
    def _receivers(self) -> int:
        return self.buckets + len(self.pool.earlier)

    def _number(self, path: str) -> int:
        """The number of a bucket, by the name of its list; files of earlier corpora come last."""
        if path in self.pool.earlier:
            return self.buckets + self.pool.earlier.index(path)
        return int(path.rsplit("/", 1)[-1].split(".")[0])

    def _write_bands(self, path: str, made: int, held: list[Any]) -> str:
        columns = [np.concatenate(each) for each in zip(*held, strict=True)] if held else []
        hashes, *_ = columns = columns or [
            np.empty(0, kind.to_pandas_dtype()) for kind in _BANDS.types
        ]
        into = store.join(self.into, "bands", f"{self._number(path):05d}-{made:05d}{runs.SUFFIX}")
        part = (hashes >> np.uint64(32)) * np.uint64(self._receivers) >> np.uint64(32)
        return runs.write(
            into, _BANDS, part, self._receivers, lambda at: [each[at] for each in columns]
        )

    def _nodes(self, path: str, places: Numbers) -> tuple[pa.Array, pa.Array]:
        """The packed nodes of the samples at some places of a bucket, and their signatures."""
        nodes: list[bytes] = []
        column = self.known.column
        found = [pa.array([], self.known.kind)]
        columns = self.pool.columns([column])
        for receipt, start, batch in read_batches(path, self.pool.layout, columns):
            low, high = np.searchsorted(places, np.array([start, start + len(batch)], np.uint64))
            if low == high:
                continue
            chosen = batch.take(pa.array(places[low:high].astype(np.int64) - start))
            found.append(chosen[column])
            rest = [name for name in chosen.schema.names if name != column]
            for facts in chosen.select(rest).to_pylist():
                nodes.append(self.pool.node_at(receipt, facts).pack())
        return pa.array(nodes, pa.binary()), pa.concat_arrays(found)
