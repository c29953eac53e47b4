"""How much a text repeats itself: the measures of Gopher's repetition filter (its Table A1).

A character counts as repeated from its second time on. Lengths are those of words, without blanks.
"""

from collections.abc import Iterable, Iterator
from itertools import repeat
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipelines.measures.words import Longs, Words, run_powers

Places = NDArray[np.int64]

# In a script without blanks this many characters are about a word: taken singly, runs of five were
# so short that 35 of 53 chapters of a Chinese textbook broke a bound, and 1 does so.
_CHARACTERS = 2
_TOP = range(2, 5)
_DUPLICATE = range(5, 11)

GOPHER_REPETITION: dict[str, pa.DataType] = {
    "gopher_duplicate_lines": pa.float32(),
    "gopher_duplicate_line_characters": pa.float32(),
    "gopher_duplicate_paragraphs": pa.float32(),
    "gopher_duplicate_paragraph_characters": pa.float32(),
    **{f"gopher_top_{size}_gram": pa.float32() for size in _TOP},
    **{f"gopher_duplicate_{size}_grams": pa.float32() for size in _DUPLICATE},
}


def repetition(words: Words, lines: list[str], paragraphs: list[str]) -> dict[str, float]:
    """Returns the measures of a text that has words."""
    lines_again, line_characters = _again(lines)
    paragraphs_again, paragraph_characters = _again(paragraphs)
    found = {
        "gopher_duplicate_lines": lines_again,
        "gopher_duplicate_line_characters": line_characters,
        "gopher_duplicate_paragraphs": paragraphs_again,
        "gopher_duplicate_paragraph_characters": paragraph_characters,
    }
    each = _CHARACTERS if 2 * words.alone.sum() >= len(words.alone) else 1
    repeated = _repeated(words.hashes, [size * each for size in (*_TOP, *_DUPLICATE)])
    for size in _TOP:
        found[f"gopher_top_{size}_gram"] = _top(words, size * each, next(repeated))
    for size in _DUPLICATE:
        found[f"gopher_duplicate_{size}_grams"] = _duplicate(words, size * each, next(repeated))
    return found


def _again(parts: list[str]) -> tuple[float, float]:
    """Shares of parts, and of their characters, that were there before.

    >>> _again(["ab", "c", " ab "])
    (0.3333333333333333, 0.4)
    """
    seen: set[str] = set()
    count = characters = total = 0
    for part in map(str.strip, parts):
        total += len(part)
        if part in seen:
            count += 1
            characters += len(part)
        seen.add(part)
    return count / len(parts), characters / total


class _Repeated(NamedTuple):
    """The runs of some length that come more than once.

    Attributes:
        places: where they begin, run by run.
        counts: how often each comes.
    """

    places: Places
    counts: Places

    @property
    def first(self) -> Places:
        """Where each comes for the first time."""
        return np.minimum.reduceat(self.places, np.cumsum(self.counts) - self.counts)


def _repeated(hashes: Longs, sizes: Iterable[int]) -> Iterator[_Repeated]:
    """Yields for each size, the smaller first, the runs of so many words that come again.

    Where a run comes again what it begins with does, too: so only that is looked at.
    """
    places, size = np.arange(len(hashes)), 0
    sums = np.zeros(len(hashes), np.uint64)
    for wanted in sizes:
        whole = places <= len(hashes) - wanted
        places, sums = places[whole], sums[whole]
        for place, factor in enumerate(run_powers(wanted)[size:], start=size):
            sums += hashes[places + place] * factor
        size = wanted
        # A few times faster than `np.unique`, whose sort is stable.
        order = np.argsort(sums)
        ranked = sums[order]
        starts = np.flatnonzero(np.concatenate(([True], ranked[1:] != ranked[:-1])))[: len(order)]
        counts = np.diff(starts, append=len(order))
        again = order[np.repeat(counts > 1, counts)]
        places, sums = places[again], sums[again]
        found = _Repeated(places, counts[counts > 1])
        yield found
        if not len(places):
            yield from repeat(found)


def _top(words: Words, size: int, repeated: _Repeated) -> float:
    """Share of characters in the run that comes most often; none comes just once."""
    if not len(repeated.counts):
        return 0.0
    # Of runs that come equally often the longest counts, whatever their hashes.
    most = repeated.counts.max()
    starts = repeated.first[repeated.counts == most]
    ends = np.cumsum(words.lengths)
    longest = (ends[starts + size - 1] - ends[starts] + words.lengths[starts]).max()
    return min(1.0, float(longest * most / ends[-1]))


def _duplicate(words: Words, size: int, repeated: _Repeated) -> float:
    """Share of characters in runs that were there before."""
    if not len(repeated.counts):
        return 0.0
    again = np.zeros(len(words.hashes), np.int64)
    again[repeated.places] = 1
    again[repeated.first] = 0
    # A word is covered if one of the runs that begin at it or up to `size` - 1 before is repeated.
    before = np.concatenate(([0], np.cumsum(again)))
    places = np.arange(len(words.hashes))
    covered = before[places + 1] > before[np.maximum(places - size + 1, 0)]
    return float(words.lengths[covered].sum() / words.lengths.sum())
