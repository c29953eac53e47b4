"""Near-duplicates of pictures by their thumbnails: found at edits that a hash does not forgive."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import compress

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pipelines.layout import Layout
from pipelines.near import thumbnails
from pipelines.near.arrays import Numbers
from pipelines.near.likeness import Signatures
from pipelines.near.pairs import Bands, FindPairs
from pipelines.recipe import NearImages

COLUMN = "thumbnails"


def signatures(layout: Layout) -> Signatures:
    """Returns where the thumbnails are."""
    return Signatures(layout=layout, column=COLUMN, estimates=thumbnails.likenesses)


@dataclass(slots=True, kw_only=True)
class FindLookPairs(FindPairs):
    """Pairs of samples whose images, one by one, look nearly the same.

    Attributes:
        wanted: what counts as alike, and where.
    """

    wanted: NearImages

    @property
    def known(self) -> Signatures:
        """Thumbnails."""
        return signatures(self.pool.layout)

    @property
    def columns(self) -> list[str]:
        """What `chosen` needs."""
        return ["category", "min_entropy"]

    def chosen(self, facts: pa.RecordBatch) -> NDArray[np.bool_]:
        """Returns which samples have pictures with enough to see."""
        found = pc.is_valid(facts[COLUMN])
        # What holds hardly anything, such as a formula on a page, is like all others of its kind.
        entropy = pc.greater_equal(facts["min_entropy"], self.wanted.least_entropy)
        categories = pc.is_in(facts["category"], pa.array(self.wanted.categories))
        chosen = pc.and_(pc.and_(found, categories), pc.fill_null(entropy, False))
        return np.asarray(chosen.to_numpy(zero_copy_only=False), np.bool_)

    def bands(self, signatures: pa.Array, samples: Numbers) -> Bands:
        """Returns the bands of the first picture of each sample."""
        return thumbnails.bands(signatures, samples)

    def alike(self, pairs: Iterable[bytes], likenesses: NDArray[np.float64]) -> Iterator[bytes]:
        """Yields the pairs that are alike enough."""
        return compress(pairs, likenesses >= self.wanted.likeness)
