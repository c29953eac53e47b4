"""Bands: parts of signatures that are likely equal where texts are alike enough."""

from collections.abc import Iterator
from functools import cache

from datasketch import MinHashLSH

from pipelines.near.minhash import PERMUTATIONS


@cache
def optimum(threshold: float, verified: bool) -> tuple[int, int]:
    """Returns how many bands, of how many numbers each, find pairs from a likeness on.

    By datasketch's optimum. Where candidates are verified, a pair that is missed weighs 19 times a
    candidate too many; without that they weigh the same.

    >>> optimum(0.8, True), optimum(0.8, False)
    ((25, 10), (17, 15))
    """
    weights = (0.05, 0.95) if verified else (0.5, 0.5)
    best = MinHashLSH(threshold=threshold, num_perm=PERMUTATIONS, weights=weights)
    return best.b, best.r


def bands(packed: bytes, count: int, size: int) -> Iterator[bytes]:
    """Yields the bands of a signature, each with its number before it."""
    for number in range(count):
        yield number.to_bytes(2, "big") + packed[4 * size * number : 4 * size * (number + 1)]
