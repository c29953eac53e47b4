"""Loaders that follow the corpus's weights draw by them."""

import math
import random
from collections import Counter
from collections.abc import Mapping
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
import webdataset
import yaml

from model import mixture
from pipelines.corpus import mixes
from pipelines.corpus.census import Sums
from taxonomy.mixtures import Mixture

DRAWN = 10_000


def told(corpus: Path) -> list[dict[str, Any]]:
    value: dict[str, Any] = yaml.safe_load((corpus / "mixture.yaml").read_text())
    folders: list[dict[str, Any]] = value["folders"]
    return folders


def assert_drawn(counts: Mapping[str, int], weights: Mapping[str, float]) -> None:
    for name, weight in weights.items():
        error = math.sqrt(weight * (1 - weight) / DRAWN)
        assert abs(counts[name] / DRAWN - weight) <= 2 * error, name


# webdataset leaves the files that it has read for the garbage collector to close.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_webdataset_draws_by_the_weights(corpus: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(corpus)
    parts = [
        webdataset.WebDataset(each["shards"], resampled=True, shardshuffle=False).shuffle(0)
        for each in told(corpus)
    ]
    random.seed(7)
    mix = webdataset.RandomMix(parts, [each["weight"] for each in told(corpus)])
    counts = Counter(str(Path(each["__url__"]).parent) for each in islice(mix, DRAWN))
    weights = {each["folder"]: each["weight"] for each in told(corpus)}
    assert len(weights) == 4 and sum(weights.values()) == pytest.approx(1, abs=1e-5)
    assert_drawn(counts, weights)


@pytest.mark.parametrize("stage", ["", "stage2"])
def test_our_own_loader_draws_by_the_weights(corpus: Path, stage: str) -> None:
    expected = mixture.weights(corpus, stage)
    drawn = list(islice(mixture.draw(corpus, seed=7, stage=stage), DRAWN))
    assert_drawn(Counter(folder for folder, _ in drawn), expected)
    assert all(folder.startswith(sample.category) for folder, sample in drawn[:100])
    again = [sample.key for _, sample in islice(mixture.draw(corpus, seed=7, stage=stage), 50)]
    assert again == [sample.key for _, sample in drawn[:50]]


def test_our_own_loader_says_which_stage_it_cannot_draw(corpus: Path) -> None:
    with pytest.raises(ValueError, match="stage3 draws from nothing"):
        mixture.weights(corpus, "stage3")
    with pytest.raises(ValueError, match="no stage 'stage9'; mixture.yaml has stage1"):
        mixture.weights(corpus, "stage9")


def test_energon_blends_the_same_folders_by_the_same_weights(corpus: Path) -> None:
    value = yaml.safe_load((corpus / "metadataset.yaml").read_text())
    assert (value["__module__"], value["__class__"]) == ("megatron.energon", "MetadatasetV2")
    blend = value["splits"]["train"]["blend"]
    assert [(f"./{each['folder']}", each["weight"]) for each in told(corpus)] == [
        (part["path"], part["weight"]) for part in blend
    ]
    for part in blend:
        assert (corpus / part["path"] / ".nv-meta" / "split.yaml").exists()


def test_stages_weigh_what_is_there_in_their_own_unit() -> None:
    groups = {
        "pretrain/text/json": Sums(samples=10, characters=100_000),
        "pretrain/caption/jpg-txt": Sums(samples=300, characters=3000),
        "pretrain/caption/png-txt": Sums(samples=100, characters=1000),
    }
    weights = {"pretrain/text": 50, "pretrain/caption": 50, "sft/text": 100}
    told = mixes.stage_weights(Mixture(weights=weights, unit="tokens"), groups)
    # A text is a thousand times as long as a caption: as much of both is a text a 1000 captions.
    expected = {"text/json": 1 / 1001, "caption/jpg-txt": 750 / 1001, "caption/png-txt": 250 / 1001}
    assert told == {f"pretrain/{name}": pytest.approx(n, abs=1e-6) for name, n in expected.items()}
    told = mixes.stage_weights(Mixture(weights=weights), groups)
    assert told["pretrain/text/json"] == 0.5


def test_presets_say_what_is_missing(corpus: Path) -> None:
    stages = yaml.safe_load((corpus / "mixture.yaml").read_text())["stages"]
    assert stages["stage1"]["missing"] == ["pretrain/document_ocr"]
    assert sum(stages["stage1"]["weights"].values()) == pytest.approx(1, abs=1e-5)
    assert stages["stage3"]["weights"] == {}
