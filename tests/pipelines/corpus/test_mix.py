"""`mix` and `taxonomy` tell what classes a corpus has and what a mixture takes of them."""

import argparse
import json
from pathlib import Path

import pytest

from pipelines.corpus import classes, mix
from pipelines.corpus.state import CorpusError
from pipelines.recipe_reader import read_recipe
from tests.pipelines import corpora

MIXTURE = {"weights": {"pretrain/caption": 1, "pretrain/text": 3}, "total": 400}


def rows(text: str) -> dict[str, list[str]]:
    return {line.split()[0]: line.split()[1:] for line in text.splitlines() if "  " in line}


def test_another_mixture_is_tried_on_what_is_there(
    corpus: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    filters = [{"fact": "images", "max": 0, "category": "pretrain/caption"}]
    raw = {"mixture": {**MIXTURE, "shortfall": "short"}}
    recipe = read_recipe(str(corpora.make_recipe(tmp_path, **raw)))
    assert mix.run(str(corpus), recipe=recipe, preset="") == 0
    told = rows(capsys.readouterr().out)
    # Duplicates are no more there; "*" are the entry and the language.
    assert told["pretrain/caption"][:5] == ["*", "*", "100", "29", "29"]
    assert told["pretrain/text"][:5] == ["*", "*", "300", "56", "56"]
    recipe = read_recipe(str(corpora.make_recipe(tmp_path, filters=filters, **raw)))
    assert mix.run(str(corpus), recipe=recipe, preset="") == 0
    assert rows(capsys.readouterr().out)["pretrain/caption"][:5] == ["*", "*", "100", "0", "0"]


def test_a_recipe_alone_tells_what_it_asks(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recipe = str(corpora.make_recipe(tmp_path, mixture={**MIXTURE, "caps": {"pairs": 50}}))
    assert mix._run(argparse.Namespace(dir=recipe, recipe=None, preset=""), []) == 0
    told = capsys.readouterr().out
    assert rows(told)["pretrain/text"] == ["*", "*", "75.00%", "300"]
    assert "400 samples in all; where there is too little, all is scaled down" in told
    assert "at most 50 of pairs" in told
    mix.ask({}, "stage1")
    assert rows(capsys.readouterr().out)["pretrain/caption"][2:] == ["33.33%", "1,250,000"]
    mix.ask({"mixture": {"over": "main", "weights": "even"}}, "")
    assert "each class that there will be weighs the same" in capsys.readouterr().out
    with pytest.raises(CorpusError, match="asks for no mixture"):
        mix.ask({}, "")


def test_a_preset_that_cannot_be_met_says_what_there_is(corpus: Path) -> None:
    done = corpora.run("mix", corpus, "--preset", "stage1", code=1)
    assert "nothing of pretrain/document_ocr" in done.stderr
    assert "there is: pretrain/caption 29, pretrain/text 56 samples" in done.stderr
    with pytest.raises(CorpusError, match="asks for no mixture: name a preset"):
        mix.run(str(corpus), recipe=None, preset="")


def test_a_mixed_corpus_tells_what_it_was_made_of(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recipe = corpora.make_recipe(tmp_path, mixture={**MIXTURE, "shortfall": "short"})
    corpora.run("build", recipe, "--out", tmp_path / "out", "--workers", 1)
    mix.run(str(tmp_path / "out"), recipe=None, preset="")
    told = capsys.readouterr().out
    assert rows(told)["pretrain/text"][:5] == ["*", "*", "300", "56", "56"]
    assert "pretrain/caption (*, *): missing 71 of 100 samples; there are 29" in told
    page = (tmp_path / "out" / "report" / "index.html").read_text()
    assert "missing 71 of 100 samples" in page


def test_the_tree_of_use_cases_counts_a_corpus(
    corpus: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert classes.run(str(corpus), language="zh", as_json=False) == 0
    assert "0 samples have a class, 85 have none" in capsys.readouterr().out
    assert classes.run(None, language="en", as_json=True) == 0
    assert len(json.loads(capsys.readouterr().out)) == 8 + 21 + 88
