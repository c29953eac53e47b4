import pytest

from taxonomy.draw import copies, rank


def test_ranks_are_spread_evenly_and_depend_on_all_names() -> None:
    ranks = [rank(0, f"key{number}") for number in range(10_000)]
    assert min(ranks) >= 0 and max(ranks) < 1
    assert sum(ranks) / len(ranks) == pytest.approx(0.5, abs=0.01)
    assert len({rank(0, "a", "b"), rank(1, "a", "b"), rank(0, "a"), rank(0, "b", "a")}) == 4


def test_copies_come_to_the_repeats_on_average() -> None:
    times = [copies(0, f"key{number}", 2.3) for number in range(20_000)]
    assert set(times) == {2, 3}
    assert sum(times) / len(times) == pytest.approx(2.3, abs=0.01)
    with pytest.raises(ValueError, match="expected 0 or more"):
        copies(0, "a", -1)
