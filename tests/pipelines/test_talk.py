"""Facts of questions and answers are told, filters drop by them, and questions come once."""

import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from pipelines import talk
from sources.sample import Sample, Segment
from tests.pipelines import corpora

LONG = "The harbour of the town was built in three parts, each of them wider than the last. " * 3


def turns(*said: str, **more: Any) -> Sample:
    roles = ("user", "assistant") * len(said)
    pairs = zip(roles, said, strict=False)
    return Sample(segments=tuple(Segment(text=t, role=r) for r, t in pairs), key="a", **more)


def test_options_in_columns_or_in_the_question_are_multiple_choice() -> None:
    listed = "What is it?\nA. a cat\nB. a dog"
    for sample in (turns(listed, "A"), turns("What?", "cat", choices=("cat", "dog"))):
        assert talk.measure(sample)["multiple_choice"] is True
    for plain in (
        "Is this vitamin B. or not?",
        "Dr. A. Bell and B. Cole: who?",
        "\u4ec0\u4e48\uff1f",
    ):
        assert talk.measure(turns(plain, "Yes"))["multiple_choice"] is False
    inline = "\u54ea\u4e2a\u5bf9\uff1f A. \u732b B. \u72d7 C. \u9e1f"
    assert talk.lists_options(inline)


@pytest.mark.parametrize(
    ("answer", "cut"),
    [
        ("Three", False),
        ("It lies beside the", True),
        ("```python\nprint(1)", True),
        ("```python\nprint(1)\n```", False),
        (LONG, False),
        (LONG + "And then the masons of the town came back to it every single year until they had "
         "finished their", True),
        (LONG + "\n- stone\n- wood", False),
        ("\u56fe\u4e2d\u6709\u732b\u3001\u72d7\u3001", True),
    ],
)  # fmt: skip
def test_answers_that_break_off_are_known(answer: str, cut: bool) -> None:
    assert talk.is_cut(answer) is cut


def test_another_language_is_flagged_only_where_it_is_sure() -> None:
    english, chinese = (
        LONG,
        "\u8fd9\u5ea7\u6e2f\u53e3\u5206\u4e09\u4e2a\u9636\u6bb5\u5efa\u6210\u3002" * 3,
    )
    found = talk.measure(turns(english, chinese))
    assert (found["other_language"], found["answer_language"]) == (True, "zh")
    assert talk.measure(turns(english, english))["other_language"] is False
    assert talk.measure(turns(english, "Yes"))["other_language"] is None


def test_an_answer_that_goes_round_in_circles_is_measured() -> None:
    found = talk.measure(turns("Why?", "Fine.", "And?", "it is so and so it is " * 20))
    assert found["answer_repetition"] > 0.8 and found["answers"] == 2
    assert talk.measure(turns("Why?", LONG[:80]))["answer_repetition"] == 0


def test_what_is_no_talk_has_no_such_facts() -> None:
    found = talk.measure(Sample(segments=(Segment(text="A. one\nB. two"),), key="a"))
    assert found == {**dict.fromkeys({**talk.FIELDS, **talk.SIGNATURES}), "multiple_choice": False}


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    """Questions on two pictures: some asked twice, one with options, one answer cut off."""
    folder = tmp_path / "raw"
    folder.mkdir()
    for number in (1, 2):
        (folder / f"{number}.png").write_bytes(corpora.picture(number))
    asked = [
        ("1.png", "How many boats lie in the harbour?", "Two."),
        ("1.png", "How many boats lie in the harbour", "There are two."),
        ("1.png", "How many boats lie in that harbour?", "I see two."),
        ("2.png", "How many boats lie in the harbour?", "None."),
        ("1.png", "What is it?\nA. a boat\nB. a car", "A"),
        ("2.png", "Which colours does it have?", "Red and"),
    ]
    rows = [
        {"prompt": question, "answer": answer, "images": [image], "language": "en"}
        for image, question, answer in asked
    ]
    lines = "".join(json.dumps(row) + "\n" for row in rows)
    (folder / "talk.jsonl").write_text(lines, encoding="utf-8")
    return folder


def test_questions_come_once_and_presets_drop_with_their_reason(raw: Path, tmp_path: Path) -> None:
    recipe = corpora.make_recipe(
        tmp_path,
        sources=[{"source": "taxonomy_sft", "path": "raw"}],
        dedup={"questions": {"threshold": 0.7}},
        filters=[{"preset": "talk"}, {"preset": "no-multiple-choice"}],
        tokenizer="tiny",
    )
    corpora.run("build", recipe, "--out", tmp_path / "out", "--workers", 1)
    line = corpora.manifest(tmp_path / "out")["funnel"]["taxonomy_sft"]
    assert line["removed"] == {
        "filter_cut_answer": 1,
        "filter_multiple_choice": 1,
        "near_duplicate_question": 2,
    }
    assert corpora.manifest(tmp_path / "out")["near_duplicates"]["questions"] == {"threshold": 0.7}
    (index,) = (tmp_path / "out" / "sft").rglob("*.parquet")
    facts = pq.read_table(index).to_pylist()
    assert len(facts) == 2 and all(0 < row["tokens"] < row["characters"] for row in facts)
    assert "question" not in facts[0]
