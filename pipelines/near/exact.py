"""Likeness of texts without an estimate: the Jaccard index of their shingles, read where they lie.

Of a very long text the smallest shingles stand for all, the same for both of a pair, so that what
is in memory is bounded: above 8,192 shingles the index is off by about half a per cent.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipelines import store
from pipelines.layout import Layout
from pipelines.measures.words import words
from pipelines.near.nodes import Node, ends, is_earlier, unpack
from pipelines.near.shingles import Hashes, shingles
from pipelines.staged_texts import read_text

# Shingles that stand for a text, pairs whose texts are in memory, rows of a facts file.
_MOST, _PAIRS, _ROWS = 8192, 2000, 4096
_PLACE = ("offset", "member_names", "member_offsets", "member_sizes")


def alike(
    pairs: Iterable[tuple[bytes, float]], threshold: float, layout: Layout
) -> Iterator[bytes]:
    """Yields the edges whose ends are alike enough.

    Args:
        pairs: edges, each with the estimate of its likeness.
        threshold: Jaccard index from which on two texts are alike.
        layout: of the build.
    """
    read = []
    for edge, estimate in pairs:
        if not is_earlier(ends(edge)[0]):
            read.append(edge)
        elif estimate >= threshold:
            # Of what was there before only the signature is left.
            yield edge
    # Neighbours in this order share units.
    read.sort()
    for start in range(0, len(read), _PAIRS):
        yield from _compared(read[start : start + _PAIRS], threshold, layout)


def _compared(edges: list[bytes], threshold: float, layout: Layout) -> Iterator[bytes]:
    known = {packed: unpack(packed) for edge in edges for packed in ends(edge)}
    found = read_shingles(known.values(), layout)
    for edge in edges:
        low, high = (known[packed] for packed in ends(edge))
        both = found[low.unit, low.offset], found[high.unit, high.offset]
        if jaccard(*both) >= threshold:
            yield edge


def read_shingles(nodes: Iterable[Node], layout: Layout) -> dict[tuple[str, int], Hashes]:
    """Reads the shingles of some samples, by unit and place in its tar."""
    wanted: dict[tuple[str, str], set[int]] = defaultdict(set)
    for node in nodes:
        wanted[node.unit, node.attempt].add(node.offset)
    found = {}
    for (unit, attempt), offsets in sorted(wanted.items()):
        with (
            store.open_ranges(layout.staged(unit, f"{attempt}.tar")) as texts,
            store.open_file(layout.staged(unit, f"{attempt}.parquet")) as stream,
        ):
            asked = pa.array(sorted(offsets), pa.int64())
            for batch in pq.ParquetFile(stream).iter_batches(_ROWS, columns=list(_PLACE)):
                for facts in batch.filter(pc.is_in(batch["offset"], asked)).to_pylist():
                    made = shingles(words(read_text(texts, facts)))
                    found[unit, facts["offset"]] = made[:_MOST]
    return found


def jaccard(ours: Hashes, theirs: Hashes) -> float:
    """Returns the Jaccard index of the shingles that stand for two texts.

    >>> jaccard(np.arange(3, dtype=np.uint32), np.arange(4, dtype=np.uint32))
    0.75
    """
    if _MOST in (len(ours), len(theirs)):
        # Of the union only the smallest are known of both.
        limit = min(each[-1] for each in (ours, theirs) if len(each) == _MOST)
        ours, theirs = ours[ours <= limit], theirs[theirs <= limit]
    both = len(np.intersect1d(ours, theirs, assume_unique=True))
    return both / (len(ours) + len(theirs) - both)
