"""How far scores go on a corpus: true pairs of its own against swapped ones."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from model.material import draw
from model.score import Scorer
from pipelines import build, store
from pipelines.corpus.scores import told_apart
from pipelines.job import Job
from pipelines.layout import Layout
from pipelines.recipe_reader import read_recipe
from pipelines.scoring.settings import Scoring
from pipelines.scoring.swaps import SwapHandler, tell_apart
from sources.sample import Sample, Segment
from tests.conftest import ROOT
from tests.pipelines import corpora

RECIPES = ROOT / "pipelines" / "recipes"


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The part of the sample corpus that is of the kinds that `tiny` knows."""
    folder = tmp_path_factory.mktemp("drawn")
    recipe = yaml.safe_load((RECIPES / "sample.yaml").read_text(encoding="utf-8"))
    entries = [each for each in recipe["sources"] if each.get("name", "").startswith("drawn-")]
    for each in entries:
        each["path"] = str(RECIPES / each["path"])
    (folder / "recipe.yaml").write_text(json.dumps({**recipe, "sources": entries}))
    job = Job(recipe=read_recipe(str(folder / "recipe.yaml")), out=str(folder / "out"), workers=1)
    build.run_stages(job, lambda stage: None)
    return folder / "out"


def test_scores_of_the_sample_corpus_mean_something(drawn: Path) -> None:
    told = corpora.manifest(drawn)["scores"]["told_apart"]
    print("\nAUC of true against swapped pairs of the sample corpus:", told)
    assert {line["entry"] for line in told} == {"drawn-scenes", "drawn-plots", "drawn-pages"}
    assert all(line["pairs"] == 64 and line["auc"] >= 0.9 for line in told)
    page = (drawn / "report" / "index.html").read_text(encoding="utf-8")
    assert "True pairs of this corpus against swapped ones" in page
    assert page.count("means something") == 3
    assert all(f"{line['auc']:.3f}" in page for line in told)


def test_what_was_measured_is_not_measured_again(drawn: Path) -> None:
    (picked,) = store.below(str(drawn / "_build" / "trust"), "*/picked/drawn-plots.jsonl")
    handler = SwapHandler(Layout(out="nowhere"), Scoring())
    (path,) = handler.run_inference([picked.path], None)  # type: ignore[arg-type]
    (told,) = store.read_lines(path)
    assert told in corpora.manifest(drawn)["scores"]["told_apart"]


def sample(number: int, image: bytes) -> Sample:
    text = draw("scene", number).text
    return Sample(key=f"k{number}", segments=(Segment(image=image), Segment(text=text)))


def test_images_that_do_not_decode_make_no_pair() -> None:
    blobs = [corpora.picture(0), corpora.picture(1), corpora.picture(2)[:40]]
    samples = [(sample(number, blob), 0.5) for number, blob in enumerate(blobs)]
    scorer = Scorer("tiny")
    assert tell_apart(samples, scorer)["pairs"] == 2  # the second would have had the cut one
    same = [(replace(one, segments=samples[0][0].segments), 0.5) for one, _ in samples]
    assert tell_apart(same, scorer) == {"pairs": 0, "auc": None}


@pytest.mark.parametrize(
    ("pairs", "auc", "verdict"),
    [(64, 0.9, "means something"), (64, 0.89, "means little"), (19, 1.0, "too few pairs")],
)
def test_the_report_says_what_follows(pairs: int, auc: float, verdict: str) -> None:
    line: dict[str, Any] = {"entry": "e", "pairs": pairs, "auc": auc}
    (card,) = told_apart({"told_apart": [line, {"entry": "f", "pairs": 0, "auc": None}]})
    assert verdict in card.text and ">f<" not in card.text
    assert list(told_apart({})) == []
