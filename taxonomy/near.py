"""Texts that say nearly the same: how alike two are, and which of many are."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence

_GRAM = 3
_LEAST = 0.6  # texts as alike as this count as near duplicates


def plain(text: str) -> str:
    """Returns a text without case, punctuation and width, its blanks single.

    >>> plain("  What's THIS，really? ")
    'what s this really'
    """
    text = unicodedata.normalize("NFKC", text).lower()
    return re.sub(r"[\W_]+", " ", text).strip()


def grams(text: str) -> frozenset[str]:
    """Returns the runs of characters of a text: three long, two in Chinese, where words are short.

    >>> sorted(grams("一二三"))
    ['一二', '二三']
    """
    text = plain(text)
    size = _GRAM if text.isascii() else _GRAM - 1
    return frozenset(text[at : at + size] for at in range(max(1, len(text) - size + 1)))


def likeness(one: frozenset[str], other: frozenset[str]) -> float:
    """Returns the Jaccard index of two sets of runs: 1 for the same, 0 for nothing shared."""
    shared = len(one & other)
    return shared / (len(one) + len(other) - shared) if shared else 0.0


def near_duplicates(
    texts: Sequence[str], others: Sequence[str] | None = None, least: float = _LEAST
) -> Iterator[tuple[int, int, float]]:
    """Finds pairs of texts that are nearly the same, exactly and without chance.

    Args:
        texts: what to look through.
        others: what to compare with; by default each text with those after it.
        least: likeness from which on a pair counts.

    Yields:
        Place in `texts`, place in `others` (or in `texts`), and likeness.
    """
    left = [grams(text) for text in texts]
    right = left if others is None else [grams(text) for text in others]
    index = _index(right)
    for place, own in enumerate(left):
        seen = sorted({at for gram in _rarest(own, index, least) for at in index.get(gram, ())})
        for at in seen:
            if others is None and at <= place:
                continue
            alike = likeness(own, right[at])
            if alike >= least:
                yield place, at, alike


def _index(sets: Sequence[frozenset[str]]) -> dict[str, list[int]]:
    """Which sets hold a run."""
    index: dict[str, list[int]] = {}
    for place, runs in enumerate(sets):
        for run in sorted(runs):
            index.setdefault(run, []).append(place)
    return index


def _rarest(runs: frozenset[str], index: dict[str, list[int]], least: float) -> Iterable[str]:
    """So many of the rarest runs that a set which shares none of them cannot be alike enough."""
    ordered = sorted(runs, key=lambda run: (len(index.get(run, ())), run))
    return ordered[: len(ordered) - int(least * len(ordered)) + 1]
