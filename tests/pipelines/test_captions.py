"""Captions that many pictures share go, whatever their case; all others stay."""

import json
from pathlib import Path

from tests.pipelines import corpora


def make(folder: Path, most: int) -> Path:
    (folder / "raw").mkdir()
    captions = ["Our product", "our PRODUCT.", "Our  product"] + ["A red car"] * 2 + ["A cat"]
    for number, caption in enumerate(captions):
        (folder / "raw" / f"{number}.png").write_bytes(corpora.picture(number))
        (folder / "raw" / f"{number}.txt").write_text(caption)
    # The same pair again is a duplicate, and does not count as a repeated caption.
    (folder / "raw" / "again.png").write_bytes(corpora.picture(3))
    (folder / "raw" / "again.txt").write_text("A red car")
    sources = [{"source": "pairs", "path": "raw"}]
    recipe = {"name": "cars", "unit_size": "1kB", "sources": sources}
    recipe["dedup"] = {"captions": {"most": most}}
    (folder / "recipe.yaml").write_text(json.dumps(recipe))
    return folder / "recipe.yaml"


def test_what_comes_too_often_goes(tmp_path: Path) -> None:
    recipe, out = make(tmp_path, 2), tmp_path / "out"
    corpora.run("build", recipe, "--out", out, "--workers", 1)
    removed = corpora.manifest(out)["funnel"]["pairs"]["removed"]
    assert removed == {"exact_duplicate": 1, "repeated_caption": 3}
    said = corpora.run("why", out, "0.png").stdout
    assert "removed (repeated_caption): more samples have this caption than" in said


def test_another_threshold_stages_nothing_again(tmp_path: Path) -> None:
    recipe, out = make(tmp_path, 3), tmp_path / "out"
    corpora.run("build", recipe, "--out", out, "--workers", 1)
    assert corpora.manifest(out)["samples"] == 6
    staged = {path: path.stat().st_mtime_ns for path in (out / "_build/staged").rglob("*")}
    recipe.write_text(recipe.read_text().replace('"most": 3', '"most": 1'))
    corpora.run("build", recipe, "--out", out, "--workers", 1)
    assert corpora.manifest(out)["samples"] == 1
    assert staged == {path: path.stat().st_mtime_ns for path in (out / "_build/staged").rglob("*")}
