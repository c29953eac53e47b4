"""The model is asked for a use case too, where a recipe wants it, and agreement is recorded."""

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from model.score import Scorer
from pipelines import second_opinion
from pipelines.recipe_reader import RecipeError, read_recipe
from pipelines.second_opinion import SecondOpinion, as_question, opinions
from sources.sample import Sample, Segment
from tests.conftest import ROOT
from tests.pipelines import corpora

COUNTING = "recognition/local-description/counting"


def asked(key: str, text: str, category: str = "sft/multimodal") -> Sample:
    turns = (
        Segment(image=corpora.picture(1), role="user"),
        Segment(text=text, role="user"),
        Segment(text="Three.", role="assistant"),
    )
    return Sample(segments=turns, category=category, key=key)


def test_the_model_chooses_among_the_likeliest_and_says_how_sure_it_is() -> None:
    samples = [
        asked("a", "How many apples are there?"),
        asked("b", "\u56fe\u4e2d\u6709\u51e0\u4e2a\u82f9\u679c\uff1f"),
    ]
    samples.insert(1, asked("c", "How many?", category="pretrain/caption"))
    first, none, other = opinions(samples, SecondOpinion(classes=3), Scorer("tiny"))
    assert (none.use_case, none.agrees, none.perplexity) == ("", None, None)
    for found in (first, other):
        assert found.use_case and found.perplexity is not None and found.perplexity > 0
        assert found.agrees is (found.use_case == COUNTING)


def test_options_are_names_of_classes_in_the_language_of_the_prompt() -> None:
    ids = [COUNTING, "evaluation/-/reality-evaluation"]
    question = as_question(asked("a", "\u6709\u51e0\u4e2a\uff1f"), ids)
    assert question.choices[1] == "\u8bc4\u4ef7: \u771f\u5b9e\u6027\u8bc4\u4ef7"
    english = as_question(asked("a", "How many?"), ids)
    assert english.choices[0] == "Recognition: Local Description: Counting"
    assert len(english.images) == 1 and "How many?" in english.texts[0]


def test_no_model_is_loaded_where_nobody_asks_for_it() -> None:
    facts = second_opinion.measure(asked("a", "How many?"), None)
    assert facts == dict.fromkeys(second_opinion.FIELDS, None) | {"second_use_case": ""}


def test_a_model_that_is_none_is_a_fault_of_the_recipe(tmp_path: Path) -> None:
    path = corpora.make_recipe(tmp_path, second_opinion={"model": "gone"})
    with pytest.raises(RecipeError, match="second_opinion: no model"):
        read_recipe(str(path))


def test_a_build_records_what_the_model_says(tmp_path: Path) -> None:
    root = str(ROOT / "sources" / "examples")
    source = {"source": "taxonomy_sft", "root": root, "path": "sft/answered.jsonl"}
    recipe = corpora.make_recipe(tmp_path, sources=[source], second_opinion={"classes": 2})
    corpora.run("build", recipe, "--out", tmp_path / "out", "--workers", 1)
    paths = (tmp_path / "out" / "sft").rglob("*.parquet")
    facts = [row for path in paths for row in pq.read_table(path).to_pylist()]
    told = [row for row in facts if row["use_cases_agree"] is not None]
    assert len(told) == len(facts) > 20
    assert all(row["second_use_case"] for row in told)
    told_of = json.loads(corpora.run("inspect", tmp_path / "out", "--json").stdout)
    agreed = told_of["second_opinion"]
    assert (agreed["asked"], agreed["options"]) == (len(told), 2)
    assert agreed["agree"] == sum(row["use_cases_agree"] for row in told)
    page = (tmp_path / "out" / "report" / "index.html").read_text()
    assert "second opinion on use cases" in page and "so 50% would be chance" in page
