from itertools import combinations

from taxonomy.near import grams, likeness, near_duplicates
from taxonomy.prompts import pools


def test_case_and_punctuation_do_not_matter() -> None:
    pairs = list(near_duplicates(["How many cats are there?", "how many cats are there", "Why?"]))
    assert pairs == [(0, 1, 1.0)]


def test_one_changed_word_of_many_is_a_near_duplicate() -> None:
    texts = ["Count the red apples on the table.", "Count the green apples on the table."]
    assert [(one, other) for one, other, _ in near_duplicates(texts)] == [(0, 1)]
    assert not list(near_duplicates(texts, least=0.95))


def test_two_lists_are_compared_with_each_other_only() -> None:
    found = list(near_duplicates(["这是什么菜", "完全不同的一句话"], ["这是什么菜呢", "别的"]))
    assert [(one, other) for one, other, _ in found] == [(0, 0)]


def test_the_index_misses_no_pair() -> None:
    texts = [prompt.text for prompt in pools()[:300]]
    sets = [grams(text) for text in texts]
    for least in (0.2, 0.35, 0.5):
        slow = {
            (one, other)
            for one, other in combinations(range(len(texts)), 2)
            if likeness(sets[one], sets[other]) >= least
        }
        assert {(one, other) for one, other, _ in near_duplicates(texts, least=least)} == slow
