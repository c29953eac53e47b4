"""Chooses representative prompts for images, so that every use case is covered alike.

Two passes, since an image tells nothing of the others: the first counts which conditions images
meet together (`signatures` adds up over workers); `even_weights` turns the counts into a weight for
each use case; the second chooses for each image alone, by its key.
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from taxonomy.conditions import ImageFacts, met_by
from taxonomy.draw import rank
from taxonomy.prompts import Prompt
from taxonomy.use_cases import LANGUAGES

Signature = frozenset[str]  # the conditions that an image meets
_ROUNDS = 200
# A use case that few images suit would otherwise crowd out all others on those few.
_MOST = 1e4


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """A prompt chosen for an image, which waits for its answer.

    Attributes:
        key: key of the image's sample.
        prompt: what to ask.
    """

    key: str
    prompt: Prompt

    def row(self) -> dict[str, str]:
        """Returns the line of JSON that an annotator or a teacher model fills in `answer` of."""
        prompt = self.prompt
        return {
            "key": self.key,
            "prompt_id": prompt.id,
            "prompt": prompt.text,
            "use_case": prompt.use_case,
            "language": prompt.language,
            "form": prompt.form,
            "answer": "",
        }


def signatures(images: Iterable[ImageFacts], prompts: Iterable[Prompt]) -> Counter[Signature]:
    """Counts which conditions images meet together, of those that some prompt asks for."""
    asked = asked_for(prompts)
    return Counter(met_by(facts) & asked for facts in images)


def asked_for(prompts: Iterable[Prompt]) -> frozenset[str]:
    """Returns all conditions that prompts have."""
    return frozenset().union(*(prompt.needs for prompt in prompts))


def suited(prompts: Iterable[Prompt], met: Signature, languages: Sequence[str]) -> list[Prompt]:
    """Returns the prompts whose conditions are met, in those languages."""
    return [p for p in prompts if p.needs <= met and p.language in languages]


def even_weights(
    counts: Mapping[Signature, int],
    prompts: Sequence[Prompt],
    languages: Sequence[str] = LANGUAGES,
) -> dict[str, float]:
    """Returns a weight for each use case that makes the cover as even as the images allow.

    The share of a use case among those chosen for an image is its weight over the weights of all
    use cases that suit the image. Weights of those chosen too seldom are raised, and the others
    lowered, until nothing changes.

    Args:
        counts: how many images meet which conditions.
        prompts: the pools.
        languages: of the prompts.
    """
    groups: Counter[tuple[str, ...]] = Counter()
    for met in sorted(counts, key=sorted):
        groups[tuple(sorted({p.use_case for p in suited(prompts, met, languages)}))] += counts[met]
    weights = {id: 1.0 for ids in groups for id in ids}
    for _ in range(_ROUNDS):
        expected = _expected(groups, weights)
        even = sum(expected.values()) / len(expected) if expected else 0.0
        for id, share in expected.items():
            weights[id] = min(_MOST, weights[id] * math.sqrt(even / share))
        top = max(weights.values(), default=1.0)
        weights = {id: max(weight / top, 1 / _MOST) for id, weight in weights.items()}
    return {id: round(weight, 9) for id, weight in weights.items()}


def _expected(
    groups: Mapping[tuple[str, ...], int], weights: Mapping[str, float]
) -> dict[str, float]:
    """How many images each use case would be chosen for."""
    expected = dict.fromkeys(weights, 0.0)
    for ids, count in groups.items():
        total = sum(weights[id] for id in ids)
        for id in ids:
            expected[id] += count * weights[id] / total
    return expected


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Chooser:
    """Chooses prompts for one image at a time; its key decides which.

    Attributes:
        prompts: the pools.
        weights: by use case, from `even_weights`; None if all that suit are alike.
        count: how many prompts, each of another use case; fewer where fewer use cases suit.
        seed: another one chooses others.
        languages: of the prompts.
    """

    prompts: Sequence[Prompt]
    weights: Mapping[str, float] | None = None
    count: int = 1
    seed: int = 0
    languages: Sequence[str] = LANGUAGES
    _known: dict[Signature, "_Pools"] = field(default_factory=dict, init=False, repr=False)
    _asked: Signature = field(default=frozenset(), init=False, repr=False)

    def __post_init__(self) -> None:
        if self.count < 1:
            raise ValueError(f"cannot choose {self.count} prompts; expected 1 or more")
        object.__setattr__(self, "_asked", asked_for(self.prompts))

    def choose(self, facts: ImageFacts) -> list[Chosen]:
        """Returns the prompts for an image."""
        pools = self._pools(met_by(facts) & self._asked)
        order = sorted(pools, key=lambda id: (self._turn(facts.key, id), id))
        return [
            Chosen(key=facts.key, prompt=self._one(pools[id], facts.key))
            for id in order[: self.count]
        ]

    def _pools(self, met: Signature) -> "_Pools":
        """The prompts that suit, by use case and language, each with its id."""
        if met not in self._known:
            pools: _Pools = {}
            for prompt in suited(self.prompts, met, self.languages):
                if self.weights is None or self.weights.get(prompt.use_case):
                    spoken = pools.setdefault(prompt.use_case, {})
                    spoken.setdefault(prompt.language, []).append((prompt.id, prompt))
            self._known[met] = pools
        return self._known[met]

    def _turn(self, key: str, id: str) -> float:
        """When a use case arrives; the heavier, the sooner: sampling without replacement."""
        weight = 1.0 if self.weights is None else self.weights[id]
        return round(-math.log(1 - rank(self.seed, "class", key, id)) / weight, 12)

    def _one(self, pool: Mapping[str, list[tuple[str, Prompt]]], key: str) -> Prompt:
        """One of the prompts of a use case: first a language, then a prompt of it."""
        languages = sorted(pool)
        spoken = pool[languages[int(rank(self.seed, "language", key) * len(languages))]]
        return min(spoken, key=lambda pair: (rank(self.seed, "prompt", key, pair[0]), pair[0]))[1]


_Pools = dict[str, dict[str, list[tuple[str, Prompt]]]]
