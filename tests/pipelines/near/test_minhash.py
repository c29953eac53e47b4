"""Signatures are datasketch's, to the bit, and bands find what is alike."""

import random
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest
from datasketch import MinHash

from pipelines.near.bands import band_hashes, optimum
from pipelines.near.minhash import (
    BYTES,
    LEAST,
    PERMUTATIONS,
    SEED,
    estimate,
    estimates,
    signature,
)


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


def test_columns_are_estimated_as_pairs_are() -> None:
    packed = [signature(hashes(seed, 30 + seed)) for seed in range(600)]
    ones, others = pa.array(packed[:-1]), pa.array(packed[1:])
    wanted = [estimate(one, other) for one, other in pairwise(packed)]  # type: ignore[arg-type]
    assert estimates(ones, others).tolist() == wanted


def test_bands_are_equal_where_their_numbers_are_and_where_they_have_one_place() -> None:
    count, size = 25, 10
    numbers = np.arange(PERMUTATIONS, dtype=np.uint32)
    other = numbers.copy()
    other[[0, 19, 250]] += 1
    one, two, alike = band_hashes(np.stack([numbers, other, numbers * 0]), count, size)
    assert np.flatnonzero(one != two).tolist() == [0, 1]
    assert len(set(alike.tolist())) == count


def test_verified_bands_miss_less_than_they_may() -> None:
    for threshold in (0.5, 0.7, 0.8, 0.9):
        count, size = optimum(threshold, verified=True)
        likeness = threshold + 0.05
        assert 1 - (1 - likeness**size) ** count >= 0.99
