"""How numbers are spread over many samples, in bounded memory, and which lie nearest to a bound."""

import heapq
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipelines.corpus.state import Corpus, batches
from pipelines.facts import NUMBERS
from pipelines.recipe import Filter

PLACE = ["key", "offset", "member_names", "member_offsets", "member_sizes"]
# Samples on either side of a bound.
NEAREST = 10
# Bits of a float that do not count: what is left tells numbers that differ by an 8,000th.
_DROPPED = 10
_HALF = 1 << (_DROPPED - 1)
# So many numbers wait before they are counted.
_WAITING = 1 << 18

Numbers = NDArray[np.float64]


@dataclass(slots=True)
class Spread:
    """Counts of numbers by their first digits: the same whatever the order they come in.

    Attributes:
        count: of numbers.
        least: smallest of them, exactly.
        most: largest.
    """

    count: int = 0
    least: float = np.inf
    most: float = -np.inf
    _bins: NDArray[np.uint32] = field(default_factory=lambda: np.empty(0, np.uint32))
    _counts: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    _new: list[NDArray[np.uint32]] = field(default_factory=list)
    _waiting: int = 0

    def add(self, numbers: Numbers) -> None:
        """Counts numbers, of which there is at least one."""
        self.count += len(numbers)
        self.least = min(self.least, float(numbers.min()))
        self.most = max(self.most, float(numbers.max()))
        bits = numbers.astype(np.float32).view(np.uint32)
        self._new.append(np.right_shift(bits, _DROPPED, dtype=np.uint32))
        self._waiting += len(numbers)
        if self._waiting > _WAITING:
            self._settle()

    def ranked(self) -> tuple[Numbers, NDArray[np.int64]]:
        """Returns the numbers there are, in order, about, and how often each comes."""
        self._settle()
        bits = (self._bins << np.uint32(_DROPPED)) | np.uint32(_HALF)
        numbers = np.where(self._bins == 0, np.float32(0), bits.view(np.float32))
        order = np.argsort(numbers, kind="stable")
        found = numbers[order].astype(np.float64)
        return np.clip(found, self.least, self.most), self._counts[order]

    def quantiles(self, shares: tuple[float, ...]) -> list[float]:
        """Returns the numbers below which some shares of all lie, the ends exactly.

        >>> spread = Spread()
        >>> spread.add(np.array([3.0, 1.0, 9.0]))
        >>> [round(number, 3) for number in spread.quantiles((0, 0.5, 1))]
        [1.0, 3.0, 9.0]
        """
        numbers, counts = self.ranked()
        places = np.rint(np.array(shares) * (self.count - 1))
        found = numbers[np.searchsorted(np.cumsum(counts), places, side="right")].tolist()
        ends = {0: self.least, 1: self.most}
        return [
            ends.get(int(s), n) if s in (0, 1) else n for s, n in zip(shares, found, strict=True)
        ]

    def _settle(self) -> None:
        if self._new:
            bins, place = np.unique(np.concatenate([self._bins, *self._new]), return_inverse=True)
            more = np.ones(self._waiting, np.int64)
            weights = np.concatenate([self._counts, more])
            self._counts = np.bincount(place, weights=weights).astype(np.int64)
            self._bins, self._new, self._waiting = bins, [], 0


# A sample near a bound: distance, key, tar and place, by which it is chosen, and its facts.
_Near = tuple[float, str, str, int, dict[str, Any]]


@dataclass(slots=True)
class Edge:
    """What a filter with bounds would drop, and the samples nearest to its bound.

    Attributes:
        filter: with one bound at least; of two the nearest to either count.
        seen: by entry, samples that it looks at.
        dropped: by entry, those that it would drop.
    """

    filter: Filter
    seen: dict[str, int] = field(default_factory=dict)
    dropped: dict[str, int] = field(default_factory=dict)
    _near: dict[bool, list[_Near]] = field(default_factory=lambda: {False: [], True: []})

    def add(self, entry: str, tar: str, batch: pa.RecordBatch) -> None:
        """Looks at a batch of facts of an entry."""
        asked = self.filter
        if asked.fact not in batch.schema.names or asked.stanza not in (None, entry):
            return
        numbers = _numbers(batch[asked.fact])
        there = ~np.isnan(numbers)
        if asked.category is not None:
            there &= np.asarray(batch["category"].to_pylist(), dtype=object) == asked.category
        low = -np.inf if asked.min is None else asked.min
        high = np.inf if asked.max is None else asked.max
        goes = there & ((numbers < low) | (numbers > high))
        self.seen[entry] = self.seen.get(entry, 0) + int(there.sum())
        self.dropped[entry] = self.dropped.get(entry, 0) + int(goes.sum())
        far = np.minimum(np.abs(numbers - low), np.abs(numbers - high))
        for side in (False, True):
            self._keep(side, far, np.flatnonzero(there & (goes == side)), tar, batch)

    def nearest(self) -> list[tuple[bool, str, dict[str, Any]]]:
        """Returns the nearest on either side: whether it goes, its tar, its facts, in order."""
        found = [(side, tar, row) for side, near in self._near.items() for *_, tar, _, row in near]
        fact = self.filter.fact
        return sorted(found, key=lambda each: (each[2][fact], each[2]["key"]))

    def _keep(
        self, side: bool, far: Numbers, rows: NDArray[np.intp], tar: str, batch: pa.RecordBatch
    ) -> None:
        held = self._near[side]
        limit = held[-1][0] if len(held) == NEAREST else np.inf
        rows = rows[far[rows] <= limit]
        if len(rows) > NEAREST:
            # Equally near ones are chosen by their keys, so all of these are looked at.
            rows = rows[far[rows] <= np.partition(far[rows], NEAREST - 1)[NEAREST - 1]]
        taken = batch.take(pa.array(rows, pa.int64())).to_pylist() if len(rows) else []
        more = [
            (float(far[place]), row["key"], tar, row["offset"], row)
            for place, row in zip(rows, taken, strict=True)
        ]
        self._near[side] = heapq.nsmallest(NEAREST, [*held, *more], key=lambda each: each[:4])


def gather(
    corpus: Corpus, filters: list[Filter]
) -> tuple[dict[str, dict[str, Spread]], list[Edge]]:
    """Returns, from one pass over staged facts, spreads by fact and entry, and edges of filters."""
    spreads: dict[str, dict[str, Spread]] = {}
    edges = [Edge(each) for each in filters]
    for receipt in corpus.receipts():
        tar, entry = receipt.path(corpus.layout, "tar"), receipt.stanza
        path = receipt.path(corpus.layout, "parquet")
        for batch in batches(path, [*NUMBERS, *PLACE, "category"]):
            for edge in edges:
                edge.add(entry, tar, batch)
            for fact in (each for each in NUMBERS if each in batch.schema.names):
                numbers = _numbers(batch[fact].drop_null())
                if len(numbers):
                    spreads.setdefault(fact, {}).setdefault(entry, Spread()).add(numbers)
    return {fact: dict(sorted(found.items())) for fact, found in sorted(spreads.items())}, edges


def _numbers(column: pa.Array) -> Numbers:
    numbers: Numbers = column.cast(pa.float64()).to_numpy(zero_copy_only=False)
    return numbers
