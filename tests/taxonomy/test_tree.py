import pytest

from taxonomy.tree import counts_upward, draw
from taxonomy.use_cases import use_cases

COUNTING = "recognition/local-description/counting"


def test_counts_add_up_along_the_path() -> None:
    totals = counts_upward(use_cases(), {COUNTING: 3, "commonsense-reasoning/humor-reasoning": 2})
    assert totals[COUNTING] == totals["recognition/local-description"] == totals["recognition"] == 3
    assert totals["commonsense-reasoning"] == 2
    assert totals["safety"] == 0


def test_a_class_that_is_not_of_the_taxonomy_is_refused() -> None:
    with pytest.raises(ValueError, match="no such class: recognition/taste"):
        counts_upward(use_cases(), {"recognition/taste": 1})


def test_every_class_has_its_line() -> None:
    lines = draw(use_cases())
    assert len(lines) == 8 + 21 + 88
    assert lines[:3] == ["Recognition", "|-- Global Description", "|   |-- Theme Description"]
    assert lines[-1] == "    `-- Prompt Injection"


def test_counts_stand_in_one_column() -> None:
    lines = draw(use_cases(), {COUNTING: 1234})
    assert len({len(line) for line in lines}) == 1
    assert [line for line in lines if "Counting" in line][0].endswith("  1,234")


def test_chinese_names_keep_the_column() -> None:
    lines = draw(use_cases(), {COUNTING: 7}, language="zh")
    assert lines[0].startswith("识别 ")
    widths = {sum(2 if ord(letter) >= 0x1100 else 1 for letter in line) for line in lines}
    assert len(widths) == 1
