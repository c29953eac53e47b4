"""N-grams: runs of words, or of characters where a script writes no blanks, as 64-bit hashes.

A run is as long as 13 words or 50 characters of Chinese (or what the recipe of a fingerprint says),
and in mixed text anything between: a word is 1/13 of a run, such a character 1/50. So no text has
to be called one or the other, and what a run holds does not depend on what stands around it.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipelines.measures.words import Longs, Words, mixed

# An odd multiplier, and what undoes it modulo 2^64.
_BASE = 0x9FB21C651E98DF25
_INVERSE = pow(_BASE, -1, 1 << 64)
# Words by which the places are found where a phrase may begin.
_ANCHOR = 6
# Powers are kept for texts of up to so many words.
_KEPT = 1 << 16

Places = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How long an n-gram is.

    Attributes:
        words: of scripts with blanks.
        characters: of scripts without.
    """

    words: int = 13
    characters: int = 50

    def __post_init__(self) -> None:
        if min(self.words, self.characters) < 2:
            raise ValueError(
                f"n-grams of {self.words} words or {self.characters} characters are too short to "
                "tell anything: take 2 or more"
            )

    def weights(self, found: Words) -> Places:
        """What each word takes of a run, in parts of `whole`."""
        return np.where(found.alone, self.words, self.characters).astype(np.int64)

    @property
    def whole(self) -> int:
        """What the words of a run come to, at least."""
        return self.words * self.characters


class Grams(NamedTuple):
    """The n-grams of a text, by where they begin.

    Attributes:
        hashes: one for each place where a whole one begins.
        stops: behind which word each ends.
    """

    hashes: Longs
    stops: Places


class Text:
    """A text's words, with the hash of any run of them at hand."""

    def __init__(self, found: Words) -> None:
        count = len(found.hashes)
        self.words = found
        self._inverse = _powers(_INVERSE, count)
        self._sums = np.zeros(count + 1, np.uint64)
        np.cumsum(found.hashes * _powers(_BASE, count), out=self._sums[1:])

    def __len__(self) -> int:
        return len(self.words.hashes)

    def runs(self, starts: Places, stops: Places) -> Longs:
        """Hashes of the runs of words from each start to its stop."""
        return mixed((self._sums[stops] - self._sums[starts]) * self._inverse[starts])

    def fixed(self, count: int) -> Longs:
        """Hashes of all runs of so many words."""
        starts = np.arange(max(0, len(self) - count + 1))
        return self.runs(starts, starts + count)

    def grams(self, size: Size) -> Grams:
        """All n-grams; none of a text that is shorter than one."""
        weights = size.weights(self.words)
        ends = np.cumsum(weights)
        stops = np.searchsorted(ends, ends - weights + size.whole) + 1
        stops = stops[: int(np.count_nonzero(stops <= len(self)))]
        return Grams(self.runs(np.arange(len(stops)), stops), stops)

    def weight(self, size: Size) -> float:
        """How long it is, in n-grams."""
        return int(size.weights(self.words).sum()) / size.whole


class Phrase(NamedTuple):
    """A run of words that is looked for as a whole.

    Attributes:
        anchor: hash of its first words, at most six.
        length: in words.
        hash: of all its words.
    """

    anchor: int
    length: int
    hash: int


def phrase(text: Text) -> Phrase:
    """Returns a text, of one word or more, as a phrase."""
    first = text.fixed(min(_ANCHOR, len(text)))
    return Phrase(int(first[0]), len(text), int(text.fixed(len(text))[0]))


class Phrases:
    """Phrases that are found wherever they stand, in one pass over a text for all long ones."""

    def __init__(self, phrases: Sequence[Phrase]) -> None:
        self._by_anchor: dict[int, dict[int, list[int]]] = defaultdict(lambda: defaultdict(list))
        self._phrases = phrases
        for number, each in enumerate(phrases):
            self._by_anchor[min(_ANCHOR, each.length)][each.anchor].append(number)
        self._sorted = {
            length: np.sort(np.fromiter(anchors, np.uint64))
            for length, anchors in self._by_anchor.items()
        }

    def find(self, text: Text) -> Iterator[tuple[int, int, int]]:
        """Yields the number, first word and end of each phrase in a text."""
        for length, anchors in self._sorted.items():
            hashes = text.fixed(length)
            for start in np.flatnonzero(known(hashes, anchors)).tolist():
                for number in self._by_anchor[length][int(hashes[start])]:
                    stop = start + self._phrases[number].length
                    if stop <= len(text) and self._phrases[number].hash == self._hash(
                        text, start, stop
                    ):
                        yield number, start, stop

    @staticmethod
    def _hash(text: Text, start: int, stop: int) -> int:
        return int(text.runs(np.array([start]), np.array([stop]))[0])


def known(hashes: Longs, among: Longs) -> NDArray[np.bool_]:
    """Whether each hash is one of some that are sorted."""
    if not len(among):
        return np.zeros(len(hashes), np.bool_)
    places = np.searchsorted(among, hashes)
    return among[np.minimum(places, len(among) - 1)] == hashes


def outside(grams: Grams, spans: Iterable[tuple[int, int]], count: int) -> NDArray[np.bool_]:
    """Whether each n-gram of a text of `count` words touches none of some runs of words."""
    marks = np.zeros(count + 1, np.int64)
    for start, stop in spans:
        marks[start + 1 : stop + 1] = 1
    before = np.cumsum(marks)
    return before[grams.stops] == before[np.arange(len(grams.stops))]


def _powers(base: int, count: int) -> Longs:
    """The first powers of an odd number, modulo 2^64."""
    return _kept(base)[:count] if count <= _KEPT else _new(base, count)


@cache
def _kept(base: int) -> Longs:
    return _new(base, _KEPT)


def _new(base: int, count: int) -> Longs:
    factors = np.full(count, base, np.uint64)
    factors[:1] = 1
    return np.multiply.accumulate(factors)
