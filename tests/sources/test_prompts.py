"""Prompts are drawn by the row, so that every machine draws the same."""

from dataclasses import replace

import pytest

import sources
from sources.prompts import ask
from sources.source import Row
from taxonomy.prompts import pools

TABLE = "pretrain/table_chart/to_table"
ROWS = [Row(value=None, file="f.jsonl", place=f"byte {index}") for index in range(200)]


def test_a_row_has_its_prompt_and_all_prompts_are_drawn() -> None:
    drawn = [ask(TABLE, row, "zh", "csv").text for row in ROWS]
    assert drawn == [ask(TABLE, row, "zh", "csv").text for row in ROWS]
    known = {each.text for each in pools() if (each.pool, each.language) == (TABLE, "zh")}
    assert set(drawn) == known


def test_a_prompt_demands_no_other_form() -> None:
    drawn = {ask(TABLE, row).text for row in ROWS}
    assert drawn and not any("CSV" in str(text) for text in drawn)


@pytest.mark.parametrize("name", ["laion_gptv", "textocr_gpt4v"])
def test_the_prompt_speaks_the_language_of_the_answer(name: str) -> None:
    drawn: dict[str, set[str]] = {"en": set(), "zh": set()}
    for said, language in (("A tea house by a river.", "en"), ("河边的一座茶馆。", "zh")):
        value = {"link": "https://a.example/b.png", "filename": "b.png", "caption": said}
        for row in ROWS:
            (made,) = sources.load(f"sft/{name}").parse(replace(row, value=value))
            drawn[language].add(made.texts[0])
    known = [each for each in pools() if each.pool == "pretrain/caption/detailed"]
    for language, texts in drawn.items():
        assert texts == {each.text for each in known if each.language == language}


def test_a_pool_that_is_not_there_is_named() -> None:
    with pytest.raises(ValueError, match="no prompt in 'en' in a pool 'pretrain/none'"):
        ask("pretrain/none", ROWS[0])
