"""A balanced evaluation set: even over the classes of a depth, apart from the training set."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from taxonomy.draw import rank
from taxonomy.near import near_duplicates, plain
from taxonomy.use_cases import cut

SIZE = 100
# In what ways a question may be one of the training set, the plainest first.
REASONS = ("key", "image", "near_image", "near_duplicate")
_DISTANCE = 4  # bits in which perceptual hashes of images that look alike differ
_PART = 10_000  # questions of the training set that are held at once


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A labelled question about an image, or one that is trained on.

    Attributes:
        key: key of its sample.
        text: what is asked.
        use_case: id of its class.
        image: hash of its image; empty where it has none.
        looks: perceptual hash of that, 64 bits as 16 digits; empty where it has none.
    """

    key: str
    text: str
    use_case: str = ""
    image: str = ""
    looks: str = ""


@dataclass(frozen=True, slots=True)
class EvaluationSet:
    """What was picked, and what was not.

    Attributes:
        questions: those picked, by class and key.
        left_out: by key, why a candidate could not be picked.
        short: by class, how many questions are missing for an even cover.
    """

    questions: tuple[Question, ...]
    left_out: Mapping[str, str]
    short: Mapping[str, int]


def pick(
    candidates: Sequence[Question],
    training: Iterable[Question],
    classes: Sequence[str],
    *,
    size: int = SIZE,
    depth: int = 3,
    seed: int = 0,
) -> EvaluationSet:
    """Picks an evaluation set that shares no key, image or near duplicate with the training set.

    Args:
        candidates: labelled questions.
        training: what is trained on; only of its own images and texts is the set kept apart.
        classes: ids of the classes to cover, all of that depth (`Taxonomy.at`).
        size: how many questions, shared out evenly; the remainder goes to classes drawn by seed.
        depth: 1 for main, 2 for secondary, 3 for tertiary classes.
        seed: another one picks others.
    """
    if size < 1:
        raise ValueError(f"an evaluation set of {size} questions is none; expected 1 or more")
    left_out = _shared(candidates, training)
    pools: dict[str, list[Question]] = {id: [] for id in classes}
    for question in candidates:
        id = cut(question.use_case, depth)
        if question.key not in left_out and id in pools:
            pools[id].append(question)
    seen = _Seen.of(candidates)
    picked: list[Question] = []
    short: dict[str, int] = {}
    for id, wanted in _shares(classes, size, seed).items():
        pool = sorted(pools[id], key=lambda question: (rank(seed, question.key), question.key))
        own = _apart(pool, wanted, seen, left_out)
        picked += own
        if len(own) < wanted:
            short[id] = wanted - len(own)
    questions = sorted(picked, key=lambda question: (question.use_case, question.key))
    return EvaluationSet(tuple(questions), left_out, short)


def _shares(classes: Sequence[str], size: int, seed: int) -> dict[str, int]:
    """How many questions each class gets."""
    each, rest = divmod(size, len(classes))
    lucky = set(sorted(classes, key=lambda id: (rank(seed, "share", id), id))[:rest])
    return {id: each + (id in lucky) for id in classes}


def _shared(candidates: Sequence[Question], training: Iterable[Question]) -> dict[str, str]:
    """Which candidates the training set holds too, and in what way; of that only parts are held."""
    apart = Apart.of(candidates)
    left_out: dict[int, str] = {}
    stream = iter(training)
    while part := tuple(islice(stream, _PART)):
        for reason, place, _ in apart.shared(part):
            left_out[place] = min(reason, left_out.get(place, reason), key=REASONS.index)
    return {candidates[at].key: f"{reason}_of_training" for at, reason in left_out.items()}


@dataclass(frozen=True, slots=True)
class Apart:
    """Questions, arranged so that many others can be compared with them.

    Attributes:
        keys: places of the questions by key.
        images: the same by hash of their image.
        looks: perceptual hashes of those that have one, and behind them their places.
        texts: distinct texts.
        places: of the questions with each text.
    """

    keys: Mapping[str, list[int]]
    images: Mapping[str, list[int]]
    looks: tuple[NDArray[np.uint64], NDArray[np.int64]]
    texts: tuple[str, ...]
    places: tuple[list[int], ...]

    @classmethod
    def of(cls, questions: Sequence[Question]) -> "Apart":
        """Arranges questions."""
        texts = _places(plain(question.text) for question in questions)
        seen = [(int(each.looks, 16), place) for place, each in enumerate(questions) if each.looks]
        return cls(
            keys=_places(question.key for question in questions),
            images=_places(question.image for question in questions),
            looks=(
                np.array([bits for bits, _ in seen], np.uint64),
                np.array([place for _, place in seen], np.int64),
            ),
            texts=tuple(texts),
            places=tuple(texts.values()),
        )

    def shared(self, others: Sequence[Question]) -> Iterator[tuple[str, int, int]]:
        """Yields in what way which question is which of others: reason, place, place there."""
        for at, other in enumerate(others):
            for place in self.keys.get(other.key, ()):
                yield "key", place, at
            for place in self.images.get(other.image, ()) if other.image else ():
                yield "image", place, at
            if other.looks and len(self.looks[0]):
                apart = np.bitwise_count(self.looks[0] ^ np.uint64(int(other.looks, 16)))
                for place in self.looks[1][apart <= _DISTANCE].tolist():
                    yield "near_image", place, at
        theirs = [plain(other.text) for other in others]
        for at, text, _ in near_duplicates(theirs, self.texts):
            yield from (("near_duplicate", place, at) for place in self.places[text])


def _places(values: Iterable[str]) -> dict[str, list[int]]:
    """The places of each value, those of an empty one left out."""
    found: dict[str, list[int]] = {}
    for place, value in enumerate(values):
        if value:
            found.setdefault(value, []).append(place)
    return found


@dataclass(frozen=True, slots=True)
class _Seen:
    """What was picked so far.

    Attributes:
        like: by text, the texts that are nearly the same, itself among them.
        texts: every text that is nearly the same as one picked.
        images: hashes of the images picked.
    """

    like: Mapping[str, set[str]]
    texts: set[str] = field(default_factory=set)
    images: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, candidates: Sequence[Question]) -> "_Seen":
        """Compares all candidates once; nothing is picked yet."""
        texts = sorted({plain(question.text) for question in candidates})
        like = {text: {text} for text in texts}
        for one, other, _ in near_duplicates(texts):
            like[texts[one]].add(texts[other])
            like[texts[other]].add(texts[one])
        return cls(like)

    def add(self, question: Question) -> None:
        """Notes a question that is picked."""
        self.texts.update(self.like[plain(question.text)])
        self.images.update({question.image} - {""})


def _apart(
    pool: Iterable[Question], wanted: int, seen: _Seen, left_out: dict[str, str]
) -> list[Question]:
    """The first of a pool that repeat neither each other nor those picked before."""
    own: list[Question] = []
    for question in pool:
        if len(own) == wanted:
            break
        if question.image in seen.images:
            left_out[question.key] = "image_picked_already"
        elif plain(question.text) in seen.texts:
            left_out[question.key] = "near_duplicate_of_picked"
        else:
            own.append(question)
            seen.add(question)
    return own
