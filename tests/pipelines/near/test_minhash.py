"""Signatures are datasketch's, to the bit, and bands find what is alike."""

import random

import numpy as np
import pytest
from datasketch import MinHash

from pipelines.near.bands import bands, optimum
from pipelines.near.minhash import BYTES, LEAST, PERMUTATIONS, SEED, estimate, signature


def hashes(seed: int, count: int) -> np.ndarray:
    noise = random.Random(seed)
    return np.array(sorted(noise.sample(range(2**32), count)), np.uint32)


def theirs(values: np.ndarray) -> MinHash:
    made = MinHash(num_perm=PERMUTATIONS, seed=SEED, hashfunc=int)
    made.update_batch(values.tolist())
    return made


@pytest.mark.parametrize("count", [LEAST, 255, 256, 257, 2000])
def test_signatures_are_those_of_datasketch(count: int) -> None:
    values = hashes(count, count)
    packed = signature(values)
    assert packed is not None and len(packed) == BYTES
    assert np.frombuffer(packed, "<u4").tolist() == theirs(values).hashvalues.tolist()


def test_estimates_are_those_of_datasketch_and_near_the_truth() -> None:
    for shared in (200, 500, 900):
        pool = hashes(shared, 2000 - shared)
        one, other = pool[:1000], pool[1000 - shared :]
        truth = shared / len(pool)
        packed = [signature(each) for each in (one, other)]
        assert packed[0] is not None and packed[1] is not None
        guess = estimate(packed[0], packed[1])
        assert guess == theirs(one).jaccard(theirs(other))
        assert abs(guess - truth) < 4 * (truth * (1 - truth) / PERMUTATIONS) ** 0.5


def test_few_shingles_have_no_signature() -> None:
    assert signature(hashes(0, LEAST - 1)) is None


def test_bands_are_parts_with_their_numbers() -> None:
    count, size = optimum(0.8, verified=True)
    packed = signature(hashes(0, 50))
    assert packed is not None
    parts = list(bands(packed, count, size))
    assert len(set(parts)) == count and {len(part) for part in parts} == {2 + 4 * size}
    assert b"".join(part[2:] for part in parts) == packed[: 4 * size * count]


def test_verified_bands_miss_less_than_they_may() -> None:
    for threshold in (0.5, 0.7, 0.8, 0.9):
        count, size = optimum(threshold, verified=True)
        likeness = threshold + 0.05
        assert 1 - (1 - likeness**size) ** count >= 0.99
