import pytest

from taxonomy.mixtures import Amount, Mixture, Plan, solve


def there(category: str, samples: float, source: str = "s", language: str = "en") -> Amount:
    return Amount(
        category=category,
        source=source,
        language=language,
        samples=samples,
        tokens=samples * 10,
        bytes=samples * 100,
    )


def taken(plan: Plan) -> dict[str, float]:
    return {line.category: round(line.taken, 6) for line in plan.lines}


STOCK = [there("a", 100), there("b", 1000)]


def test_without_a_total_as_much_is_taken_as_every_class_allows() -> None:
    plan = solve(Mixture(weights={"a": 1, "b": 3}), STOCK)
    assert taken(plan) == {"a": 100, "b": 300}
    assert (plan.scaled, plan.shortfalls) == (1, ())


def test_scale_takes_less_of_everything_and_says_so() -> None:
    plan = solve(Mixture(weights={"a": 1, "b": 3}, total=800), STOCK)
    assert taken(plan) == {"a": 100, "b": 300}
    assert plan.scaled == 0.5
    assert [line.shortfall for line in plan.shortfalls] == [100, 300]


def test_short_takes_what_there_is() -> None:
    plan = solve(Mixture(weights={"a": 1, "b": 3}, total=800, shortfall="short"), STOCK)
    assert taken(plan) == {"a": 100, "b": 600}
    assert [(line.category, line.shortfall) for line in plan.shortfalls] == [("a", 100)]


def test_repeat_goes_only_so_far() -> None:
    twice = Mixture(weights={"a": 1, "b": 1}, total=1000, shortfall="repeat", repeat_up_to=3)
    plan = solve(twice, STOCK)
    assert taken(plan) == {"a": 300, "b": 500}
    assert [round(line.cells[0].repeats, 6) for line in plan.lines] == [3.0, 0.5]
    assert [line.shortfall for line in plan.shortfalls] == [200]


def test_epochs_count_before_anything_is_short() -> None:
    plan = solve(Mixture(weights={"a": 1, "b": 1}, total=600, epochs={"a": 4}), STOCK)
    assert taken(plan) == {"a": 300, "b": 300}
    assert plan.scaled == 1


def test_the_unit_decides_what_is_shared_out() -> None:
    stock = [there("a", 100), Amount(category="b", source="s", language="en", samples=9, tokens=50)]
    plan = solve(Mixture(weights={"a": 1, "b": 1}, unit="tokens"), stock)
    assert taken(plan) == {"a": 50, "b": 50}


def test_sources_and_languages_have_weights_of_their_own() -> None:
    stock = [
        there("a", 100, source, language) for source in ("s", "t", "u") for language in ("en", "zh")
    ]
    plan = solve(
        Mixture(weights={"a": 1}, sources={"a": {"s": 3, "t": 1}}, languages={"en": 1, "zh": 1}),
        stock,
    )
    rows = {(line.source, line.language): round(line.taken, 6) for line in plan.lines}
    assert rows == {
        ("s", "en"): 100,
        ("s", "zh"): 100,
        ("t", "en"): 33.333333,
        ("t", "zh"): 33.333333,
    }


def test_a_cap_holds_and_other_sources_fill_up() -> None:
    stock = [there("a", 900, "big"), there("a", 100, "small")]
    plan = solve(Mixture(weights={"a": 1}, total=400, caps={"big": 310}), stock)
    cells = {cell.source: round(cell.taken, 3) for cell in plan.lines[0].cells}
    assert cells == {"big": 310, "small": 90}


def test_open_sources_are_taken_in_proportion() -> None:
    stock = [there("a", 900, "big"), there("a", 100, "small")]
    plan = solve(Mixture(weights={"a": 1}, total=100), stock)
    assert {c.source: round(c.taken, 3) for c in plan.lines[0].cells} == {"big": 90, "small": 10}


def test_a_class_of_which_there_is_nothing_is_an_error_when_scaling() -> None:
    with pytest.raises(ValueError, match=r"nothing of c/\*/\*.*drop it from the mixture"):
        solve(Mixture(weights={"a": 1, "c": 1}), STOCK)
    plan = solve(Mixture(weights={"a": 1, "c": 1}, total=100, shortfall="short"), STOCK)
    assert [(line.category, line.shortfall) for line in plan.shortfalls] == [("c", 50)]


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"unit": "pages"}, "unit 'pages' is none of samples, tokens, bytes"),
        ({"shortfall": "guess"}, "shortfall 'guess' is none of"),
        ({"shortfall": "repeat"}, "repeat_up_to 1.0 with shortfall 'repeat'"),
        ({"total": 0}, "total 0 is not above 0"),
        ({"weights": {"a": -1}}, "weight -1 of 'a' is below 0"),
        ({"weights": {"a": 0}}, "all weights are 0"),
        ({"epochs": {"z": 2}}, "'z' has no weight"),
    ],
)
def test_a_wrong_mixture_is_refused(wrong: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Mixture(**({"weights": {"a": 1}} | wrong))  # type: ignore[arg-type]
