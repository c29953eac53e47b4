from pathlib import Path

import pytest

from taxonomy.document import Mistake
from taxonomy.presets import even, load, presets, table_weights


def test_stage_1_is_one_caption_to_two_documents() -> None:
    weights = presets()["stage1"].weights
    assert weights["pretrain/document_ocr"] / weights["pretrain/caption"] == 2
    assert presets()["stage1"].total == sum(weights.values()) == 3_750_000


def test_stage_2_is_table_1_and_a_little_of_table_2() -> None:
    weights = presets()["stage2"].weights
    first = {id: weight for id, weight in weights.items() if id.startswith("pretrain/")}
    assert sum(weights.values()) == pytest.approx(100)
    assert sum(first.values()) == pytest.approx(99)
    assert first["pretrain/text"] == pytest.approx(0.99 * 70)


def test_stage_3_is_table_2() -> None:
    assert presets()["stage3"].weights == pytest.approx(table_weights(2))
    assert sum(table_weights(1).values()) == pytest.approx(100)
    assert sum(table_weights(2).values()) == pytest.approx(100)


def test_even_is_as_much_of_each() -> None:
    assert even(("a", "b"), total=10).weights == {"a": 1, "b": 1}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("m:\n  description: d\n  unit: samples\n", "own.yaml:2: missing shortfall"),
        (
            "m:\n  description: d\n  unit: miles\n  shortfall: short\n  weights: {a: 1}\n",
            "own.yaml:2: unit 'miles'",
        ),
        (
            "m:\n  description: d\n  unit: bytes\n  shortfall: short\n  weights:\n    a: much\n",
            "own.yaml:6: expected a number",
        ),
        (
            "m:\n  description: d\n  unit: bytes\n  shortfall: short\n"
            "  parts:\n  - {table: 3, weight: 1}\n",
            "own.yaml:6: table 3 is none",
        ),
    ],
)
def test_a_mistake_is_told_with_its_line(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "own.yaml"
    path.write_text(text)
    with pytest.raises(Mistake, match=message):
        load(path)
