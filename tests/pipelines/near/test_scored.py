"""Scores in stage 3: they tell which of two duplicates stays; edited documents have their own."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from model.score import Score, Scorer
from pipelines import build
from pipelines.job import Job
from pipelines.recipe_reader import read_recipe
from pipelines.scoring.batches import read_sample
from tests.pipelines.near import planted
from tests.pipelines.near.test_images import scene
from tests.pipelines.near.test_repeats import article


def made(folder: Path, out: str = "out", **recipe: Any) -> Path:
    """Builds the raw material of a folder in this process."""
    text = json.dumps({"name": "scored", "unit_size": "1kB", "score": {}, **recipe})
    (folder / "recipe.yaml").write_text(text)
    job = Job(recipe=read_recipe(str(folder / "recipe.yaml")), out=str(folder / out), workers=1)
    build.run_stages(job, lambda stage: None)
    return folder / out


def indexed(out: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    for path in sorted((out / "pretrain").rglob("*.parquet")):
        for row in pq.read_table(path).to_pylist():
            yield path.with_suffix(".tar"), row


def test_a_score_tells_which_of_near_duplicates_stays(tmp_path: Path) -> None:
    base = [f"word{number}" for number in range(100)]
    texts = [" ".join(base + ["more"] * extra) for extra in range(4)]
    planted.write_documents(tmp_path / "raw", [{"text": text} for text in texts], files=1)
    source = {"source": "documents", "path": "raw", "licence": "CC0-1.0"}
    losses = []
    for kept in ("score.loss", "score.length"):
        dedup = {"text": {"threshold": 0.8}, "quality": kept}
        out = made(tmp_path, sources=[source], dedup=dedup)
        ((_, row),) = indexed(out)
        name = kept.removeprefix("score.")
        paths = (out / "_build" / "scores").rglob("*.parquet")
        found = [each[name] for path in paths for each in pq.read_table(path).to_pylist()]
        assert len(found) == 4 and row["score"][name] == max(found) > min(found)
        losses.append(row["score"]["loss"])
    assert losses[0] > losses[1]  # so both had a say


def test_documents_that_lost_images_have_scores_of_their_own(tmp_path: Path) -> None:
    rows = [article(n, ["banner", f"{n}_a"]) for n in range(3)] + [article(9, ["9_a", "9_b"])]
    (tmp_path / "raw").mkdir()
    for seed, name in enumerate(["banner", "0_a", "1_a", "2_a", "9_a", "9_b"]):
        scene(seed).resize((64, 64)).save(tmp_path / "raw" / f"{name}.png")
    lines = "".join(json.dumps(row) + "\n" for row in rows)
    (tmp_path / "raw" / "WikihowText_data.json").write_text(lines)
    source = {"source": "wikihow", "path": "raw", "licence": "CC0-1.0", "language": "en"}
    out = made(tmp_path, sources=[source], dedup={"repeats": {"more_than": 2}})
    scorer, images = Scorer("tiny"), []
    for path, row in indexed(out):
        with path.open("rb") as stream:
            (alone,) = scorer.score([read_sample(stream, row["offset"], row["bytes"])])
        assert isinstance(alone, Score) and row["score"]["valid"]
        for name in ("images", "length", "loss", "image_worth"):
            assert row["score"][name] == getattr(alone, name)
        images.append(row["score"]["images"])
    assert sorted(images) == [1, 1, 1, 2]
