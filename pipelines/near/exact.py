"""Likeness of texts without an estimate: the Jaccard index of their shingles, read where they lie.

Of a very long text the smallest shingles stand for all, the same for both of a pair, so that what
crosses a shuffle is bounded: above 8,192 shingles the index is off by about half a per cent.
"""

import numpy as np

from pipelines import store
from pipelines.layout import Layout
from pipelines.measures.words import words
from pipelines.near.likeness import Signatures, batches_at
from pipelines.near.shingles import Hashes, shingles
from pipelines.staged_texts import read_text

# Shingles that stand for a text: 32 kB.
_MOST = 8192
_PLACE = ("offset", "member_names", "member_offsets", "member_sizes")


def signatures(layout: Layout) -> Signatures:
    """Returns where the shingles of texts are."""
    return Signatures(layout=layout, column="", estimate=jaccard, look_up=read_shingles)


def read_shingles(known: Signatures, unit: str, attempt: str, wanted: set[int]) -> dict[int, bytes]:
    """Reads the shingles of some samples of a unit, by where they lie in its tar."""
    layout, found = known.layout, {}
    with store.open_ranges(layout.staged(unit, f"{attempt}.tar")) as stream:
        for batch in batches_at(layout.staged(unit, f"{attempt}.parquet"), wanted, _PLACE):
            for facts in batch.to_pylist():
                made = shingles(words(read_text(stream, facts)))
                found[facts["offset"]] = pack(made)
    return found


def pack(made: Hashes) -> bytes:
    """Returns the shingles that stand for a text, as bytes; they are sorted."""
    return made[:_MOST].astype("<u4").tobytes()


def jaccard(one: bytes, other: bytes) -> float:
    """Returns the Jaccard index of two texts' shingles.

    >>> three, four = (pack(np.arange(count, dtype=np.uint32)) for count in (3, 4))
    >>> jaccard(three, four)
    0.75
    """
    ours, theirs = np.frombuffer(one, "<u4"), np.frombuffer(other, "<u4")
    if len(ours) == _MOST or len(theirs) == _MOST:
        # Of the union only the smallest are known of both.
        limit = min(each[-1] for each in (ours, theirs) if len(each) == _MOST)
        ours, theirs = ours[ours <= limit], theirs[theirs <= limit]
    both = len(np.intersect1d(ours, theirs, assume_unique=True))
    return both / (len(ours) + len(theirs) - both)
