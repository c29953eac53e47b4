import json
from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from taxonomy.choose import Chooser, Chosen, even_weights, signatures, suited
from taxonomy.conditions import ImageFacts, met_by
from taxonomy.draw import rank
from taxonomy.prompts import of_use_cases, pools

PROMPTS = of_use_cases(pools())
CAPTIONS = (
    "a woman walks two dogs past a red car",
    "a bar chart of exports by year",
    "screenshot of a settings dialog",
    "a plate of noodles with a fried egg",
    "a triangle ABC, a geometry problem",
    "the sea at dusk",
)


def images(count: int) -> list[ImageFacts]:
    """Images of six kinds, a few of them in pairs."""
    return [
        ImageFacts(
            key=f"image{number}",
            captions=(CAPTIONS[int(len(CAPTIONS) * rank(5, f"image{number}") ** 1.5)],),
            images=2 if number % 10 == 0 else 1,
        )
        for number in range(count)
    ]


def choose(facts: ImageFacts, **settings: Any) -> list[Chosen]:
    return Chooser(**({"prompts": PROMPTS} | settings)).choose(facts)


def test_conditions_hold() -> None:
    chooser = Chooser(prompts=PROMPTS, count=3)
    for facts in images(300):
        for chosen in chooser.choose(facts):
            assert chosen.prompt.needs <= met_by(facts)


def test_the_key_alone_decides() -> None:
    facts = images(1)[0]
    first = choose(facts, count=4)
    assert first == choose(facts, prompts=PROMPTS[::-1], count=4)
    assert first != choose(facts, count=4, seed=1)
    assert first != choose(replace(facts, key="other"), count=4)
    assert len({chosen.prompt.use_case for chosen in first}) == 4


def test_every_use_case_that_suits_is_covered_alike() -> None:
    given = images(4_000)
    weights = even_weights(signatures(given, PROMPTS), PROMPTS)
    chooser = Chooser(prompts=PROMPTS, weights=weights)
    cover = Counter(chooser.choose(facts)[0].prompt.use_case for facts in given)
    expected = len(given) / len(weights)
    assert set(cover) == set(weights)
    # One image in ten comes in a pair, and eleven classes are for pairs alone.
    assert min(cover.values()) > 0.45 * expected
    uneven = Chooser(prompts=PROMPTS)
    plain = Counter(uneven.choose(facts)[0].prompt.use_case for facts in given)
    assert spread(cover) < spread(plain) / 2


def spread(cover: Counter[str]) -> float:
    """Variance of the cover."""
    mean = sum(cover.values()) / len(cover)
    return sum((count - mean) ** 2 for count in cover.values()) / len(cover)


def test_both_languages_are_used_alike_and_one_can_be_asked_for() -> None:
    given = images(2_000)
    chooser = Chooser(prompts=PROMPTS)
    spoken = Counter(chooser.choose(facts)[0].prompt.language for facts in given)
    assert spoken["zh"] == pytest.approx(1000, rel=0.1)
    only = choose(given[0], count=5, languages=("zh",))
    assert {chosen.prompt.language for chosen in only} == {"zh"}


def test_nothing_suits_an_image_in_a_language_without_prompts() -> None:
    assert suited(PROMPTS, frozenset(), ("fr",)) == []
    assert choose(images(1)[0], languages=("fr",)) == []
    with pytest.raises(ValueError, match="cannot choose 0"):
        choose(images(1)[0], count=0)


def test_a_row_waits_for_its_answer() -> None:
    chosen = choose(images(1)[0])[0]
    row = json.loads(json.dumps(chosen.row()))
    assert (row["key"], row["answer"], row["prompt"]) == ("image0", "", chosen.prompt.text)
    assert row["prompt_id"] == chosen.prompt.id
