"""Near-duplicates of text: samples whose signatures share a band, and are alike enough."""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import compress

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pipelines.layout import Layout
from pipelines.near import exact, minhash
from pipelines.near.arrays import Numbers
from pipelines.near.bands import ALL_PAIRS, band_hashes, optimum, order_of
from pipelines.near.likeness import Signatures
from pipelines.near.pairs import Bands, FindPairs
from pipelines.recipe import NearTexts

COLUMN = "minhash"
# Standard errors of an estimate: what is further below the threshold is not worth reading.
_ERRORS = 4


def signatures(layout: Layout) -> Signatures:
    """Returns where the signatures of texts are."""
    return Signatures(layout=layout, column=COLUMN, estimates=minhash.estimates)


@dataclass(slots=True, kw_only=True)
class FindTextPairs(FindPairs):
    """Pairs of samples with nearly the same text.

    Attributes:
        wanted: what counts as alike, and where.
    """

    wanted: NearTexts

    @property
    def known(self) -> Signatures:
        """Signatures of texts."""
        return signatures(self.pool.layout)

    @property
    def columns(self) -> list[str]:
        """What `looked_at` needs."""
        return ["category", "images"]

    @property
    def all_pairs(self) -> int:
        """None where nothing is verified: what shares a band is joined as it is."""
        return 0 if self.wanted.verify == "none" else ALL_PAIRS

    def chosen(self, facts: pa.RecordBatch) -> NDArray[np.bool_]:
        """Returns which samples have text that is theirs alone."""
        return looked_at(facts, self.wanted)

    def bands(self, signatures: pa.Array, samples: Numbers) -> Bands:
        """Returns the bands by datasketch's optimum."""
        count, size = optimum(self.wanted.threshold, self.wanted.verify)
        matrix = minhash.matrix(signatures)
        hashes = band_hashes(matrix, count, size).ravel()
        return hashes, np.repeat(order_of(matrix), count), np.repeat(samples, count)

    def alike(self, pairs: Iterable[bytes], likenesses: NDArray[np.float64]) -> Iterator[bytes]:
        """Yields the pairs that are alike enough, as the settings have it verified."""
        threshold = self.wanted.threshold
        if self.wanted.verify == "none":
            yield from pairs
        elif self.wanted.verify == "estimate":
            yield from compress(pairs, likenesses >= threshold)
        else:
            worth = compress(zip(pairs, likenesses, strict=True), likenesses >= least(threshold))
            yield from exact.alike(worth, threshold, self.pool.layout)


def least(threshold: float) -> float:
    """Returns the estimate from which on a pair may be at a threshold, and is worth reading."""
    return threshold - _ERRORS * math.sqrt(threshold * (1 - threshold) / minhash.PERMUTATIONS)


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
