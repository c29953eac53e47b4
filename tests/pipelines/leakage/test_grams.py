"""N-grams are what they stand for, whatever stands around them."""

import random

import numpy as np
import pytest

from pipelines.leakage.grams import Phrases, Size, Text, known, outside, phrase
from pipelines.measures.words import words

SIZE = Size()


def text(value: str) -> Text:
    return Text(words(value))


def of(count: int, seed: int = 0) -> list[str]:
    noise = random.Random(seed)
    return [f"w{noise.randrange(10**6)}" for _ in range(count)]


def test_n_grams_are_those_of_brute_force() -> None:
    tokens = of(40)
    made = text(" ".join(tokens)).grams(SIZE).hashes.tolist()
    alone = [text(" ".join(tokens[at : at + 13])).grams(SIZE).hashes.tolist() for at in range(28)]
    assert [[each] for each in made] == alone and len(set(made)) == 28


@pytest.mark.parametrize(
    ("value", "count"),
    [
        ("a " * 12, 0),
        ("a " * 13, 1),
        ("字" * 49, 0),
        ("字" * 50, 1),
        ("字" * 25 + " a" * 6, 0),
        ("字" * 25 + " a" * 7, 2),
        ("", 0),
    ],
)
def test_chinese_is_counted_in_characters(value: str, count: int) -> None:
    assert len(text(value).grams(SIZE).hashes) == count


def test_what_stands_around_makes_no_difference() -> None:
    inner = "模型 reads " + "图像和文字" * 9 + " in one pass of the tower"
    made = set(text(inner).grams(SIZE).hashes.tolist())
    outer = text(f"{' '.join(of(30))} {inner}, {'其他文字' * 20}").grams(SIZE).hashes
    assert made and made <= set(outer.tolist())


def test_case_punctuation_and_line_ends_make_no_difference() -> None:
    tokens = of(20)
    one, other = text(" ".join(tokens)), text("(" + ",\r\n\t".join(tokens).upper() + ")!")
    assert (one.grams(SIZE).hashes == other.grams(SIZE).hashes).all()


def test_phrases_are_found_wherever_they_stand() -> None:
    tokens = of(200)
    wanted = [(0, 2), (3, 5), (10, 40), (150, 158), (192, 200)]
    phrases = Phrases([phrase(text(" ".join(tokens[a:b]))) for a, b in wanted])
    found = sorted(phrases.find(text(" ".join(tokens))))
    assert found == [(number, *span) for number, span in enumerate(wanted)]
    assert not list(phrases.find(text(" ".join(of(200, seed=1)))))


def test_a_phrase_that_breaks_off_is_not_found() -> None:
    tokens = of(20)
    phrases = Phrases([phrase(text(" ".join(tokens)))])
    assert not list(phrases.find(text(" ".join(tokens[:19]))))
    assert not list(phrases.find(text(" ".join([*tokens[:19], "other"]))))


def test_n_grams_that_touch_a_span_are_told() -> None:
    made = text(" ".join(of(40)))
    grams = made.grams(SIZE)
    free = outside(grams, [(20, 22)], len(made))
    assert np.flatnonzero(~free).tolist() == list(range(8, 22))


def test_known_hashes_are_those_among_the_sorted() -> None:
    among = np.array([3, 7, 9], np.uint64)
    asked = np.array([0, 3, 8, 9, 10], np.uint64)
    assert known(asked, among).tolist() == [False, True, False, True, False]
    assert not known(asked, among[:0]).any()


def test_too_short_sizes_are_refused() -> None:
    with pytest.raises(ValueError, match="n-grams of 1 words"):
        Size(words=1)
