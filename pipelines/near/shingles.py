"""Shingles: a text as the set of its runs of words, each run a 32-bit hash.

Where a script writes no blanks a word is a character, so Chinese text gives runs of characters.
"""

import numpy as np
from numpy.typing import NDArray

from pipelines.measures.words import Words, runs

WORDS = 5  # words a shingle; PARAMETERS of minhash.py tell the manifest

Hashes = NDArray[np.uint32]


def shingles(words: Words) -> Hashes:
    """Returns the hashes of a text's shingles, sorted, each once; a short text is one shingle.

    >>> from pipelines.measures.words import words
    >>> bool((shingles(words("One, two three.")) == shingles(words("one TWO three"))).all())
    True
    >>> [len(shingles(words(text))) for text in ("a b c d e f", "一二三四五六", "... !")]
    [2, 2, 0]
    """
    size = min(WORDS, len(words.hashes))
    if not size:
        return np.empty(0, np.uint32)
    # Several times faster than `np.unique`.
    ranked = np.sort((runs(words.hashes, size) >> np.uint64(32)).astype(np.uint32))
    new = np.ones(len(ranked), np.bool_)
    np.not_equal(ranked[1:], ranked[:-1], out=new[1:])
    return ranked[new]
