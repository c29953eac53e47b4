"""Near-duplicates of text: samples whose signatures share a band, and are alike enough.

Samples are numbers until two are found to be alike: their bucket, and their place among the facts
of its units. Bands are sorted and compared as arrays of such numbers.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import apache_beam as beam
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from apache_beam.pvalue import PCollection
from numpy.typing import NDArray

from pipelines import store
from pipelines.layout import Layout
from pipelines.near import edges, minhash, runs
from pipelines.near.bands import ALL_PAIRS, band_hashes, distinct, optimum, order_of, pair_up
from pipelines.near.likeness import Signatures
from pipelines.near.nodes import ends, node_at, pair, read_batches, read_gone
from pipelines.near.runs import Exchange, Numbers
from pipelines.recipe import NearTexts

COLUMN = "minhash"
_BANDS = pa.schema([("hash", pa.uint64()), ("order", pa.uint32()), ("sample", pa.uint64())])
_PAIRS = pa.schema([("low", pa.uint64()), ("high", pa.uint64())])
_SENT = pa.schema(
    [("high", pa.uint64()), ("low", pa.binary()), ("signature", pa.binary(minhash.BYTES))]
)
# A sample's number: that of its bucket, then its place there.
_PLACE = np.uint64(40)
_PLACES = np.uint64((1 << 40) - 1)
# Bands that are sorted into a run at once.
_HELD = 4_000_000


def signatures(layout: Layout) -> Signatures:
    """Returns where the signatures of texts are."""
    return Signatures(layout=layout, column=COLUMN, estimates=minhash.estimates)


@dataclass(slots=True, kw_only=True)
class FindTextPairs(beam.PTransform[PCollection[str], PCollection[str]]):
    """Paths of receipt lists to the receipts of edge files.

    Attributes:
        into: folder for edge files, and for runs while they are made.
        layout: of the build.
        removals: folders of what is removed already.
        stanzas: names of the recipe's entries, in order of priority.
        quality: fact to judge by which sample stays; empty for none.
        texts: what counts as alike, and where.
        buckets: how many lists there may be.
    """

    into: str
    layout: Layout
    removals: tuple[str, ...]
    stanzas: tuple[str, ...]
    quality: str
    texts: NearTexts
    buckets: int

    def expand(self, lists: PCollection[str]) -> PCollection[str]:
        """Wires banding, pairing and a visit to each of the two buckets of a pair."""
        numbered = lists | "Numbered" >> beam.Map(lambda path: (_number(path), path))
        pairs = (
            lists
            | "WriteBands" >> beam.FlatMap(self.write_bands)
            | "ToParts" >> Exchange(self.buckets)
            | "WritePairs" >> beam.MapTuple(self.write_pairs)
            | "ToLow" >> Exchange(self.buckets)
        )
        sent = (
            {"lists": numbered, "runs": pairs}
            | "VisitLow" >> beam.CoGroupByKey()
            | "AddSignatures" >> beam.FlatMapTuple(self.add_signatures)
            | "ToHigh" >> Exchange(self.buckets)
        )
        return (
            {"lists": numbered, "runs": sent}
            | "VisitHigh" >> beam.CoGroupByKey()
            | "WriteEdges" >> beam.FlatMapTuple(self.write_edges)
        )

    def write_bands(self, path: str) -> Iterator[str]:
        """Yields runs of the bands of a bucket, each for the part of all bands it belongs to."""
        held: list[tuple[Numbers, NDArray[np.uint32], Numbers]] = []
        number, made = np.uint64(_number(path)) << _PLACE, 0
        gone = read_gone(self.removals, path)
        columns = ["category", "images", "offset", COLUMN]
        for receipt, start, batch in read_batches(path, self.layout, columns):
            chosen = np.flatnonzero(looked_at(batch, self.texts))
            offsets = batch["offset"].to_numpy()[chosen]
            chosen = chosen[~np.isin(offsets, sorted(gone.get(receipt.unit, ())))]
            column = batch[COLUMN].take(pa.array(chosen))
            held.append(self._bands(column, number + np.uint64(start) + chosen.astype(np.uint64)))
            if sum(len(each[0]) for each in held) > _HELD:
                yield self._write_bands(path, made, held)
                held, made = [], made + 1
        yield self._write_bands(path, made, held)

    def write_pairs(self, number: int, paths: list[str]) -> str:
        """Returns the run of candidate pairs in a part of the bands, for the buckets of the low."""
        found = runs.read(paths, number, _BANDS)
        hashes, orders, samples = (found[name].to_numpy() for name in _BANDS.names)
        low, high = pair_up(
            hashes, orders, samples, all_pairs=ALL_PAIRS if self.texts.verify else 0
        )
        into = store.join(self.into, "pairs", f"{number:05d}{runs.SUFFIX}")
        return runs.write(into, _PAIRS, low >> _PLACE, self.buckets, lambda at: [low[at], high[at]])

    def add_signatures(self, number: int, both: dict[str, Iterable[Any]]) -> Iterator[str]:
        """Yields the run of a bucket's pairs, the low ones as nodes with their signatures."""
        for path, paths in zip(both["lists"], both["runs"], strict=False):
            found = runs.read(paths, number, _PAIRS)
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
            yield runs.write(into, _SENT, high >> _PLACE, self.buckets, rows)

    def write_edges(self, number: int, both: dict[str, Iterable[Any]]) -> Iterator[str]:
        """Yields the receipt of the edges whose high ends are in a bucket, if there are any."""
        for path, paths in zip(both["lists"], both["runs"], strict=False):
            found = runs.read(paths, number, _SENT).combine_chunks()
            known, places = np.unique(found["high"].to_numpy() & _PLACES, return_inverse=True)
            nodes, other = self._nodes(path, known)
            if self.texts.verify:
                alike = minhash.estimates(found["signature"], other.take(pa.array(places)))
                near = np.flatnonzero(alike >= self.texts.threshold)
                found, places = found.take(pa.array(near)), places[near]
            high = nodes.take(pa.array(places)).to_pylist()
            made = sorted(set(map(pair, found["low"].to_pylist(), high)))
            if made:
                into = store.join(self.into, f"{number:05d}")
                edges.write(f"{into}.parquet", map(ends, made))
                yield f"{into}.jsonl"

    def _bands(
        self, column: pa.Array, samples: Numbers
    ) -> tuple[Numbers, NDArray[np.uint32], Numbers]:
        count, size = optimum(self.texts.threshold, self.texts.verify)
        matrix = minhash.matrix(column)
        hashes = band_hashes(matrix, count, size).ravel()
        return hashes, np.repeat(order_of(matrix), count), np.repeat(samples, count)

    def _write_bands(self, path: str, made: int, held: list[Any]) -> str:
        columns = [np.concatenate(each) for each in zip(*held, strict=True)] if held else []
        hashes, *_ = columns = columns or [
            np.empty(0, kind.to_pandas_dtype()) for kind in _BANDS.types
        ]
        into = store.join(self.into, "bands", f"{_number(path):05d}-{made:05d}{runs.SUFFIX}")
        part = (hashes >> np.uint64(32)) * np.uint64(self.buckets) >> np.uint64(32)
        return runs.write(
            into, _BANDS, part, self.buckets, lambda at: [each[at] for each in columns]
        )

    def _nodes(self, path: str, places: Numbers) -> tuple[pa.Array, pa.Array]:
        """The packed nodes of the samples at some places of a bucket, and their signatures."""
        nodes: list[bytes] = []
        found = [pa.array([], _SENT.field("signature").type)]
        columns = sorted({"key", "offset", COLUMN, *([self.quality] if self.quality else [])})
        for receipt, start, batch in read_batches(path, self.layout, columns):
            low, high = np.searchsorted(places, np.array([start, start + len(batch)], np.uint64))
            if low == high:
                continue
            chosen = batch.take(pa.array(places[low:high].astype(np.int64) - start))
            found.append(chosen[COLUMN])
            rest = [name for name in columns if name != COLUMN]
            for facts in chosen.select(rest).to_pylist():
                nodes.append(node_at(receipt, facts, self.stanzas, self.quality).pack())
        return pa.array(nodes, pa.binary()), pa.concat_arrays(found)


def looked_at(facts: pa.RecordBatch, texts: NearTexts) -> NDArray[np.bool_]:
    """Returns which samples may go because their text is like another's.

    By default those without images: one caption may be true of many pictures.
    """
    found = pc.is_valid(facts[COLUMN]).to_numpy(zero_copy_only=False)
    if texts.categories:
        wanted = pc.is_in(facts["category"], pa.array(texts.categories))
    else:
        wanted = pc.equal(facts["images"], 0)
    return found & wanted.to_numpy(zero_copy_only=False)


def _number(path: str) -> int:
    """The number of a bucket, by the name of its list."""
    return int(path.rsplit("/", 1)[-1].split(".")[0])
