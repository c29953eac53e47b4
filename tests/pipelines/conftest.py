"""Corpora that several tests look at."""

from pathlib import Path

import pytest

from tests.pipelines import corpora


@pytest.fixture(scope="session")
def workplace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with raw material and a recipe."""
    folder = tmp_path_factory.mktemp("workplace")
    corpora.make_recipe(folder)
    return folder


@pytest.fixture(scope="session")
def corpus(workplace: Path) -> Path:
    """A corpus built by one worker; tests only read it."""
    out = workplace / "corpus"
    corpora.run("build", workplace / "recipe.yaml", "--out", out, "--workers", 1)
    return out
