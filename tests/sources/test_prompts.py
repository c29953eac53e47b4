"""Prompts are drawn by the row, so that every machine draws the same."""

import pytest

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


def test_a_pool_that_is_not_there_is_named() -> None:
    with pytest.raises(ValueError, match="no prompt in 'en' in a pool 'pretrain/none'"):
        ask("pretrain/none", ROWS[0])
