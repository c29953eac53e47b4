"""A build may be killed at any moment: the next one goes on, and nothing is lost or doubled."""

import os
import random
import signal
import subprocess
import time
from pathlib import Path

import pytest

from pipelines.job import lock
from tests.conftest import ROOT
from tests.pipelines import corpora

pytestmark = pytest.mark.first
KILLS = 20


def start(recipe: Path, out: Path, workers: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        corpora.command("build", recipe, "--out", out, "--workers", workers),
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )


def staged_names(out: Path) -> set[str]:
    """The names of staged files without what differs between attempts."""
    found = [path.name for path in (out / "_build" / "staged").rglob("*") if path.is_file()]
    assert len(found) == len({name.split(".")[0] for name in found}) * 4
    return {f"{name.split('.')[0]}.{name.split('.')[-1]}" for name in found}


@pytest.mark.timeout(600)
def test_kills_at_random_moments_leave_no_trace(
    workplace: Path, corpus: Path, tmp_path: Path
) -> None:
    dice, kills, out = random.Random(3), 0, tmp_path / "out"
    recipe = workplace / "recipe.yaml"
    while kills < KILLS:
        build = start(recipe, out, workers=1 + kills % 2)
        try:
            build.communicate(timeout=dice.uniform(0.5, 5))
        except subprocess.TimeoutExpired:
            os.killpg(build.pid, signal.SIGKILL)
            build.communicate()
            kills += 1
        if (out / "manifest.json").exists():
            assert corpora.files(out) == corpora.files(corpus)
            # Done in spite of the kills so far: the rest of them meet another build.
            out = tmp_path / f"out{kills}"
    corpora.run("build", recipe, "--out", out, "--workers", 1)
    assert corpora.files(out) == corpora.files(corpus)
    assert staged_names(out) == staged_names(corpus)
    assert not list(out.rglob(".tmp-*"))


def slow_recipe(folder: Path) -> Path:
    """A build that is at work for long enough to be hit."""
    corpora.make_raw(folder / "raw", documents=60, pairs=900)
    return corpora.make_recipe(folder, unit_size="20kB", shard_size="200kB")


def wait_for_worker(build: subprocess.Popen[bytes], out: Path, word: str) -> int:
    """Waits until units are being staged and returns a process below the build."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        below = corpora.descendants(build.pid)
        found = [pid for pid, line in below.items() if word in line and "/bin/sh" not in line]
        if found and any((out / "_build" / "staged").rglob("*.json")):
            return found[0]
        time.sleep(0.02)
    raise AssertionError(f"no {word} within a minute")


@pytest.mark.parametrize("word", ["sdk_worker_main", "spawn_main"], ids=["worker", "driver"])
def test_a_dead_process_is_replaced(tmp_path: Path, word: str) -> None:
    recipe, out = slow_recipe(tmp_path), tmp_path / "out"
    build = start(recipe, out, workers=2)
    victim = wait_for_worker(build, out, word)
    os.kill(victim, signal.SIGKILL)
    _, said = build.communicate(timeout=100)
    assert build.returncode == 0, said.decode()
    assert not corpora.alive(victim)
    corpora.run("build", recipe, "--out", tmp_path / "calm", "--workers", 1)
    assert corpora.files(out) == corpora.files(tmp_path / "calm")


def test_nothing_outlives_a_killed_build(tmp_path: Path) -> None:
    recipe, out = slow_recipe(tmp_path), tmp_path / "out"
    build = start(recipe, out, workers=2)
    wait_for_worker(build, out, "pipelines.child")
    below = corpora.descendants(build.pid)
    build.kill()
    build.communicate()
    deadline = time.monotonic() + 20
    while any(corpora.alive(pid) for pid in below) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not [line for pid, line in below.items() if corpora.alive(pid)]


def test_two_builds_do_not_share_a_folder(workplace: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    with lock(str(out)):
        done = corpora.run("build", workplace / "recipe.yaml", "--out", out, code=1)
    assert f"another build is at work in {out}" in done.stderr
