"""Plan: what stays, in which order, in which shard."""

from hypothesis import given
from hypothesis import strategies as st

from pipelines.plan import cut, refused
from pipelines.recipe import Filter

FACTS = {
    "category": "pretrain/text",
    "stanza": "books",
    "characters": 50,
    "licence": "unknown",
    "min_side": None,
    "measures": [("quality", 0.9)],
}


def test_filters_name_the_fact_that_failed() -> None:
    def reason(**condition: object) -> str | None:
        return refused(FACTS, [Filter(**condition)])  # type: ignore[arg-type]

    assert reason(fact="characters", min=51) == "filter_characters"
    assert reason(fact="characters", max=49) == "filter_characters"
    assert reason(fact="characters", min=50, max=50) is None
    assert reason(fact="licence", refused=("unknown",)) == "filter_licence"
    assert reason(fact="licence", allowed=("CC0-1.0",)) == "filter_licence"
    assert reason(fact="licence", allowed=("unknown", "MIT")) is None


def test_what_an_adapter_measured_can_be_asked_for() -> None:
    assert refused(FACTS, [Filter(fact="measures.quality", min=0.94)]) == "filter_measures.quality"
    assert refused(FACTS, [Filter(fact="measures.quality", min=0.9)]) is None
    assert refused(FACTS, [Filter(fact="measures.other", min=0.9)]) is None


def test_filters_apply_where_they_say() -> None:
    strict = {"fact": "characters", "min": 51}
    assert refused(FACTS, [Filter(**strict, category="pretrain/caption")]) is None
    assert refused(FACTS, [Filter(**strict, stanza="other")]) is None
    assert refused(FACTS, [Filter(**strict, stanza="books", category="pretrain/text")])


def test_a_sample_without_images_meets_bounds_on_images() -> None:
    assert refused(FACTS, [Filter(fact="min_side", min=64)]) is None


@given(st.lists(st.integers(1, 400), min_size=1, max_size=200), st.integers(400, 3000))
def test_shards_are_filled_in_order_and_evenly(sizes: list[int], limit: int) -> None:
    total = sum(sizes)
    numbers = list(cut(sizes, 0, total, limit))
    count = -(-total // limit)
    assert numbers == sorted(numbers)
    assert set(numbers) <= set(range(count))
    shares = [sum(s for s, n in zip(sizes, numbers, strict=True) if n == k) for k in range(count)]
    assert max(shares) <= total / count + max(sizes)


@given(
    st.lists(st.integers(1, 400), min_size=2, max_size=50),
    st.integers(1, 49),
    st.integers(400, 900),
)
def test_slices_of_the_order_can_be_cut_apart(sizes: list[int], at: int, limit: int) -> None:
    total, head = sum(sizes), sizes[:at]
    whole = list(cut(sizes, 0, total, limit))
    apart = [*cut(head, 0, total, limit), *cut(sizes[at:], sum(head), total, limit)]
    assert apart == whole
