"""A corpus with something of everything, built once; damage tests work on copies of it."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipelines import cli
from tests.conftest import ROOT
from tests.pipelines import corpora

# Run by the Python of another tool, which has what it imports.
collect_ignore_glob = ["*_loop.py"]

# Content that would do harm in a terminal, a YAML file or a page if it were taken at its word.
HOSTILE = "<script>alert(1)</script> \x9b31mred --- {{x}} \u202eesrever & 'quotes\""


@pytest.fixture(scope="session")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Raw material and a recipe: documents, captioned pictures, notebooks, a filter."""
    folder = tmp_path_factory.mktemp("corpus")
    corpora.make_raw(folder / "raw")
    (folder / "raw" / "text" / "odd.jsonl").write_text(json.dumps({"text": HOSTILE}) + "\n")
    notebooks = str(ROOT / "sources" / "examples" / "notebooks")
    entries = json.loads(corpora.recipe_text())["sources"]
    entries.append({"source": "notebooks", "path": notebooks, "licence": "MIT"})
    filters = [{"fact": "characters", "min": 17, "entry": "pairs"}]
    corpora.make_recipe(folder, shard_size="200kB", sources=entries, filters=filters)
    return folder


@pytest.fixture(scope="session")
def built(place: Path) -> Path:
    """The corpus; tests only read it."""
    out = place / "out"
    corpora.run("build", place / "recipe.yaml", "--out", out, "--workers", 1)
    return out


@pytest.fixture(scope="session")
def begun(place: Path) -> Path:
    """A build that ended after ingest."""
    out = place / "begun"
    corpora.run("build", place / "recipe.yaml", "--out", out, "--workers", 1, "--until", "ingest")
    return out


@pytest.fixture
def damaged(built: Path, tmp_path: Path) -> Path:
    """A copy of the corpus to be spoilt."""
    return Path(shutil.copytree(built, tmp_path / "copy"))


Ask = Callable[..., Any]


@pytest.fixture
def ask(capsys: pytest.CaptureFixture[str]) -> Ask:
    """Runs a command in this process and returns what it printed, read if it is JSON."""

    def run(*arguments: object, code: int = 0) -> Any:
        seen = cli.main([str(each) for each in arguments])
        out, err = capsys.readouterr()
        assert seen == code, f"{out}\n{err}"
        return json.loads(out) if "--json" in arguments and out else out + err

    return run
