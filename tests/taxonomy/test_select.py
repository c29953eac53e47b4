from collections import Counter
from dataclasses import replace

import pytest

from taxonomy.draw import rank
from taxonomy.mixtures import UNITS, Amount, Mixture, Plan, solve
from taxonomy.presets import presets, table_weights
from taxonomy.select import Item, select, table

ROWS = 100_000
SOURCES = ("alpha", "beta", "gamma")


def rows(unit: str, classes: tuple[str, ...]) -> list[Item]:
    """Facts rows of many sizes, spread unevenly over classes, sources and languages."""
    items = []
    for number in range(ROWS):
        key = f"k{number}"
        size = 1.0 if unit == "samples" else round(20 + 4000 * rank(1, key) ** 3)
        place = int(len(classes) * rank(2, key) ** 1.3)
        source, language = SOURCES[int(3 * rank(3, key))], "zh" if rank(4, key) < 0.3 else "en"
        item = Item(key=key, category=classes[place], source=source, language=language, size=size)
        items.append(item)
    return items


def amounts(items: list[Item], unit: str) -> list[Amount]:
    totals: Counter[tuple[str, str, str]] = Counter()
    for item in items:
        totals[item.category, item.source, item.language] += item.size  # type: ignore[assignment]
    return [
        Amount(
            category=place[0],
            source=place[1],
            language=place[2],
            **({"samples": 0.0} | {unit: float(total)}),
        )
        for place, total in sorted(totals.items())
    ]


def met(items: list[Item], plan: Plan) -> dict[tuple[str, str], float]:
    """What selection takes, by category and language."""
    by_key = {item.key: item for item in items}
    found: dict[tuple[str, str], float] = {}
    for key, times in select(items, plan):
        item = by_key[key]
        for place in ((item.category, "*"), (item.category, item.language)):
            found[place] = found.get(place, 0.0) + item.size * times
    return found


@pytest.mark.parametrize("unit", UNITS)
def test_budgets_are_met_within_one_per_cent(unit: str) -> None:
    weights = table_weights(1)
    items = rows(unit, tuple(weights))
    stock = amounts(items, unit)
    whole = sum(getattr(amount, unit) for amount in stock)
    mixture = Mixture(
        weights=weights,
        unit=unit,
        total=whole / 2,
        languages={"en": 2, "zh": 1},
        shortfall="repeat",
        repeat_up_to=30,
    )
    plan = solve(mixture, stock)
    found = met(items, plan)
    assert not plan.shortfalls
    for line in plan.lines:
        assert found[line.category, line.language] == pytest.approx(line.wanted, rel=0.01)
    for category, weight in weights.items():
        assert found[category, "*"] == pytest.approx(whole / 2 * weight / 100, rel=0.01)


@pytest.mark.parametrize("name", ["stage1", "stage2", "stage3"])
def test_presets_are_met_within_one_per_cent(name: str) -> None:
    mixture = replace(presets()[name], total=None)
    items = rows(mixture.unit, tuple(mixture.weights))
    plan = solve(mixture, amounts(items, mixture.unit))
    found = met(items, plan)
    whole = sum(line.wanted for line in plan.lines)
    for line in plan.lines:
        assert found[line.category, "*"] == pytest.approx(line.wanted, rel=0.01, abs=2)
        assert line.wanted / whole == pytest.approx(
            mixture.weights[line.category] / sum(mixture.weights.values())
        )


def test_selection_depends_on_keys_alone() -> None:
    items = [Item(key=f"k{n}", category="a", source="s", language="en") for n in range(50)]
    plan = solve(Mixture(weights={"a": 1}, total=20), amounts(items, "samples"))
    first = sorted(select(items, plan))
    assert first == sorted(select(items[::-1], plan))
    assert first != sorted(select(items, plan, seed=1))
    assert len(first) == 20


def test_samples_are_repeated_whole_before_some_are_once_more() -> None:
    items = [Item(key=f"k{n}", category="a", source="s", language="en") for n in range(10)]
    twice = Mixture(weights={"a": 1}, total=25, shortfall="repeat", repeat_up_to=4)
    times = Counter(count for _, count in select(items, solve(twice, amounts(items, "samples"))))
    assert times == {2: 5, 3: 5}


def test_the_table_shows_what_is_asked_there_taken_and_short() -> None:
    stock = [
        Amount(category="a", source="s", language="en", samples=900),
        Amount(category="a", source="t", language="zh", samples=100),
        Amount(category="b", source="s", language="en", samples=5),
    ]
    mixture = Mixture(weights={"a": 1, "b": 1}, total=1000, shortfall="short")
    lines = table(solve(mixture, stock))
    assert lines[1].split() == ["a", "*", "*", "500", "1,000", "500", "0.50"]
    assert lines[2].split() == ["s", "en", "900", "450", "0.50"]
    assert lines[4].split() == ["b", "*", "*", "500", "5", "5", "1.00", "495"]
    assert len({len(line) for line in lines[1:4]}) == 1
