"""Energon itself, in an environment of its own, reads a corpus by the metadataset beside it."""

import json
import math
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.benchmarks.conftest import peer
from tests.conftest import ROOT
from tests.pipelines import corpora

DRAWN = 10_000
LOOP = Path(__file__).parent / "energon_loop.py"


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A corpus of pairs, plain texts and talks."""
    folder = tmp_path_factory.mktemp("mixed")
    examples = str(ROOT / "sources" / "examples")
    talks = {"source": "taxonomy_sft", "root": examples, "path": "sft/answered.jsonl"}
    sources = [*json.loads(corpora.recipe_text())["sources"], talks]
    recipe = corpora.make_recipe(folder, sources=sources)
    corpora.run("build", recipe, "--out", folder / "out", "--workers", 1)
    return folder / "out"


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_energon_draws_by_the_weights(mixed: Path) -> None:
    python = peer("megatron-energon==7.4.1", beside_ours=True)
    command = [python, LOOP, mixed / "metadataset.yaml", str(DRAWN), "1"]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    told = json.loads(done.stdout.splitlines()[-1])
    blend = yaml.safe_load((mixed / "metadataset.yaml").read_text())["splits"]["train"]["blend"]
    weights = {str(mixed / part["path"]): part["weight"] for part in blend}
    assert set(told["drawn"]) == set(weights) and len(weights) == 7
    for folder, weight in weights.items():
        error = math.sqrt(weight * (1 - weight) / DRAWN)
        assert abs(told["drawn"][folder] / DRAWN - weight) <= 2 * error, folder
    assert told["types"][str(mixed / "pretrain/text/json")] == "TextSample"
    assert told["types"][str(mixed / "sft/taxonomy/jpg")] == "TextSample"
    assert told["types"][str(mixed / "pretrain/caption/jpg-txt")] == "CaptioningSample"
