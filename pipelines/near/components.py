"""Connected components: every node gets the smallest node of its component as its label.

Two ways to the same labels: in one process, for as many edges as its memory takes, and in rounds of
large-star and small-star (Kiveris et al., 2014), each a pipeline from edge files to edge files,
until a round changes nothing. The result is stars: an edge from each label to each of its nodes.
"""

from array import array
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from hashlib import blake2b

import apache_beam as beam
import numpy as np
import pyarrow as pa
from apache_beam.pvalue import PCollection
from numpy.typing import NDArray
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
# Streams edges, as often as it is called.
Read = Callable[[], Iterable[pa.RecordBatch]]


def stars(read: Read) -> Iterator[tuple[bytes, bytes]]:
    """Yields, in this process, an edge from each label to each other node of its component.

    Edges are read three times and in memory as numbers: some hundred bytes each, however long their
    nodes are. Two nodes have the same number with a chance of one in 2^64: with 20 million edges
    that joins what is apart in one corpus of some ten thousand.

    Args:
        read: streams the edges, always in the same order.
    """
    nodes, places = np.unique(_numbers(read), return_inverse=True)
    low, high = places.reshape(-1, 2).T
    graph = coo_array((np.ones(len(low), np.int8), (low, high)), shape=(len(nodes),) * 2)
    _, parts = connected_components(graph, directed=False)
    # An edge between two nodes alone is their star; labels are looked for in the others.
    alone = np.bincount(parts)[parts] == 2 if len(parts) else parts
    labels: dict[int, bytes] = {}
    for number, edge in zip(low.tolist(), _edges(read), strict=True):
        if not alone[number]:
            part = int(parts[number])
            labels[part] = min(edge[0], labels.get(part, edge[0]))
    told = np.zeros(len(nodes), np.bool_)
    for ends_at, edge in zip(
        zip(low.tolist(), high.tolist(), strict=True), _edges(read), strict=True
    ):
        label = labels.get(int(parts[ends_at[0]]), edge[0])
        for number, node in zip(ends_at, edge, strict=True):
            if not told[number] and node != label:
                yield label, node
            told[number] = True


def _edges(read: Read) -> Iterator[tuple[bytes, bytes]]:
    for batch in read():
        yield from zip(batch["low"].to_pylist(), batch["high"].to_pylist(), strict=True)


def _numbers(read: Read) -> NDArray[np.uint64]:
    """Returns the numbers of the two nodes of each edge, one edge after the other."""
    found = array("Q")
    for edge in _edges(read):
        for node in edge:
            found.frombytes(blake2b(node, digest_size=8).digest())
    return np.frombuffer(found, np.uint64)


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
