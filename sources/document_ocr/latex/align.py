"""Two texts word by word: rare words both have first, then what lies between them."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from difflib import SequenceMatcher

# Above this product a stretch without any common rare word is left unmatched.
_MOST_CELLS = 400_000


def align(left: Sequence[str], right: Sequence[str]) -> list[int]:
    """Returns for each token of `left` the index of its partner in `right`, or -1.

    Partners keep their order.

    >>> align("a b c d".split(), "x b c y d".split())
    [-1, 1, 2, 4]
    """
    partners = [-1] * len(left)
    waiting = [(0, len(left), 0, len(right))]
    while waiting:
        first, last, low, high = waiting.pop()
        while first < last and low < high and left[first] == right[low]:
            partners[first] = low
            first, low = first + 1, low + 1
        while first < last and low < high and left[last - 1] == right[high - 1]:
            partners[last - 1] = high - 1
            last, high = last - 1, high - 1
        if first == last or low == high:
            continue
        anchors = _anchors(left, right, (first, last, low, high))
        if not anchors:
            _fill(left, right, (first, last, low, high), partners)
            continue
        for one, other in anchors:
            partners[one] = other
        edges = [(first - 1, low - 1), *anchors, (last, high)]
        for (a, b), (c, d) in zip(edges, edges[1:], strict=False):
            if c - a > 1 and d - b > 1:
                waiting.append((a + 1, c, b + 1, d))
    return partners


Extent = tuple[int, int, int, int]


def _anchors(left: Sequence[str], right: Sequence[str], extent: Extent) -> list[tuple[int, int]]:
    """Runs of tokens that occur once on either side, in one order; long runs first."""
    first, last, low, high = extent
    for width in (4, 2, 1):
        ours = _once(left, first, last, width)
        theirs = _once(right, low, high, width)
        pairs = sorted((ours[run], theirs[run]) for run in ours.keys() & theirs.keys())
        kept = rising([other for _, other in pairs])
        if kept:
            return [pairs[index] for index in kept]
    return []


def _once(tokens: Sequence[str], start: int, stop: int, width: int) -> dict[tuple[str, ...], int]:
    runs = [tuple(tokens[index : index + width]) for index in range(start, stop - width + 1)]
    counts = Counter(runs)
    return {run: start + index for index, run in enumerate(runs) if counts[run] == 1}


def rising(values: Sequence[int], *, strict: bool = True) -> list[int]:
    """Returns the indexes of a longest rising part of the values.

    >>> rising([3, 1, 2, 9, 4])
    [1, 2, 4]
    """
    tails: list[int] = []
    ends: list[int] = []
    before: list[int] = []
    for index, value in enumerate(values):
        place = bisect_left(tails, value if strict else value + 1)
        if place == len(tails):
            tails.append(value)
            ends.append(index)
        else:
            tails[place] = value
            ends[place] = index
        before.append(ends[place - 1] if place else -1)
    chain = []
    index = ends[-1] if ends else -1
    while index >= 0:
        chain.append(index)
        index = before[index]
    return chain[::-1]


def _fill(left: Sequence[str], right: Sequence[str], extent: Extent, partners: list[int]) -> None:
    first, last, low, high = extent
    if (last - first) * (high - low) > _MOST_CELLS:
        return
    matcher = SequenceMatcher(None, left[first:last], right[low:high], autojunk=False)
    for a, b, size in matcher.get_matching_blocks():
        for offset in range(size):
            partners[first + a + offset] = low + b + offset
