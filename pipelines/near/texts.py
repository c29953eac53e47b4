"""Near-duplicates of text: samples whose signatures share a band, and are alike enough."""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import combinations, islice

import apache_beam as beam
from apache_beam.pvalue import PCollection

from pipelines.layout import Layout
from pipelines.near import exact
from pipelines.near.bands import bands, optimum
from pipelines.near.edges import WriteEdges
from pipelines.near.likeness import Estimate, Signatures
from pipelines.near.minhash import PERMUTATIONS, estimate
from pipelines.near.nodes import Pool, ends, is_earlier, pair, star
from pipelines.recipe import NearTexts

COLUMN = "minhash"
# Up to so many members, all pairs of a bucket are compared; above, each with the smallest.
_ALL_PAIRS = 32
# Pairs whose estimate is so many standard errors below the threshold are not worth reading.
_ERRORS = 4


def signatures(layout: Layout) -> Signatures:
    """Returns where the signatures of texts are."""
    return Signatures(layout=layout, column=COLUMN, estimate=estimate)


@dataclass(slots=True, kw_only=True)
class FindTextPairs(beam.PTransform[PCollection[str], PCollection[str]]):
    """Paths of receipt lists to the receipts of edge files.

    Attributes:
        into: folder for edge files.
        pool: where samples are read.
        wanted: what counts as alike, and where.
        buckets: how many edge files.
    """

    into: str
    pool: Pool
    wanted: NearTexts
    buckets: int

    def expand(self, lists: PCollection[str]) -> PCollection[str]:
        """Wires banding, pairing and, if it is asked for, comparing."""
        verify = self.wanted.verify != "none"
        found = (
            lists
            | "ReadBands" >> beam.FlatMap(read_bands, self.pool, self.wanted)
            | "GroupBands" >> beam.GroupByKey()
            | "PairUp" >> beam.FlatMapTuple(lambda _, nodes: pair_up(nodes, verify))
            | "DistinctPairs" >> beam.Distinct()
        )
        if verify:
            found = found | "VerifyPairs" >> _Verify(layout=self.pool.layout, wanted=self.wanted)
        return found | "Collect" >> WriteEdges(self.into, self.buckets)


@dataclass(slots=True, kw_only=True)
class _Verify(beam.PTransform[PCollection[bytes], PCollection[bytes]]):
    """Candidate pairs to those that are alike enough: first by signatures, then by texts."""

    layout: Layout
    wanted: NearTexts

    def expand(self, pairs: PCollection[bytes]) -> PCollection[bytes]:
        """Wires one comparison, or two."""
        threshold = self.wanted.threshold
        compared = pairs | "Verify" >> Estimate(signatures(self.layout))
        if self.wanted.verify == "estimate":
            return compared | "AlikeEnough" >> beam.FlatMap(alike, threshold)
        # Of what was there before only signatures are left.
        before = compared | "Earlier" >> beam.Filter(lambda found: _has_earlier(found[0]))
        near = (
            compared
            | "Here" >> beam.Filter(lambda found: not _has_earlier(found[0]))
            | "WorthReading" >> beam.FlatMap(alike, threshold - margin(threshold))
            | "ReadTexts" >> Estimate(exact.signatures(self.layout))
        )
        return (
            (before, near)
            | "AllCompared" >> beam.Flatten()
            | "AlikeEnough" >> beam.FlatMap(alike, threshold)
        )


def alike(found: tuple[bytes, float], threshold: float) -> Iterator[bytes]:
    """Yields an edge whose ends are alike enough."""
    if found[1] >= threshold:
        yield found[0]


def margin(threshold: float) -> float:
    """Returns how far below the threshold an estimate of a pair at it may well be."""
    return _ERRORS * math.sqrt(threshold * (1 - threshold) / PERMUTATIONS)


def read_bands(path: str, pool: Pool, wanted: NearTexts) -> Iterator[tuple[bytes, bytes]]:
    """Yields the samples of a bucket that are looked at, packed, by each band."""
    count, size = optimum(wanted.threshold, wanted.verify)
    for node, facts in pool.read(path, ["category", "images", COLUMN]):
        if facts[COLUMN] is not None and applies(facts["category"], facts["images"], wanted):
            packed = node.pack()
            for band in bands(facts[COLUMN], count, size):
                yield band, packed


def applies(category: str, images: int, wanted: NearTexts) -> bool:
    """Whether a sample may go because its text is like another's.

    By default those without images: one caption may be true of many pictures.
    """
    return category in wanted.categories if wanted.categories else not images


def pair_up(nodes: Iterable[bytes], verify: bool) -> Iterator[bytes]:
    """Yields candidate pairs of a bucket, as edges.

    Edges to the smallest join the same nodes as all pairs would. Where pairs are verified some are
    taken out, so small buckets give all of theirs. Samples of earlier corpora are no pairs.
    """
    first = sorted(islice(iter(nodes), _ALL_PAIRS + 1)) if verify else []
    if verify and len(first) <= _ALL_PAIRS:
        pairs = combinations(first, 2)
        yield from (pair(low, high) for low, high in pairs if not is_earlier(high))
    else:
        yield from star(nodes)


def _has_earlier(edge: bytes) -> bool:
    return is_earlier(ends(edge)[0])
