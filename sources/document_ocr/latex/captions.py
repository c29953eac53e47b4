"""Whether captions are those of their page: a strange one may differ in a number alone."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

# How far the place of a caption on its page may be off, in words; formulas add some.
_SLACK = 4


@dataclass(frozen=True, slots=True)
class Caption:
    """The words of a caption, its label first.

    Attributes:
        words: in reduced form.
        weights: what each counts; nothing in formulas, which may be set in other ways.
    """

    words: list[str]
    weights: list[int]


def fault(captions: Sequence[Caption], theirs: Sequence[str]) -> float:
    """Returns the weight of the words that the page does not show where the worst caption stands.

    Captions in another order than on the page are as bad as if their words were not there.

    Args:
        captions: of a page, in the order of its text.
        theirs: the words of the page, in its order.

    >>> one = Caption(["table", "2", "rates", "of", "growth"], [3, 3, 1, 1, 1])
    >>> fault([one], "a table 1 rates of growth b".split())
    3.0
    """
    offsets = [_offset(caption.words, theirs) for caption in captions]
    worst = 0
    for index, (caption, offset) in enumerate(zip(captions, offsets, strict=True)):
        worst = max(worst, _strange(caption, theirs, max(0, offset)))
        if any(before > offset for before in offsets[:index]):
            worst = max(worst, len(caption.words))
    return float(worst)


def _strange(caption: Caption, theirs: Sequence[str], offset: int) -> int:
    """The words of a caption that its likeliest place lacks, or those only that place has."""
    words = caption.words
    window = theirs[max(0, offset - _SLACK) : offset + len(words) * 3 // 2 + _SLACK]
    steps = SequenceMatcher(None, words, window, autojunk=False).get_opcodes()
    lacking = more = 0
    for number, (step, a, b, low, high) in enumerate(steps):
        if step == "equal" or "".join(words[a:b]) == "".join(window[low:high]):
            continue
        lacking += sum(caption.weights[a:b])
        if 0 < number < len(steps) - 1:
            more += sum(map(is_prose, window[low:high])) if all(caption.weights[a:b]) else 0
    return max(lacking, more)


def _offset(caption: Sequence[str], theirs: Sequence[str]) -> int:
    """Where on the page a caption begins, as most of its pairs of words have it."""
    places: dict[tuple[str, str], list[int]] = {}
    for index, pair in enumerate(zip(theirs, theirs[1:], strict=False)):
        places.setdefault(pair, []).append(index)
    votes = Counter(
        place - index
        for index, pair in enumerate(zip(caption, caption[1:], strict=False))
        for place in places.get(pair, ())
    )
    return min(votes.items(), key=lambda item: (-item[1], item[0]))[0] if votes else 0


def is_prose(word: str) -> bool:
    """Whether a token is a word of a text rather than a number or a variable."""
    return (len(word) > 2 and word.isalpha()) or word > "\u3000"
