"""Words of a text as hashes and lengths: what shingles and measures of repetition are made of.

A word is a run of letters, digits and marks, but each character of a script that writes no blanks
between words (Chinese, Japanese, Thai, ...) is a word of its own: mixed text needs no decision. The
whole is a few passes of numpy over the characters, as every text that is read goes through it.
"""

import sys
import unicodedata
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

# First and last character of the scripts that are cut into characters: Thai to Tibetan, Myanmar,
# Khmer, kana, Han, and Han beyond the first 65,536 characters.
_UNSPACED = (
    (0x0E00, 0x0FFF), (0x1000, 0x109F), (0x1780, 0x17FF), (0x3040, 0x30FF), (0x3400, 0x4DBF),
    (0x4E00, 0x9FFF), (0xF900, 0xFAFF), (0x20000, 0x3FFFF),
)  # fmt: skip
_BLANK, _LETTER, _ALONE = 0, 1, 2
# Odd multipliers with well spread bits: place in a word, and place of a word in a run.
_IN_WORD = 0x9E3779B97F4A7C15
_IN_RUN = 0xC2B2AE3D27D4EB4F
# Powers that are kept: 1 MB.
_KEPT = 1 << 17

Longs = NDArray[np.uint64]


class Words(NamedTuple):
    """The words of a text, in order.

    Attributes:
        hashes: 64 bits each.
        lengths: in characters, once case, width and forms are made one.
        alone: whether each is a character of a script without blanks.
    """

    hashes: Longs
    lengths: NDArray[np.int64]
    alone: NDArray[np.bool_]


def words(text: str) -> Words:
    """Returns the words of a text; case, punctuation, width and white space make no difference.

    >>> words("One, two: 三四").lengths.tolist()
    [3, 3, 1, 1]
    """
    if text.isascii():
        codes: NDArray[Any] = np.frombuffer(text.lower().encode(), np.uint8)
    else:
        plain = unicodedata.normalize("NFKC", text).lower()
        codes = np.frombuffer(plain.encode("utf-32-le", "surrogatepass"), "<u4")
    kinds = _kinds()[codes]
    letters = kinds == _LETTER
    begins = kinds == _ALONE
    begins[:1] |= letters[:1]
    begins[1:] |= letters[1:] > letters[:-1]
    starts = np.flatnonzero(begins)
    if not len(starts):
        return Words(np.empty(0, np.uint64), np.empty(0, np.int64), np.empty(0, np.bool_))
    # A word's sum is over its characters times powers by their places in it: here by their places
    # in the text, and divided by the power of where it starts. Blanks add nothing.
    powers, inverses = _tables(len(codes))
    values = _values(codes, kinds)
    values *= powers[: len(codes)]
    sums = np.add.reduceat(values, starts)
    sums *= inverses[starts]
    lengths = np.add.reduceat(kinds != _BLANK, starts, dtype=np.int64)
    return Words(mixed(sums), lengths, kinds[starts] == _ALONE)


def runs(hashes: Longs, size: int) -> Longs:
    """Returns a hash of each run of so many words; none if there are fewer words."""
    count = max(0, len(hashes) - size + 1)
    sums = np.zeros(count, np.uint64)
    for place, factor in enumerate(run_powers(size)):
        sums += hashes[place : place + count] * factor
    return mixed(sums)


def _powers(base: int, count: int) -> Longs:
    """The first powers of an odd number, modulo 2^64."""
    factors = np.full(count, base, np.uint64)
    factors[:1] = 1
    return np.multiply.accumulate(factors)


@cache
def run_powers(count: int) -> Longs:
    """Returns the factor of each word of a run, by its place."""
    return _powers(_IN_RUN, count)


def _tables(count: int) -> tuple[Longs, Longs]:
    """At least so many powers of the multiplier for places in words, and of its inverse."""
    # Few texts are longer, and such take as long otherwise: their powers are not kept.
    size = 1 << max(12, (count - 1).bit_length())
    return _kept_tables(size) if size <= _KEPT else _new_tables(count)


@cache
def _kept_tables(count: int) -> tuple[Longs, Longs]:
    return _new_tables(count)


def _new_tables(count: int) -> tuple[Longs, Longs]:
    return _powers(_IN_WORD, count), _powers(pow(_IN_WORD, -1, 1 << 64), count)


def _values(codes: NDArray[Any], kinds: NDArray[np.uint8]) -> Longs:
    """What each character adds to its word."""
    if codes.dtype == np.uint8:
        return _ascii_values()[codes]
    values = mixed(codes.astype(np.uint64))
    values[kinds == _BLANK] = 0
    return values


@cache
def _ascii_values() -> Longs:
    values = mixed(np.arange(128, dtype=np.uint64))
    values[_kinds()[:128] == _BLANK] = 0
    return values


def mixed(values: Longs) -> Longs:
    """Returns MurmurHash3's finaliser of values: each bit decides about each bit of the result."""
    values = values ^ (values >> np.uint64(33))
    values *= np.uint64(0xFF51AFD7ED558CCD)
    values ^= values >> np.uint64(33)
    values *= np.uint64(0xC4CEB9FE1A85EC53)
    values ^= values >> np.uint64(33)
    return values


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
