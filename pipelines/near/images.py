"""Near-duplicates of images: samples whose pictures, one by one, have perceptual hashes in reach.

Equal hashes meet in one bucket, and the smallest sample of each stands for them. The others meet by
parts of their hashes: of D bits that differ, some part has at most D / parts, so with parts chosen
that this is at most two, the words that are at most one bit away from that part are shared. Nothing
within the distance is missed, and nothing beyond it is let through.
"""

import struct
from collections.abc import Iterable, Iterator

import apache_beam as beam
import numpy as np
import pyarrow as pa
from apache_beam.pvalue import PCollection
from numpy.typing import NDArray

from pipelines.layout import Layout
from pipelines.near.edges import WriteEdges
from pipelines.near.likeness import Signatures
from pipelines.near.nodes import pair, read_nodes
from pipelines.recipe import NearImages

COLUMN = "perceptual_hashes"
BITS = 64
BYTES = BITS // 8
_HEAD = struct.Struct(">BI")
# Pairs of a bucket that are compared at once.
_BLOCK = 1024


def signatures(layout: Layout) -> Signatures:
    """Returns where the hashes of images are."""
    return Signatures(layout=layout, column=COLUMN, estimates=likenesses)


def likeness(one: list[str], other: list[str]) -> float:
    """Returns the share of equal bits in two samples' hashes, of the image that is least alike.

    >>> likeness(["00000000000000ff"], ["000000000000000f"])
    0.9375
    """
    apart = ((int(a, 16) ^ int(b, 16)).bit_count() for a, b in zip(one, other, strict=True))
    return 1 - max(apart) / BITS


def likenesses(ones: pa.Array, others: pa.Array) -> NDArray[np.float64]:
    """Returns the likeness of each two in columns of samples' hashes."""
    return np.array([*map(likeness, ones.to_pylist(), others.to_pylist())], np.float64)


class FindImagePairs(beam.PTransform[PCollection[str], PCollection[str]]):
    """Paths of receipt lists to the receipts of edge files."""

    def __init__(
        self,
        into: str,
        *,
        layout: Layout,
        removals: tuple[str, ...],
        stanzas: tuple[str, ...],
        quality: str,
        images: NearImages,
        buckets: int,
    ) -> None:
        """Takes where things lie and what counts as alike.

        Args:
            into: folder for edge files.
            layout: of the build.
            removals: folders of what is removed already.
            stanzas: names of the recipe's entries, in order of priority.
            quality: fact to judge by which sample stays; empty for none.
            images: what counts as alike, and where.
            buckets: how many edge files.
        """
        super().__init__()
        self._into = into
        self._read = (layout, removals, stanzas, quality, images)
        self._distance = images.distance
        self._buckets = buckets

    def expand(self, lists: PCollection[str]) -> PCollection[str]:
        """Wires a grouping by equal hashes and one by parts of hashes."""
        distance = self._distance
        equal = (
            lists
            | "ReadHashes" >> beam.FlatMap(read_hashes, *self._read)
            | "GroupHashes" >> beam.GroupByKey()
        )
        stars = equal | "EqualHashes" >> beam.FlatMapTuple(lambda _, nodes: star(nodes))
        near = (
            equal
            | "OnePerHash" >> beam.MapTuple(lambda hashes, nodes: (hashes, min(nodes)))
            | "Parts" >> beam.FlatMapTuple(lambda hashes, node: by_parts(hashes, node, distance))
            | "GroupParts" >> beam.GroupByKey()
            | "NearHashes" >> beam.FlatMapTuple(lambda word, near: within(word, near, distance))
        )
        return (
            (stars, near)
            | "AllPairs" >> beam.Flatten()
            | "DistinctPairs" >> beam.Distinct()
            | "Collect" >> WriteEdges(self._into, self._buckets)
        )


def read_hashes(
    path: str,
    layout: Layout,
    removals: tuple[str, ...],
    stanzas: tuple[str, ...],
    quality: str,
    images: NearImages,
) -> Iterator[tuple[bytes, bytes]]:
    """Yields the samples of a bucket that are looked at, packed, by their hashes."""
    columns = ["category", "images", "min_entropy", COLUMN]
    for node, facts in read_nodes(path, layout, removals, stanzas, quality, columns):
        if facts["category"] not in images.categories or not facts["images"]:
            continue
        # What holds hardly anything, such as a formula on a page, is like all others of its kind.
        if facts["min_entropy"] >= images.least_entropy and all(facts[COLUMN]):
            yield bytes.fromhex("".join(facts[COLUMN])), node.pack()


def star(nodes: Iterable[bytes]) -> Iterator[bytes]:
    """Yields edges from the smallest node to the others."""
    # Runners may stream a group from disk: two passes, and nothing is held.
    smallest = min(nodes)
    for node in nodes:
        if node != smallest:
            yield pair(smallest, node)


def by_parts(hashes: bytes, node: bytes, distance: int) -> Iterator[tuple[bytes, bytes]]:
    """Yields a sample's hashes and node by the words that near hashes share with its first."""
    value = int.from_bytes(hashes[:BYTES], "big")
    parts = distance // 3 + 1
    for part in range(parts):
        start, stop = part * BITS // parts, (part + 1) * BITS // parts
        word = value >> start & ((1 << (stop - start)) - 1)
        # The number of images is part of the word: only samples of as many are alike.
        head = _HEAD.pack(part, len(hashes))
        for flipped in (0, *(1 << bit for bit in range(stop - start))) if distance else (0,):
            yield head + (word ^ flipped).to_bytes(BYTES, "big"), hashes + node


def within(word: bytes, group: Iterable[bytes], distance: int) -> Iterator[bytes]:
    """Yields edges between those of a group whose images are, one by one, within a distance.

    Args:
        word: what they share, as `by_parts` gives it.
        group: hashes of a sample's images, each followed by its packed node.
        distance: largest number of bits that differ.
    """
    members = sorted(set(group))
    if len(members) < 2:
        return
    size = _HEAD.unpack_from(word)[1]
    hashes = np.frombuffer(b"".join(each[:size] for each in members), ">u8").astype(np.uint64)
    for one, other in _reach(hashes.reshape(len(members), -1), distance):
        yield pair(members[one][size:], members[other][size:])


def _reach(values: NDArray[np.uint64], distance: int) -> Iterator[tuple[int, int]]:
    """Yields the places of pairs of rows whose numbers are, one by one, within a distance."""
    for start in range(0, len(values), _BLOCK):
        block = values[start : start + _BLOCK]
        apart = np.bitwise_count(block[:, None] ^ values[None, start:]).max(axis=2)
        for one, other in np.argwhere(apart <= distance):
            if one < other:
                yield start + int(one), start + int(other)
