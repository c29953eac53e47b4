"""Connected components: every node gets the smallest node of its component as its label.

Two ways to the same labels: in one process, for as many edges as its memory takes, and in rounds of
large-star and small-star (Kiveris et al., 2014), each a pipeline from edge files to edge files,
until a round changes nothing. The result is stars: an edge from each label to each of its nodes.
"""

from collections.abc import Callable, Iterable, Iterator
from functools import partial

import apache_beam as beam
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from apache_beam.pvalue import PCollection
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from pipelines.near import edges
from pipelines.near.edges import WriteEdges
from pipelines.near.nodes import ends, pair

# A path of a million nodes takes about 20 rounds; more than this is a fault.
_ROUNDS = 64

Stage = beam.PTransform[PCollection[str], PCollection[str]]
# Runs a stage from some files into the folder of a name, unless that is done: the files it made.
# The stage is made when its folder is known.
Run = Callable[[str, list[str], Callable[[str], Stage]], list[str]]


def stars(batches: Iterable[pa.RecordBatch]) -> Iterator[tuple[bytes, bytes]]:
    """Yields, in this process, an edge from each label to each other node of its component."""
    table = pa.Table.from_batches(batches, edges.SCHEMA)
    chunks = [
        each.cast(pa.large_binary()) for name in ("low", "high") for each in table[name].chunks
    ]
    both = pa.chunked_array(chunks, pa.large_binary())
    if not len(both):
        return
    # Numbered in the order of the packed nodes, so that the smallest number is the label.
    nodes = pc.unique(both)
    nodes = nodes.take(pc.sort_indices(nodes))
    numbers = pc.index_in(both, nodes).to_numpy()
    low, high = numbers[: len(table)], numbers[len(table) :]
    ones = np.ones(len(low), np.int8)
    graph = coo_array((ones, (low, high)), shape=(len(nodes), len(nodes)))
    count, parts = connected_components(graph, directed=False)
    labels = np.full(count, len(nodes))
    np.minimum.at(labels, parts, np.arange(len(nodes)))
    labels = labels[parts]
    for node in np.flatnonzero(labels != np.arange(len(nodes))):
        yield nodes[int(labels[node])].as_py(), nodes[int(node)].as_py()


def alternate(paths: list[str], run: Run, buckets: int) -> list[str]:
    """Runs rounds until nothing changes and returns the receipts of the last one's files.

    Args:
        paths: receipts of edge files.
        run: runs one round.
        buckets: how many files a round makes.

    Raises:
        RuntimeError: it does not come to an end.
    """
    before = None
    for number in range(1, _ROUNDS + 1):
        paths = run(f"round-{number:02d}", paths, partial(Round, buckets=buckets))
        now = edges.receipts(paths)
        if now == before:
            return paths
        before = now
    raise RuntimeError(f"components changed still in round {_ROUNDS}: a fault of the program")


class Round(beam.PTransform[PCollection[str], PCollection[str]]):
    """Receipts of edge files to those of the next round's."""

    def __init__(self, into: str, buckets: int) -> None:
        super().__init__()
        self._into = into
        self._buckets = buckets

    def expand(self, paths: PCollection[str]) -> PCollection[str]:
        """Wires a large star, a small star and the collection of edges."""
        return (
            paths
            | "ReadEdges" >> beam.FlatMap(edges.read_packed)
            | "BothWays" >> beam.FlatMap(both_ways)
            | "Neighbours" >> beam.GroupByKey()
            | "LargeStar" >> beam.FlatMapTuple(large_star)
            | "DistinctLarge" >> beam.Distinct()
            | "Downwards" >> beam.Map(downwards)
            | "Smaller" >> beam.GroupByKey()
            | "SmallStar" >> beam.FlatMapTuple(small_star)
            | "DistinctSmall" >> beam.Distinct()
            | "Collect" >> WriteEdges(self._into, self._buckets)
        )


def both_ways(edge: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yields an edge from either end."""
    low, high = ends(edge)
    yield low, high
    yield high, low


def downwards(edge: bytes) -> tuple[bytes, bytes]:
    """Returns an edge from its larger end."""
    low, high = ends(edge)
    return high, low


def large_star(node: bytes, neighbours: Iterable[bytes]) -> Iterator[bytes]:
    """Yields edges from the larger neighbours of a node to the smallest of it and them."""
    # Runners may stream a group from disk: two passes, and nothing is held.
    smallest = min(node, min(neighbours))
    for each in neighbours:
        if each > node:
            yield pair(smallest, each)


def small_star(node: bytes, neighbours: Iterable[bytes]) -> Iterator[bytes]:
    """Yields edges from a node and its smaller neighbours to the smallest of them."""
    smallest = min(neighbours)
    yield pair(smallest, node)
    for each in neighbours:
        if each != smallest:
            yield pair(smallest, each)
