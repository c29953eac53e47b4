"""Engines: samples a second with one worker and with two, locally and on a Spark cluster."""

import os
import resource
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.benchmarks import material
from tests.benchmarks.conftest import Table
from tests.conftest import ROOT
from tests.pipelines import corpora, spark_cluster

SAMPLES = 20_000
# Pairs of builds: on a machine that is shared with others one may be off by a tenth.
RUNS = 5
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


def decoding(folder: Path, processes: int) -> float:
    """Pictures a second of processes that do nothing but decode: the most this machine allows."""
    started = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.benchmarks.decoding_loop", folder],
            cwd=ROOT,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(processes)
    ]
    for each in started:
        assert each.stdout and each.stdout.readline() == "ready\n"
    for each in started:
        assert each.stdin
        each.stdin.write("\n")
        each.stdin.flush()
    return sum(float(each.communicate()[0]) for each in started)


def test_local_workers(recipe: Path, table: Table, tmp_path: Path) -> None:
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    folder = recipe.parent / "pictures"
    pairs, most = [], []
    for run in range(RUNS):
        outs = [tmp_path / f"local-{count}-{run}" for count in (1, 2)]
        pairs.append(
            [
                build(recipe, out, ["--workers", count], environment)
                for count, out in enumerate(outs, start=1)
            ]
        )
        manifests = [corpora.manifest(out) for out in outs]
        assert manifests[0] == manifests[1]
        most.append(decoding(folder, 2) / decoding(folder, 1))
        for out in outs:
            shutil.rmtree(out)
    ratios = sorted(one / two for one, two in pairs)
    told = ", ".join(f"{ratio:.2f}" for ratio in ratios)
    limit = ", ".join(f"{ratio:.2f}" for ratio in sorted(most))
    words = rates(*(statistics.median(each) for each in zip(*pairs, strict=True)))
    figures = f"{words} (runs: {told}); two processes that only decode: {limit}"
    name = "local runner, two workers against one"
    table.add(name, statistics.median(ratios), ">= 1.7", figures)


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
