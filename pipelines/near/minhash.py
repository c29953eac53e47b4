"""MinHash: a signature of fixed size from which the likeness of two texts can be estimated.

The numbers are those of datasketch 2's scheme `affine32` over our hashes of shingles: signatures
are equal to the bit, made a few times faster, and do not change with the library.
"""

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.near.shingles import WORDS, Hashes

PERMUTATIONS = 256
SEED = 1
# Texts of fewer shingles have no signature: one changed word would change half of them.
LEAST = 10
# What signatures depend on; the manifest keeps it.
PARAMETERS = {
    "scheme": "affine32",
    "seed": SEED,
    "permutations": PERMUTATIONS,
    "words": WORDS,
    "least_shingles": LEAST,
}
BYTES = 4 * PERMUTATIONS
# Hashes whose permutations are held at once: 256 kB, which stays in a core's own cache.
_BLOCK = 256

Signature = NDArray[np.uint32]


def signature(hashes: Hashes) -> bytes | None:
    """Returns the signature of a set of shingles, or None if they are too few to compare."""
    if len(hashes) < LEAST:
        return None
    mixed, (factors, terms) = _mixed(hashes), _permutations()
    lowest = np.full(PERMUTATIONS, 0xFFFFFFFF, np.uint32)
    for start in range(0, len(mixed), _BLOCK):
        permuted = mixed[start : start + _BLOCK, None] * factors
        permuted += terms
        np.minimum(lowest, permuted.min(axis=0), out=lowest)
    return lowest.astype("<u4").tobytes()


def estimate(one: bytes, other: bytes) -> float:
    """Returns the estimated Jaccard index of what two signatures were made of."""
    same = np.frombuffer(one, "<u4") == np.frombuffer(other, "<u4")
    return int(np.count_nonzero(same)) / PERMUTATIONS


def estimates(ones: Any, others: Any) -> NDArray[np.float64]:
    """Returns the estimate for each two in Arrow columns of signatures."""
    found = np.empty(len(ones))
    for start in range(0, len(ones), _BLOCK):
        pair = (matrix(each[start : start + _BLOCK]) for each in (ones, others))
        found[start : start + _BLOCK] = np.equal(*pair).mean(axis=1)
    return found


def matrix(column: Any) -> Signature:
    """Returns an Arrow column of signatures as rows of numbers."""
    joined = b"".join(column.to_pylist())
    return np.frombuffer(joined, "<u4").reshape(-1, PERMUTATIONS)


def _mixed(hashes: Hashes) -> Hashes:
    """MurmurHash3's finaliser for 32 bits, as datasketch mixes before it permutes."""
    hashes = (hashes ^ (hashes >> np.uint32(16))) * np.uint32(0x85EBCA6B)
    hashes = (hashes ^ (hashes >> np.uint32(13))) * np.uint32(0xC2B2AE35)
    return hashes ^ (hashes >> np.uint32(16))


@cache
def _permutations() -> tuple[Signature, Signature]:
    """Factors, all odd, and terms; numpy keeps the sequence of this generator for ever."""
    noise: Any = np.random.RandomState(SEED)
    factors = noise.randint(0, 1 << 31, PERMUTATIONS, dtype=np.uint32) * np.uint32(2)
    return factors + np.uint32(1), noise.randint(0, 1 << 32, PERMUTATIONS, dtype=np.uint32)
