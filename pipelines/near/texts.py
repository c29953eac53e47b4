"""Near-duplicates of text: samples whose signatures share a band, and are alike enough."""

from collections.abc import Iterable, Iterator
from itertools import combinations, islice

import apache_beam as beam
from apache_beam.pvalue import PCollection

from pipelines.layout import Layout
from pipelines.near.bands import bands, optimum
from pipelines.near.edges import WriteEdges
from pipelines.near.likeness import Estimate, Signatures
from pipelines.near.minhash import estimate
from pipelines.near.nodes import pair, read_nodes
from pipelines.recipe import NearTexts

COLUMN = "minhash"
# Up to so many members, all pairs of a bucket are compared; above, each with the smallest.
_ALL_PAIRS = 32


def signatures(layout: Layout) -> Signatures:
    """Returns where the signatures of texts are."""
    return Signatures(layout=layout, column=COLUMN, estimate=estimate)


class FindTextPairs(beam.PTransform[PCollection[str], PCollection[str]]):
    """Paths of receipt lists to the receipts of edge files."""

    def __init__(
        self,
        into: str,
        *,
        layout: Layout,
        removals: tuple[str, ...],
        stanzas: tuple[str, ...],
        quality: str,
        texts: NearTexts,
        buckets: int,
    ) -> None:
        """Takes where things lie and what counts as alike.

        Args:
            into: folder for edge files.
            layout: of the build.
            removals: folders of what is removed already.
            stanzas: names of the recipe's entries, in order of priority.
            quality: fact to judge by which sample stays; empty for none.
            texts: what counts as alike, and where.
            buckets: how many edge files.
        """
        super().__init__()
        self._into = into
        self._layout = layout
        self._removals = removals
        self._stanzas = stanzas
        self._quality = quality
        self._texts = texts
        self._buckets = buckets

    def expand(self, lists: PCollection[str]) -> PCollection[str]:
        """Wires banding, pairing and, if it is asked for, comparing."""
        texts = self._texts
        found = (
            lists
            | "ReadBands"
            >> beam.FlatMap(
                read_bands, self._layout, self._removals, self._stanzas, self._quality, texts
            )
            | "GroupBands" >> beam.GroupByKey()
            | "PairUp" >> beam.FlatMapTuple(lambda _, nodes: pair_up(nodes, texts.verify))
            | "DistinctPairs" >> beam.Distinct()
        )
        if texts.verify:
            found = (
                found
                | "Verify" >> Estimate(signatures(self._layout))
                | "AlikeEnough" >> beam.Filter(lambda found: found[1] >= texts.threshold)
                | "Pairs" >> beam.Keys()
            )
        return found | "Collect" >> WriteEdges(self._into, self._buckets)


def read_bands(
    path: str,
    layout: Layout,
    removals: tuple[str, ...],
    stanzas: tuple[str, ...],
    quality: str,
    texts: NearTexts,
) -> Iterator[tuple[bytes, bytes]]:
    """Yields the samples of a bucket that are looked at, packed, by each band."""
    count, size = optimum(texts.threshold, texts.verify)
    columns = ["category", "images", COLUMN]
    for node, facts in read_nodes(path, layout, removals, stanzas, quality, columns):
        if facts[COLUMN] is not None and applies(facts["category"], facts["images"], texts):
            packed = node.pack()
            for band in bands(facts[COLUMN], count, size):
                yield band, packed


def applies(category: str, images: int, texts: NearTexts) -> bool:
    """Whether a sample may go because its text is like another's.

    By default those without images: one caption may be true of many pictures.
    """
    return category in texts.categories if texts.categories else not images


def pair_up(nodes: Iterable[bytes], verify: bool) -> Iterator[bytes]:
    """Yields candidate pairs of a bucket, as edges.

    Edges to the smallest join the same nodes as all pairs would. Where pairs are verified some are
    taken out, so small buckets give all of theirs.
    """
    first = sorted(islice(iter(nodes), _ALL_PAIRS + 1)) if verify else []
    if verify and len(first) <= _ALL_PAIRS:
        yield from (pair(*each) for each in combinations(first, 2))
        return
    # Runners may stream a group from disk: two passes, and nothing is held.
    smallest = min(nodes)
    for node in nodes:
        if node != smallest:
            yield pair(smallest, node)
