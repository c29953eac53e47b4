"""Texts are counted by the tokenizer that a recipe names, and without torch."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from model import tokenizer
from model.weights import SHIPPED
from pipelines import tokens
from pipelines.recipe_reader import RecipeError, read_recipe
from pipelines.units import stanza_id
from tests.conftest import ROOT
from tests.pipelines import corpora

TEXTS = ["A cat sat here in 1984.", "\u4e2d\u6587 and <image_placeholder>", ""]


def test_tokens_are_those_of_the_model() -> None:
    words = tokenizer.load(SHIPPED / "tiny")
    for path in ("tiny", str(SHIPPED / "tiny"), str(SHIPPED / "tiny" / "tokenizer.json")):
        assert tokens.count(path, TEXTS) == sum(len(words.encode(text).ids) for text in TEXTS)


def test_counting_needs_no_torch() -> None:
    code = (
        "import sys; from pipelines import tokens; tokens.count('tiny', ['a']); "
        "print('torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout.strip() == "False", done.stderr


def test_a_recipe_knows_its_tokenizer_and_another_one_stages_anew(tmp_path: Path) -> None:
    (tmp_path / "words").mkdir()
    shutil.copy(SHIPPED / "tiny" / "tokenizer.json", tmp_path / "words")
    ids = set()
    for more in ({}, {"tokenizer": "tiny"}, {"tokenizer": "words"}):
        recipe = read_recipe(str(corpora.make_recipe(tmp_path, **more)))
        assert bool(recipe.stanzas[0].vocabulary) == bool(more)
        ids.add(stanza_id(recipe.stanzas[0], recipe.limits, recipe.unit_size))
    assert len(ids) == 3


@pytest.mark.parametrize("content", [None, "{}"])
def test_a_tokenizer_that_is_none_is_a_fault_of_the_recipe(
    tmp_path: Path, content: str | None
) -> None:
    if content:
        (tmp_path / "tokenizer.json").write_text(content)
    path = corpora.make_recipe(tmp_path, tokenizer="tokenizer.json")
    with pytest.raises(RecipeError, match=r"recipe.yaml:1: tokenizer: .*tokenizer.json"):
        read_recipe(str(path))
