"""Chance that depends on keys alone: the same seed and key give the same number everywhere."""

import hashlib


def rank(seed: int, *names: str) -> float:
    """Returns a number from 0 up to, not including, 1.

    >>> round(rank(0, "laion-00a1"), 6) == round(rank(0, "laion-00a1"), 6)
    True
    """
    digest = hashlib.sha256("\n".join([str(seed), *names]).encode()).digest()
    return int.from_bytes(digest[:7], "big") / 2**56


def copies(seed: int, key: str, repeats: float) -> int:
    """Returns how often a sample is taken so that on average it is taken `repeats` times.

    For workers that see one sample at a time. `mixtures.select` meets a budget exactly instead.

    Args:
        seed: another one takes other samples.
        key: of the sample.
        repeats: below 1, the share of samples to keep; above, how often each is used.
    """
    if repeats < 0:
        raise ValueError(f"a sample cannot be taken {repeats} times; expected 0 or more")
    return int(repeats) + (rank(seed, "copies", key) < repeats - int(repeats))
