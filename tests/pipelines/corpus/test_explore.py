"""`explore` says how facts are spread and what a filter would really drop."""

from pathlib import Path

import pytest

from pipelines.corpus import explore
from pipelines.corpus.state import CorpusError
from tests.pipelines import corpora
from tests.pipelines.corpus.conftest import Ask


def test_it_drops_what_a_filter_would_drop(ask: Ask, built: Path) -> None:
    told = ask("explore", built, "characters", "--min", 17, "--json")
    removed = corpora.manifest(built)["funnel"]["pairs"]["removed"]
    assert told["entries"]["pairs"]["dropped"] == removed["filter_characters"]
    assert told["entries"]["documents"]["dropped"] == 0


def test_the_samples_at_the_border_are_shown_with_their_text(ask: Ask, built: Path) -> None:
    told = ask("explore", built, "characters", "--min", 17, "--json")
    examples = told["examples"]["min"]
    numbers = [each["value"] for each in examples]
    assert len(examples) == 19 and numbers == sorted(numbers)
    assert sum(number < 17 for number in numbers) == 9
    assert all(each["text"] for each in examples)
    assert examples[8]["text"].startswith("picture number ") and examples[8]["value"] == 16


def test_a_build_that_has_not_ended_can_be_explored(ask: Ask, begun: Path) -> None:
    text = ask("explore", begun, "words", "--max", 30)
    assert text.startswith("words:\n") and "  drops  " in text and "  stays  " in text
    assert text.index("  stays  ") < text.index("  drops  ")


def test_every_fact_that_is_there_has_a_line(ask: Ask, built: Path) -> None:
    told = ask("explore", built, "--json")
    assert told["characters"]["samples"] == told["words"]["samples"] > told["min_side"]["samples"]
    quantiles = list(told["bytes"]["quantiles"].values())
    assert quantiles == sorted(quantiles)
    assert "min_jpeg_quality" in ask("explore", built)


def test_what_is_no_number_is_refused(ask: Ask, built: Path) -> None:
    with pytest.raises(CorpusError, match="'licence' is no fact with numbers; there are: "):
        explore.run(str(built), "licence", low=None, high=None, as_json=False)
