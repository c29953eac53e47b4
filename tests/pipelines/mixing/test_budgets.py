"""Budgets are met by edges in a keyed order, whatever the samples' order and number."""

import random
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest

from pipelines.mixing.budgets import (
    ALL,
    Budgets,
    MixtureError,
    Ruler,
    decide,
    edge,
    in_boundary,
    shares,
    sum_up,
)
from pipelines.mixing.settings import read_mixing

CLASSES = {"pretrain/caption": 5, "pretrain/text": 4, "pretrain/web_code": 1}
TAXONOMY = ("recognition/global-description/theme-description", "conversion/x/y", "")


@cache
def facts() -> tuple[dict[str, Any], ...]:
    noise = random.Random(3)
    names, weights = zip(*CLASSES.items(), strict=True)
    return tuple(
        {
            "key": f"sample-{number}",
            "category": noise.choices(names, weights)[0],
            "stanza": noise.choice(["books", "web"]),
            "taxonomy": noise.choice(TAXONOMY),
            "language": noise.choice(["en", "zh", ""]),
            "stated_language": noise.choice(["", "", "zh"]),
            "characters": noise.randrange(1, 4000),
            "bytes": noise.randrange(2000, 90_000),
        }
        for number in range(100_000)
    )


def take(rows: Any, mixing: Any, seed: int = 0) -> Iterator[dict[str, Any]]:
    ruler = Ruler(over=mixing.over, unit=mixing.unit, seed=seed)
    sums = sum_up(rows, ruler)
    found = shares(decide(mixing, sums), sums)
    groups: dict[str, list[tuple[float, str, int]]] = {}
    for cell, each in in_boundary(rows, ruler, found):
        groups.setdefault(cell, []).append(each)
    edges = {cell: edge(share, groups.get(cell, ()))[0] for cell, share in found.items()}
    whole = {cell: ALL for cell, share in found.items() if cell not in groups}
    budgets = Budgets(ruler=ruler, edges={**edges, **whole})
    return (row for row in rows if budgets.refused(row) is None)


@pytest.mark.parametrize(
    ("unit", "fact"), [("samples", ""), ("tokens", "characters"), ("bytes",) * 2]
)
def test_budgets_are_met_within_a_hundredth(unit: str, fact: str) -> None:
    weights = {"pretrain/caption": 2.0, "pretrain/text": 3.0, "pretrain/web_code": 0.5}
    total = {"samples": 30_000, "tokens": 60_000_000, "bytes": 1_500_000_000}[unit]
    languages = {"en": 3, "zh": 4}
    raw = {"weights": weights, "unit": unit, "total": total, "languages": languages}
    taken: dict[tuple[str, str], float] = {}
    for row in take(facts(), read_mixing(raw)):
        place = row["category"], row["stated_language"] or row["language"]
        taken[place] = taken.get(place, 0) + (row[fact] if fact else 1)
    assert len(taken) == 6
    for (category, language), amount in taken.items():
        wanted = total * weights[category] / 5.5 * languages[language] / 7
        assert amount == pytest.approx(wanted, rel=0.01), (category, language)


def test_the_order_of_samples_decides_nothing_and_the_seed_does() -> None:
    rows = list(facts()[:5000])
    mixing = read_mixing({"weights": {"pretrain/text": 1}, "total": 700, "caps": {"books": 200}})
    keys = {row["key"] for row in take(rows, mixing)}
    assert {row["key"] for row in take(rows[::-1], mixing)} == keys
    assert len(keys) in range(695, 706)
    assert {row["key"] for row in take(rows, mixing, seed=1)} != keys


def test_use_cases_can_be_evened_out_and_what_has_none_is_left() -> None:
    rows = list(facts()[:9000])
    kept = list(take(rows, read_mixing({"over": "main", "weights": "even", "total": 2000})))
    counts = {
        name: sum(row["taxonomy"].startswith(name) for row in kept)
        for name in ("recognition", "conversion")
    }
    assert sum(counts.values()) == len(kept)
    assert all(count in range(990, 1011) for count in counts.values())


def test_all_of_a_class_stays_where_it_is_all_wanted() -> None:
    rows = [row for row in facts()[:4000] if row["category"] == "pretrain/web_code"]
    assert list(take(rows, read_mixing({"weights": {"pretrain/web_code": 1}}))) == rows


def test_what_cannot_be_taken_is_said() -> None:
    def fault(**raw: Any) -> str:
        with pytest.raises(MixtureError) as caught:
            list(take(facts()[:100], read_mixing(raw)))
        return str(caught.value)

    assert "nothing of sft/text" in fault(weights={"sft/text": 1, "pretrain/text": 1})
    weights = {"pretrain/text": 1}
    twice = {"weights": weights, "total": 1000, "shortfall": "repeat", "repeat_up_to": 30}
    assert "a corpus holds a sample once" in fault(**twice)
