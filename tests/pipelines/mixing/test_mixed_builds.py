"""A mixture in a build: the same samples on every number of workers, and nothing in silence."""

from pathlib import Path
from typing import Any

import pytest

from tests.pipelines import corpora

MIXTURE = {"weights": {"pretrain/caption": 1, "pretrain/text": 1}, "total": 50}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("mixed")


@pytest.fixture(scope="module")
def mixed(place: Path) -> Path:
    """A corpus of as many captions as texts; tests only read it."""
    recipe = corpora.make_recipe(place, mixture=MIXTURE)
    corpora.run("build", recipe, "--out", place / "corpus", "--workers", 1)
    return place / "corpus"


def told(out: Path) -> dict[str, Any]:
    mixture: dict[str, Any] = corpora.manifest(out)["mixture"]
    return {line["class"]: line for line in mixture["lines"]}


def test_a_build_takes_what_its_mixture_asks(mixed: Path) -> None:
    funnel = corpora.manifest(mixed)["funnel"]
    assert [funnel[name]["written"] for name in ("documents", "pairs")] == [25, 25]
    assert funnel["documents"]["removed"] == {"exact_duplicate": 4, "mixture": 31}
    line = told(mixed)["pretrain/text"]
    assert (line["wanted"], line["available"], line["taken"], line["short"]) == (25, 56, 25, 0)
    corpora.run("verify", mixed)


@pytest.mark.slow
def test_two_workers_and_doubled_bundles_take_the_same(mixed: Path, tmp_path: Path) -> None:
    options = ["--workers", 2, "--direct_runner_bundle_repeat=1"]
    corpora.run("build", mixed.parent / "recipe.yaml", "--out", tmp_path / "out", *options)
    assert corpora.files(tmp_path / "out") == corpora.files(mixed)


def test_another_mixture_stages_nothing_again(mixed: Path, tmp_path: Path) -> None:
    recipe, out = corpora.make_recipe(tmp_path, mixture=MIXTURE), tmp_path / "out"
    corpora.run("build", recipe, "--out", out, "--workers", 1)
    staged = {path: path.stat().st_mtime_ns for path in (out / "_build/staged").rglob("*")}
    more = {"weights": MIXTURE["weights"], "total": 100, "shortfall": "short"}
    corpora.make_recipe(tmp_path, mixture=more)
    corpora.run("build", recipe, "--out", out, "--workers", 1)
    assert staged == {path: path.stat().st_mtime_ns for path in (out / "_build/staged").rglob("*")}
    assert (told(out)["pretrain/caption"]["taken"], told(out)["pretrain/caption"]["short"]) == (
        29,
        21,
    )
    assert told(out)["pretrain/text"]["short"] == 0


def test_a_mixture_of_what_is_not_there_stops_the_build(mixed: Path, tmp_path: Path) -> None:
    recipe = corpora.make_recipe(tmp_path, mixture="stage3")
    done = corpora.run("build", recipe, "--out", tmp_path / "out", "--workers", 1, code=1)
    assert "there is nothing of sft/" in done.stderr
    assert not (tmp_path / "out" / "manifest.json").exists()
