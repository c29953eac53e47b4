"""A balanced evaluation set: even over the classes of a depth, apart from the training set."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from taxonomy.draw import rank
from taxonomy.near import near_duplicates, plain
from taxonomy.use_cases import cut

SIZE = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A labelled question about an image, or one that is trained on.

    Attributes:
        key: key of its sample.
        text: what is asked.
        use_case: id of its class.
        image: hash of its image; empty where it has none.
    """

    key: str
    text: str
    use_case: str = ""
    image: str = ""


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
    left_out = _shared(candidates, tuple(training))
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


def _shared(candidates: Sequence[Question], training: Sequence[Question]) -> dict[str, str]:
    """Which candidates the training set holds too, and in what way."""
    keys = {question.key for question in training}
    images = {question.image for question in training if question.image}
    left_out = {}
    ours = sorted({plain(question.text) for question in candidates})
    theirs = sorted({plain(question.text) for question in training})
    near = {ours[place] for place, _, _ in near_duplicates(ours, theirs)}
    for question in candidates:
        if plain(question.text) in near:
            left_out[question.key] = "near_duplicate_of_training"
        if question.image in images:
            left_out[question.key] = "image_of_training"
        if question.key in keys:
            left_out[question.key] = "key_of_training"
    return left_out


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
