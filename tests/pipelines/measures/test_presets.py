"""Each class has a preset that keeps real material and drops what nobody wants."""

from pathlib import Path
from typing import Any

import pytest

from pipelines.facts import NUMBERS
from pipelines.language import language
from pipelines.measures.pairs import measure as measure_caption
from pipelines.measures.presets import expand, presets
from pipelines.measures.text import measure
from pipelines.measures.words import words
from pipelines.plan import refused
from pipelines.recipe_reader import to_filter
from taxonomy.categories import categories

MENU = "Home\nAbout us\nContact us\nPrivacy policy\nRead more\nShop\n" * 6
PROSE = (
    "The house stood on the hill for many years, and nobody knew who had built it. People from "
    "the town said that it was older than the church. One winter a woman with a red coat came to "
    "the village and asked the baker for its key, which he gave to her without a word, as if he "
    "had waited for this since he was young. "
)
BAD = {
    "too short": ("Only a few words.", "filter_words"),
    "a menu": (MENU + PROSE, "filter_boilerplate_share"),
    "numbers": ("".join(f"{number} {number**2} cats\n" for number in range(99)), "filter_digit"),
    "the same again": (f"{PROSE}\n" * 30, "filter_compression_ratio"),
    "lost letters": ("caf\ufffd au lait, d\ufffdj\ufffd v\ufffd. " + PROSE, "filter_replacement"),
    "filler": ("Lorem ipsum dolor sit amet, and so on. " + PROSE, "filter_c4_lorem_ipsum"),
}


def facts(text: str, category: str) -> dict[str, Any]:
    spoken, sure = language(text)
    found = words(text)
    return {
        **dict.fromkeys(NUMBERS),
        **measure(text, found, spoken),
        **measure_caption(text, found, ["a/red-car.jpg"]),
        "language_confidence": sure,
        "category": category,
        "stanza": "",
    }


def why(text: str, category: str) -> str | None:
    filters = [to_filter(each) for each in expand([{"preset": category}])]
    return refused(facts(text, category), filters)


@pytest.mark.parametrize("category", categories())
def test_each_class_has_a_preset_for_its_samples_alone(category: str) -> None:
    assert {each["category"] for each in presets()[category]} == {category}


@pytest.mark.parametrize("name", BAD)
def test_text_that_nobody_wants_goes(name: str) -> None:
    text, reason = BAD[name]
    assert str(why(text, "pretrain/text")).startswith(reason)


@pytest.mark.parametrize("folder", ["zh-docs", "licences", "versions"])
def test_real_text_stays(folder: str, samples: Path) -> None:
    files = sorted((samples / "text" / folder).iterdir())
    found = {each.name: why(each.read_text("utf-8", "replace"), "pretrain/text") for each in files}
    assert {name: reason for name, reason in found.items() if reason} == {}


@pytest.mark.parametrize("caption", ["red car", "Click to enlarge", "DSC_0012.JPG", "Logo"])
def test_captions_that_say_nothing_go(caption: str) -> None:
    assert why(caption, "pretrain/caption") is not None


@pytest.mark.parametrize("caption", ["A red car", "图 4.1. 引导界面", "Chelsea the cat."])
def test_captions_that_say_something_stay(caption: str) -> None:
    assert why(caption, "pretrain/caption") is None
