"""Bands: parts of signatures that are likely equal where texts are alike enough."""

from collections.abc import Iterator
from functools import cache

from datasketch import MinHashLSH

from pipelines.near.minhash import PERMUTATIONS

# Above this there would be a single band, which datasketch refuses.
_HIGHEST = 0.98
# What a missed pair weighs against a candidate too many, by how candidates are verified: what is
# read again must first be found.
_WEIGHTS = {"none": (0.5, 0.5), "estimate": (0.05, 0.95), "exact": (0.005, 0.995)}


@cache
def optimum(threshold: float, verify: str) -> tuple[int, int]:
    """Returns how many bands, of how many numbers each, find pairs from a likeness on.

    By datasketch's optimum. At the threshold itself, 99.6% of pairs share one of (30, 8) bands,
    94% one of (25, 10).

    >>> optimum(0.8, "exact"), optimum(0.8, "estimate"), optimum(0.8, "none")
    ((30, 8), (25, 10), (17, 15))
    """
    threshold = min(threshold, _HIGHEST)
    best = MinHashLSH(threshold=threshold, num_perm=PERMUTATIONS, weights=_WEIGHTS[verify])
    return best.b, best.r


def bands(packed: bytes, count: int, size: int) -> Iterator[bytes]:
    """Yields the bands of a signature, each with its number before it."""
    for number in range(count):
        yield number.to_bytes(2, "big") + packed[4 * size * number : 4 * size * (number + 1)]
