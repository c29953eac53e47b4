"""Bands: parts of signatures that are likely equal where texts are alike enough."""

from functools import cache

import numpy as np
from numpy.typing import NDArray

from pipelines.measures.words import mixed
from pipelines.near.arrays import Numbers, Places
from pipelines.near.minhash import PERMUTATIONS

# Up to so many members, all pairs of a bucket are compared; above, each with the first.
ALL_PAIRS = 32
# Odd, with well spread bits.
_FACTOR = 0x9E3779B97F4A7C15

# Above this there would be a single band, which datasketch refuses.
_HIGHEST = 0.98
# What a candidate too many and a missed pair weigh, by how candidates are verified: what is read
# again must first be found.
_WEIGHTS = {"none": (0.5, 0.5), "estimate": (0.05, 0.95), "exact": (0.005, 0.995)}


@cache
def optimum(threshold: float, verify: str) -> tuple[int, int]:
    """Returns how many bands, of how many numbers each, find pairs from a likeness on.

    By datasketch's optimum. At the threshold itself, 99.6% of pairs share one of (30, 8) bands,
    94% one of (25, 10).

    >>> optimum(0.8, "exact"), optimum(0.8, "estimate"), optimum(0.8, "none")
    ((30, 8), (25, 10), (17, 15))
    """
    # Takes a fifth of a second to load, in every process of every build.
    from datasketch import MinHashLSH

    threshold = min(threshold, _HIGHEST)
    best = MinHashLSH(threshold=threshold, num_perm=PERMUTATIONS, weights=_WEIGHTS[verify])
    return best.b, best.r


def band_hashes(signatures: NDArray[np.uint32], count: int, size: int) -> Numbers:
    """Returns 64 bits for each band of each signature; its number is part of a band.

    Bands that differ have the same with a chance of one in 2^64: among the 250 million bands of
    ten million texts that is one pair too many in six hundred corpora.
    """
    parts = signatures[:, : count * size].reshape(len(signatures), count, size)
    found = np.tile(np.arange(1, count + 1, dtype=np.uint64), (len(signatures), 1))
    for place in range(size):
        found = (found ^ parts[:, :, place]) * np.uint64(_FACTOR)
        found ^= found >> np.uint64(32)
    return mixed(found)


def order_of(signatures: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """Returns a number for each signature by which those of a bucket are put in order."""
    # Of what the texts say, so that it does not hang on where they lie.
    return (mixed(signatures[:, :2].astype(np.uint64).sum(axis=1)) >> np.uint64(32)).astype("<u4")


def pair_up(
    hashes: Numbers, orders: NDArray[np.uint32], samples: Numbers, *, all_pairs: int
) -> tuple[Numbers, Numbers]:
    """Returns the candidate pairs of samples, each once, the smaller number first.

    Args:
        hashes: of bands.
        orders: of the sample of each.
        samples: the sample of each.
        all_pairs: up to how many members all pairs of a bucket count; above, the pairs of each with
            the first in order, which join the same samples, and with the next, as equals are
            neighbours. For 0 only the first counts: nothing is verified.
    """
    by_hash = np.argsort(hashes)
    ranked = hashes[by_hash]
    same = ranked[1:] == ranked[:-1]
    twice = np.zeros(len(ranked), np.bool_)
    twice[1:] |= same
    twice[:-1] |= same
    shared = by_hash[twice]
    shared = shared[np.lexsort((samples[shared], orders[shared], hashes[shared]))]
    begins = np.flatnonzero(np.insert(np.diff(hashes[shared]) != 0, 0, True))[: len(shared)]
    sizes = np.diff(begins, append=len(shared))
    ones, others = [samples[:0]], [samples[:0]]
    for size in np.unique(sizes).tolist():
        members = samples[shared[begins[sizes == size, None] + np.arange(size)]]
        one, other = np.triu_indices(size, 1) if size <= all_pairs else _star(size, all_pairs > 0)
        ones.append(members[:, one].ravel())
        others.append(members[:, other].ravel())
    one, other = np.concatenate(ones), np.concatenate(others)
    return distinct(np.minimum(one, other), np.maximum(one, other))


def distinct(low: Numbers, high: Numbers) -> tuple[Numbers, Numbers]:
    """Returns pairs of numbers in order, each once."""
    order = np.lexsort((high, low))
    low, high = low[order], high[order]
    new = np.ones(len(low), np.bool_)
    new[1:] = (low[1:] != low[:-1]) | (high[1:] != high[:-1])
    return low[new], high[new]


def _star(size: int, neighbours: bool) -> tuple[Places, Places]:
    one, other = np.zeros(size - 1, np.int64), np.arange(1, size)
    if not neighbours:
        return one, other
    return np.append(one, other[:-1]), np.append(other, other[1:])
