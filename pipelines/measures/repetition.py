"""How much a text repeats itself: the measures of Gopher's repetition filter (its Table A1).

A character counts as repeated from its second time on. Lengths are those of words, without blanks.
"""

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipelines.measures.words import Longs, Words, runs

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
    found |= {f"gopher_top_{size}_gram": _top(words, size * each) for size in _TOP}
    share = 1.0
    for size in _DUPLICATE:
        # Where no run of five comes twice, none of six does.
        share = share and _duplicate(words, size * each)
        found[f"gopher_duplicate_{size}_grams"] = share
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


def _top(words: Words, size: int) -> float:
    """Share of characters in the run that comes most often; none comes just once."""
    first, counts = _groups(runs(words.hashes, size))
    if not len(first) or counts.max() < 2:
        return 0.0
    # Of runs that come equally often the longest counts, whatever their hashes.
    starts = first[counts == counts.max()]
    ends = np.cumsum(words.lengths)
    longest = (ends[starts + size - 1] - ends[starts] + words.lengths[starts]).max()
    return min(1.0, float(longest * counts.max() / ends[-1]))


def _duplicate(words: Words, size: int) -> float:
    """Share of characters in runs that were there before."""
    found = runs(words.hashes, size)
    first, _ = _groups(found)
    if len(first) == len(found):
        return 0.0
    again = np.ones(len(found), np.int64)
    again[first] = 0
    # A word is covered if one of the runs that begin at it or up to `size` - 1 before is repeated.
    before = np.concatenate(([0], np.cumsum(np.pad(again, (0, size - 1)))))
    places = np.arange(len(words.hashes))
    covered = before[places + 1] > before[np.maximum(places - size + 1, 0)]
    return float(words.lengths[covered].sum() / words.lengths.sum())


def _groups(found: Longs) -> tuple[Places, Places]:
    """Where each value is for the first time, and how often it is there.

    A few times faster than `np.unique`, whose sort is stable.
    """
    order = np.argsort(found)
    ranked = found[order]
    starts = np.flatnonzero(np.concatenate(([True], ranked[1:] != ranked[:-1])))[: len(found)]
    if not len(found):
        return order, order
    return np.minimum.reduceat(order, starts), np.diff(starts, append=len(found))
