"""Prompts get a use case at ingest; whatever has one, or is no prompt, is left alone."""

import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq

from pipelines.labels import labelled
from sources.image import ImageFacts, read_image
from sources.sample import Sample, Segment
from tests.conftest import ROOT
from tests.pipelines import corpora

COUNTING = "recognition/local-description/counting"


def seen() -> ImageFacts:
    return read_image(corpora.picture(1), max_bytes=10**6, max_pixels=10**6, orient=False)[1]


def asked(text: str, category: str = "sft/multimodal", taxonomy: str = "") -> Sample:
    turns = (
        Segment(image=corpora.picture(1), role="user"),
        Segment(text=text, role="user"),
        Segment(text="Three.", role="assistant"),
    )
    return Sample(segments=turns, category=category, taxonomy=taxonomy, key="a")


def test_a_prompt_is_labelled_in_either_language() -> None:
    for text in ("How many apples are on the table?", "图中一共有几个苹果？"):
        sample, sure = labelled(asked(text), [seen()])
        assert sample.taxonomy == COUNTING
        assert sure is not None and sure > 0.8


def test_an_unclear_prompt_has_no_use_case_but_a_confidence() -> None:
    sample, sure = labelled(asked("zzz"), [seen()])
    assert sample.taxonomy == "" and sure is not None and sure < 0.3


def test_what_a_source_states_stays_and_pretraining_is_not_labelled() -> None:
    stated = asked("How many apples are there?", taxonomy="conversion/text-based/x")
    assert labelled(stated, [seen()]) == (stated, None)
    caption = asked("How many apples are there?", category="pretrain/caption")
    assert labelled(caption, [seen()]) == (caption, None)


def test_builds_without_prompts_do_not_load_the_labeller() -> None:
    code = "import sys, pipelines.convert; print('taxonomy.labeller' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout.strip() == "False", done.stderr


def test_a_built_corpus_holds_the_labels(tmp_path: Path) -> None:
    (tmp_path / "raw").mkdir()
    (tmp_path / "raw" / "talk.jsonl").write_text(
        '{"instruction": "Solve the equation 3x + 5 = 20 and show each step.", "output": '
        '"x = 5."}\n'
        '{"instruction": "zzz", "output": "No."}\n'
    )
    source = {"source": "text_sft", "path": "raw"}
    recipe = corpora.make_recipe(tmp_path, sources=[source])
    corpora.run("build", recipe, "--out", tmp_path / "out", "--workers", 1)
    (index,) = (tmp_path / "out" / "sft").rglob("*.parquet")
    facts = pq.read_table(index).to_pylist()
    labels = sorted(row["taxonomy"].split("/")[0] for row in facts)
    assert labels == ["", "logical-reasoning"]
    assert all(row["taxonomy_confidence"] > 0 for row in facts)
    corpora.run("verify", tmp_path / "out")
