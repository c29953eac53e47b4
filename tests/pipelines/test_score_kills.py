"""`shardwright score` may be killed at any moment: the next one goes on, with the same tars."""

import os
import random
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

from pipelines import build
from pipelines.corpus import verify
from pipelines.corpus.state import open_corpus
from pipelines.job import Job
from pipelines.recipe_reader import read_recipe
from pipelines.scoring import finished
from pipelines.scoring.settings import Scoring
from tests.conftest import ROOT
from tests.pipelines import corpora

KILLS = 1
# Files that a whole run makes or replaces, about; a kill comes after some of them.
_CHANGES = 70


def changes(out: Path) -> set[tuple[str, int]]:
    """The files below a folder, as they are now."""
    found = set()
    for folder, _, names in os.walk(out):
        for name in names:
            path = os.path.join(folder, name)
            try:
                found.add((path, os.stat(path).st_mtime_ns))
            except FileNotFoundError:
                continue
    return found


def kill_after(out: Path, count: int, workers: int) -> None:
    """Scores until so many files have changed, then kills all at once, unless it ended before."""
    command = corpora.command("score", out, "--batch", 2, "--workers", workers)
    said = out.with_name("said.txt")
    with said.open("wb") as stream:
        running = subprocess.Popen(
            command,
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=stream,
            start_new_session=True,
        )
    seen, before = changes(out), changes(out)
    while len(seen - before) < count and running.poll() is None:
        time.sleep(0.02)
        seen |= changes(out)
    killed = running.poll() is None
    if killed:
        os.killpg(running.pid, signal.SIGKILL)
    assert running.wait() == (-signal.SIGKILL if killed else 0), said.read_text()


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("kills", [KILLS, pytest.param(12, marks=pytest.mark.slow)])
def test_kills_of_scoring_leave_no_trace(kills: int, tmp_path: Path) -> None:
    dice, out = random.Random(7), tmp_path / "out"
    corpora.make_raw(tmp_path / "raw", documents=10, pairs=9)
    make(tmp_path, "plain")
    make(tmp_path, "whole", score={})
    plain, whole = (corpora.files(tmp_path / name) for name in ("plain", "whole"))
    shutil.copytree(tmp_path / "plain", out)
    for number in range(kills):
        count = dice.randint(1, _CHANGES) if kills > KILLS else 40
        kill_after(out, count, workers=1 + number % 2)
        found = corpora.files(out)
        assert all(found[name] == plain[name] for name in plain if name.endswith(".tar"))
    finished.score(finished.Job(out=str(out), scoring=Scoring()), lambda stage: None)
    files = corpora.files(out)
    # It is what a build with scores gives, but for the recipe.
    other = {name for name in files if files[name] != whole.get(name)}
    assert set(files) == set(whole) and other <= {"manifest.json", "report/index.html"}
    for name in ("digest", "scores", "shards"):
        assert corpora.manifest(out)[name] == corpora.manifest(tmp_path / "whole")[name]
    assert list(verify.check(open_corpus(str(out)))) == []


def make(folder: Path, out: str, **more: object) -> None:
    """Builds a small corpus in this process."""
    recipe = read_recipe(str(corpora.make_recipe(folder, **more)))
    build.run_stages(Job(recipe=recipe, out=str(folder / out), workers=1), lambda stage: None)
