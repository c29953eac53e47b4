"""Shingles: a text as the set of its runs of words, each run a 32-bit hash.

A word is a run of letters, digits and marks, but each character of a script that writes no blanks
between words (Chinese, Japanese, Thai, ...) is a word of its own. So Chinese text gives shingles of
characters and mixed text needs no decision. The whole is a few passes of numpy over the characters,
as signatures are made of every text that is read.
"""

import sys
import unicodedata
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

WORDS = 5  # words a shingle; PARAMETERS of minhash.py tell the manifest

# First and last character of the scripts that are cut into characters: Thai to Tibetan, Myanmar,
# Khmer, kana, Han, and Han beyond the first 65,536 characters.
_UNSPACED = (
    (0x0E00, 0x0FFF), (0x1000, 0x109F), (0x1780, 0x17FF), (0x3040, 0x30FF), (0x3400, 0x4DBF),
    (0x4E00, 0x9FFF), (0xF900, 0xFAFF), (0x20000, 0x3FFFF),
)  # fmt: skip
_BLANK, _LETTER, _ALONE = 0, 1, 2
# Odd multipliers with well spread bits: place in a word, and place of a word in its shingle.
_IN_WORD = np.uint64(0x9E3779B97F4A7C15)
_IN_SHINGLE = np.uint64(0xC2B2AE3D27D4EB4F)

Hashes = NDArray[np.uint32]
_Longs = NDArray[np.uint64]


def shingles(text: str) -> Hashes:
    """Returns the hashes of a text's shingles, sorted, each once; a short text is one shingle.

    Case, punctuation, width and white space make no difference.

    >>> bool((shingles("One, two three.") == shingles("one TWO three")).all())
    True
    >>> len(shingles("a b c d e f")), len(shingles("一二三四五六")), len(shingles("... !"))
    (2, 2, 0)
    """
    words = _word_hashes(text)
    if not len(words):
        return np.empty(0, np.uint32)
    size = min(WORDS, len(words))
    count = len(words) - size + 1
    sums = np.zeros(count, np.uint64)
    for place, factor in enumerate(_powers(_IN_SHINGLE, size)):
        sums += words[place : place + count] * factor
    return np.unique((_mixed(sums) >> np.uint64(32)).astype(np.uint32))


def _word_hashes(text: str) -> _Longs:
    """Hashes of the words of a text, in order."""
    if text.isascii():
        codes: NDArray[Any] = np.frombuffer(text.lower().encode(), np.uint8)
    else:
        plain = unicodedata.normalize("NFKC", text).lower()
        codes = np.frombuffer(plain.encode("utf-32-le", "surrogatepass"), "<u4")
    kinds = _kinds()[codes]
    before = np.empty_like(kinds)
    before[:1] = _BLANK
    before[1:] = kinds[:-1]
    begins = (kinds == _ALONE) | ((kinds == _LETTER) & (before != _LETTER))
    starts = np.flatnonzero(begins)
    if not len(starts):
        return np.empty(0, np.uint64)
    lengths = np.diff(starts, append=len(codes))
    places = np.arange(starts[0], len(codes)) - np.repeat(starts, lengths)
    values = _mixed(codes[starts[0] :].astype(np.uint64)) * (kinds[starts[0] :] != _BLANK)
    # Blanks behind a word add nothing to its sum.
    values *= _powers(_IN_WORD, int(lengths.max()))[places]
    return _mixed(np.add.reduceat(values, starts - starts[0]))


def _powers(base: np.uint64, count: int) -> _Longs:
    """The first powers of an odd number, modulo 2^64."""
    factors = np.full(count, base)
    factors[:1] = 1
    return np.multiply.accumulate(factors)


def _mixed(values: _Longs) -> _Longs:
    """MurmurHash3's finaliser: every bit of a value decides about every bit of the result."""
    values = (values ^ (values >> np.uint64(33))) * np.uint64(0xFF51AFD7ED558CCD)
    values = (values ^ (values >> np.uint64(33))) * np.uint64(0xC4CEB9FE1A85EC53)
    return values ^ (values >> np.uint64(33))


@cache
def _kinds() -> NDArray[np.uint8]:
    """What each character is: part of a word, a word alone, or neither."""
    kinds: NDArray[Any] = np.zeros(sys.maxunicode + 1, np.uint8)
    # Nothing behind this point but Han and private use.
    for code in range(0x20000):
        if unicodedata.category(chr(code))[0] in "LNM":
            kinds[code] = _LETTER
    for first, last in _UNSPACED:
        kinds[first : last + 1][kinds[first : last + 1] == _LETTER] = _ALONE
    kinds[0x20000:0x40000] = _ALONE
    return kinds
