"""Shingles are runs of words, and of characters where a script writes no blanks."""

import unicodedata

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pipelines.measures.words import words
from pipelines.near.shingles import WORDS, Hashes
from pipelines.near.shingles import shingles as of_words


def shingles(text: str) -> Hashes:
    return of_words(words(text))


def plain_words(text: str) -> list[str]:
    """The definition, a character at a time."""
    found: list[str] = []
    open_word = False
    for character in unicodedata.normalize("NFKC", text).lower():
        han = "\u4e00" <= character <= "\u9fff"
        letter = unicodedata.category(character)[0] in "LNM"
        if letter and open_word and not han:
            found[-1] += character
        elif letter:
            found.append(character)
        open_word = letter and not han
    return found


def plain_shingles(text: str) -> set[tuple[str, ...]]:
    found = plain_words(text)
    size = min(WORDS, len(found))
    return {tuple(found[at : at + size]) for at in range(len(found) - size + 1)} if found else set()


letters = st.text("ab ,.\n中文字é\u0301１ﬁ'-", max_size=60)


@given(letters)
def test_as_many_as_the_definition_gives(text: str) -> None:
    assert len(shingles(text)) == len(plain_shingles(text))


@given(letters, letters)
def test_texts_share_what_the_definition_shares(one: str, other: str) -> None:
    shared = np.intersect1d(shingles(one), shingles(other))
    assert len(shared) == len(plain_shingles(one) & plain_shingles(other))


def test_ascii_and_unicode_take_two_ways_to_the_same() -> None:
    text = "The quick brown fox jumps over the lazy dog. " * 3
    assert (shingles(text) == shingles(text.replace(" ", "\u00a0"))).all()


def test_the_order_of_words_counts_and_their_borders() -> None:
    assert not np.intersect1d(shingles("ab c d e f"), shingles("a bc d e f")).size
    assert not np.intersect1d(shingles("a b c d e"), shingles("b a c d e")).size


def test_marks_belong_to_words_and_thai_is_cut_into_characters() -> None:
    assert len(shingles("\u0939\u093f\u0928\u094d\u0926\u0940")) == 1
    assert len(shingles("\u0e01\u0e23\u0e38\u0e07\u0e40\u0e17\u0e1e")) == 3


def test_hashes_never_change() -> None:
    assert shingles("one two three four five six").tolist() == GOLDEN


GOLDEN = [1942668744, 3221474747]
