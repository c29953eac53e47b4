"""Engines: samples a second with one worker and with two, locally and on a Spark cluster."""

import os
import resource
import subprocess
import time
from pathlib import Path

import pytest

from tests.benchmarks import material
from tests.benchmarks.conftest import Table
from tests.conftest import ROOT
from tests.pipelines import corpora, spark_cluster

SAMPLES = 20_000
STAGES = ("ingest", "dedup", "plan", "write")
pytestmark = [pytest.mark.bench, pytest.mark.timeout(7200)]


@pytest.fixture(scope="module")
def recipe(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A recipe over 20,000 captioned JPEGs: nearly all of the work is to decode them."""
    return material.make_recipe(tmp_path_factory.mktemp("engines"), SAMPLES)


def build(recipe: Path, out: Path, options: list[object], environment: dict[str, str]) -> float:
    """Builds and returns the seconds that it took, printing how they fall on the stages."""
    began, start, before = time.time(), time.monotonic(), used()
    command = corpora.command("build", recipe, "--out", out, *options)
    subprocess.run(command, cwd=ROOT, env=environment, check=True, stdout=subprocess.DEVNULL)
    seconds = time.monotonic() - start
    assert corpora.manifest(out)["samples"] == SAMPLES
    work = used() - before
    print(f"\n{out.name}: {seconds:.0f} s ({work:.0f} s of processors here): {told(out, began)}")
    return seconds


def used() -> float:
    """Processor seconds of all processes that this one started and that have ended."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def told(out: Path, began: float) -> str:
    """The seconds from the end of each stage to that of the next."""
    ends = {name: next(out.glob(f"_build/{name}/*/done.json")) for name in STAGES}
    ends["finish"] = out / "manifest.json"
    words = []
    for name, path in ends.items():
        ended = path.stat().st_mtime
        words.append(f"{name} {ended - began:.1f}")
        began = ended
    return ", ".join(words)


def rates(one: float, two: float) -> str:
    """Both speeds in words."""
    side = " x ".join(map(str, material.PICTURE))
    return f"{SAMPLES / one:.0f} and {SAMPLES / two:.0f} samples/s of {SAMPLES:,} {side} JPEGs"


def test_local_workers(recipe: Path, table: Table, tmp_path: Path) -> None:
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    one, two = (
        build(recipe, tmp_path / f"local-{count}", ["--workers", count], environment)
        for count in (1, 2)
    )
    assert corpora.manifest(tmp_path / "local-1") == corpora.manifest(tmp_path / "local-2")
    table.add("local runner, two workers against one", one / two, ">= 1.7", rates(one, two))


def test_spark_workers(recipe: Path, table: Table, tmp_path: Path) -> None:
    subprocess.run([ROOT / "docker" / "spark" / "jar.sh"], check=True, stdout=subprocess.DEVNULL)
    times = [on_spark(recipe, tmp_path / f"spark-{count}", count) for count in (1, 2)]
    assert corpora.manifest(tmp_path / "spark-1") == corpora.manifest(tmp_path / "spark-2")
    ratio = times[0] / times[1]
    table.add("Spark cluster, two workers against one", ratio, "-", rates(*times))


def on_spark(recipe: Path, out: Path, workers: int) -> float:
    """Builds on a cluster of a number of workers."""
    folder = out.with_name(f"cluster-{workers}")
    folder.mkdir()
    with spark_cluster.running(folder, workers) as cluster:
        # Partitions follow this and not the size of the input: a few a core.
        options = [*cluster.options, "--spark-conf", "spark.default.parallelism=8"]
        return build(recipe, out, options, cluster.environment)
