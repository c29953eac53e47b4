"""Measures of text say what their published names say, in English and in Chinese."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.facts import MEASURES, SCALARS
from pipelines.language import language
from pipelines.measures.presets import expand, presets
from pipelines.measures.text import FIELDS, measure
from pipelines.measures.words import words
from pipelines.plan import refused
from pipelines.recipe import Filter
from pipelines.recipe_reader import to_filter

PROSE = (
    "The house stood on the hill for many years, and nobody knew who had built it. People from "
    "the town said that it was older than the church. In winter snow covered the road to it.\n"
    "\n"
    "One day a woman with a red coat came to the village. She asked the baker for the key of the "
    "house. He gave it to her without a word, as if he had waited for this since he was young.\n"
)
CHINESE = "这座房子在山上立了很多年，没有人知道是谁建的。镇上的人说它比教堂还要老。" * 4


def facts(text: str) -> dict[str, Any]:
    return measure(text, words(text), language(text)[0])


def test_prose_passes_the_published_filters() -> None:
    found = {**facts(PROSE), "category": "pretrain/text", "stanza": "a", "language_confidence": 0.9}
    for name in ("gopher-quality", "gopher-repetition", "c4", "clean-text"):
        filters = [
            Filter(fact=each["fact"], min=each.get("min"), max=each.get("max"))
            for each in expand([{"preset": name}])
        ]
        assert refused(found, filters) is None, name


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        ("one two three", "words", 3),
        ("这座房子 and a house", "words", 7),
        ("a 1234 b", "digit_share", 0.5),
        ("这座房子", "cjk_word_share", 1.0),
        ("bad \ufffd\ufffd text", "replacement_characters", 2),
        ("a\n\nb\n \nc", "paragraphs", 3),
        ("aa bbbb", "gopher_mean_word_length", 3.0),
        ("这座房子 ab", "gopher_mean_word_length", None),
        ("# one ... two", "gopher_symbol_ratio", 1.0),
        ("- a\n* b\nc d\n\u2022 e", "gopher_bullet_lines", 0.75),
        ("so on...\nmore\u2026\nend", "gopher_ellipsis_lines", 0.6667),
        ("one 22 3a --", "gopher_alphabetic_words", 0.5),
        ("same\nsame\nother", "gopher_duplicate_lines", 0.3333),
        ("same\nsame\nother", "gopher_duplicate_line_characters", 0.3077),
        ("p q\n\np q\n\nr", "gopher_duplicate_paragraphs", 0.3333),
        ("ab cd ab cd ee", "gopher_top_2_gram", 0.8),
        ("a b c d e", "gopher_top_2_gram", 0.0),
        ("a b c d e f a b c d e", "gopher_duplicate_5_grams", 0.4545),
        ("a b c d e f a b c d e", "gopher_duplicate_6_grams", 0.0),
        ("One. Two! Three", "c4_sentences", 2),
        ("一。二！三", "c4_sentences", 2),
        ("It ends.\nIt goes on", "c4_terminal_lines", 0.5),
        ("Enable javascript\nfine", "c4_javascript_lines", 0.5),
        ("We use cookies.\nfine", "c4_policy_lines", 0.5),
        ("Lorem ipsum {", "c4_lorem_ipsum", 1),
        ("Lorem ipsum {", "c4_curly_brackets", 1),
        ("import os\nfor x in y:\n    a = f(x);\nSome prose here", "code_lines", 0.75),
    ],
)
def test_values(text: str, name: str, value: float | None) -> None:
    assert facts(text)[name] == value


def test_wrongly_decoded_text_is_seen() -> None:
    assert facts("The caf\u00c3\u00a9 isn\u00e2\u20ac\u2122t open")["mojibake"] >= 2
    assert facts("Das Café ist geöffnet, señor — “так”")["mojibake"] == 0


def test_repetition_shows_in_compression() -> None:
    assert facts("buy now " * 200)["compression_ratio"] > 20
    assert facts(PROSE)["compression_ratio"] < 2.5


def test_paragraphs_of_another_language_are_counted() -> None:
    assert facts(PROSE)["other_language_share"] == 0
    assert 0.2 < facts(f"{PROSE}\n{CHINESE}")["other_language_share"] < 0.5
    assert facts(CHINESE)["other_language_share"] is None


def test_chinese_prose_is_not_taken_for_broken_english() -> None:
    found = facts(CHINESE)
    assert found["gopher_stop_words"] is None and found["gopher_mean_word_length"] is None
    assert found["c4_terminal_lines"] == 1


@given(st.text(max_size=300))
def test_any_text_gives_every_measure(text: str) -> None:
    found = measure(text, words(text), "en")
    assert set(found) == set(FIELDS)
    shares = [value for name, value in found.items() if "gram" in name or name.endswith("_share")]
    assert all(value is None or 0 <= value <= 1 for value in shares)


def plain_duplicate(tokens: list[str], size: int) -> float:
    seen, covered = set(), set()
    for at in range(len(tokens) - size + 1):
        run = tuple(tokens[at : at + size])
        if run in seen:
            covered |= set(range(at, at + size))
        seen.add(run)
    return sum(len(tokens[at]) for at in covered) / sum(map(len, tokens))


@given(st.lists(st.sampled_from(["a", "bb"]), min_size=1, max_size=40))
def test_repeated_runs_are_those_of_the_definition(tokens: list[str]) -> None:
    found = facts(" ".join(tokens))
    for size in (5, 7, 10):
        wanted = plain_duplicate(tokens, size)
        assert np.isclose(found[f"gopher_duplicate_{size}_grams"], wanted, atol=1e-4)


def test_presets_name_facts_that_exist() -> None:
    for filters in presets().values():
        named = {each["fact"] for each in filters}
        assert {fact for fact in named if not fact.startswith(MEASURES)} <= set(SCALARS)


def test_real_chinese_chapters_do_not_count_as_repetitive(samples: Path) -> None:
    broken = []
    for path in sorted((samples / "text" / "zh-docs").glob("*.md")):
        found = {**facts(path.read_text(encoding="utf-8")), "category": "", "stanza": ""}
        filters = [to_filter(each) for each in expand([{"preset": "gopher-repetition"}])]
        grams = [each for each in filters if "gram" in each.fact]
        broken += [path.name] if refused(found, grams) else []
    assert len(broken) <= 1
