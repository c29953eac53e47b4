"""Builds on a real Spark cluster: the same bytes as on one machine, by every way to submit."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipelines import spark
from pipelines.runners import BuildError
from tests.conftest import ROOT
from tests.pipelines import corpora, spark_cluster

# Java starts slowly where it shares few cores.
pytestmark = [pytest.mark.first, pytest.mark.timeout(1200)]
SAMPLE = ROOT / "pipelines" / "recipes" / "sample.yaml"


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[spark_cluster.Cluster]:
    """A cluster for the tests of this file, with the job server's jar built."""
    subprocess.run([ROOT / "docker" / "spark" / "jar.sh"], check=True, stdout=subprocess.DEVNULL)
    with spark_cluster.running(tmp_path_factory.mktemp("spark")) as cluster:
        yield cluster


def build(cluster: spark_cluster.Cluster, recipe: Path, out: Path, *options: object) -> float:
    """Builds on the cluster and returns how many seconds that took."""
    began = time.monotonic()
    started = start(cluster, recipe, out, *(options or cluster.options))
    _, said = started.communicate()
    assert started.returncode == 0, said
    return time.monotonic() - began


def start(
    cluster: spark_cluster.Cluster, recipe: Path, out: Path, *options: object
) -> subprocess.Popen[str]:
    """Starts a build on the cluster."""
    return subprocess.Popen(
        corpora.command("build", recipe, "--out", out, *options),
        cwd=ROOT,
        env=cluster.environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


@contextmanager
def job_server(cluster: spark_cluster.Cluster, log: Path) -> Iterator[str]:
    """Keeps a job server for the cluster up and yields its address."""
    conf = tuple(str(each) for each in cluster.options if "spark." in str(each))
    place = spark.Cluster(master=cluster.master, conf=conf)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in cluster.environment.items():
            patch.setenv(name, value)
        with spark.connected(place, str(log)) as options:
            yield options[-1].removeprefix("--job_endpoint=")


def samples_recipe(folder: Path, samples: Path) -> Path:
    """A recipe over real material: notebooks, text, captions, photos and dialogues."""
    entries: list[dict[str, Any]] = [
        {"source": "notebooks", "path": "notebooks"},
        {"source": "documents", "path": ["text/licences/*.txt", "text/zh-docs/**"]},
        {"source": "pairs", "path": "captions/debian-handbook-figures.jsonl"},
        {"source": "pairs", "name": "photos", "path": "captions/scikit-image-docs.jsonl"},
        {"source": "text_sft", "path": "sft"},
    ]
    entries[2]["options"] = {"text": ["en", "zh_CN"]}
    entries[3]["options"] = {"text": "en"}
    recipe = {
        "name": "samples",
        "shard_size": "1MB",
        "unit_size": "500kB",
        "limits": {"rejects": 1},
        "sources": [{**each, "root": str(samples), "licence": "unknown"} for each in entries],
    }
    path = folder / "samples.yaml"
    path.write_text(yaml.safe_dump(recipe), encoding="utf-8")
    return path


def test_the_sample_corpus_is_the_same_on_spark(
    cluster: spark_cluster.Cluster, tmp_path: Path
) -> None:
    corpora.run("build", SAMPLE, "--out", tmp_path / "local")
    seconds = build(cluster, SAMPLE, tmp_path / "spark")
    print(f"sample corpus on Spark: {seconds:.0f} s")
    assert corpora.files(tmp_path / "spark") == corpora.files(tmp_path / "local")


def test_real_material_is_the_same_on_spark(
    cluster: spark_cluster.Cluster, samples: Path, tmp_path: Path
) -> None:
    recipe = samples_recipe(tmp_path, samples)
    corpora.run("build", recipe, "--out", tmp_path / "local")
    # Through a job server that somebody else has started.
    with job_server(cluster, tmp_path / "server.log") as endpoint:
        options = ["--runner", "spark", "--job-endpoint", endpoint, cluster.options[-1]]
        seconds = build(cluster, recipe, tmp_path / "spark", *options)
    count = corpora.manifest(tmp_path / "spark")["samples"]
    print(f"{count} real samples on Spark: {seconds:.0f} s")
    assert corpora.files(tmp_path / "spark") == corpora.files(tmp_path / "local")


def test_a_jar_of_a_stage_does_the_same(
    cluster: spark_cluster.Cluster, workplace: Path, corpus: Path, tmp_path: Path
) -> None:
    recipe, out = workplace / "recipe.yaml", tmp_path / "out"
    options = ["--runner", "spark", "--spark-submit", cluster.submit, cluster.options[-1]]
    seconds = build(cluster, recipe, out, *options, "--until", "ingest")
    print(f"a stage by spark-submit: {seconds:.0f} s")
    corpora.run("build", recipe, "--out", out, "--workers", 1)
    assert corpora.files(out) == corpora.files(corpus)
    assert "SparkPipelineRunner" in (out / "_build" / "log.txt").read_text()


def kill_python_worker(cluster: spark_cluster.Cluster) -> None:
    below = corpora.descendants(cluster.started["worker1"].pid)
    workers = [pid for pid, line in below.items() if "SdkHarness" in line]
    assert len(workers) == 2
    os.kill(workers[0], signal.SIGKILL)


def kill_spark_worker(cluster: spark_cluster.Cluster) -> None:
    below = corpora.descendants(cluster.started["worker2"].pid)
    assert any("pipelines.pool" in line for line in below.values())
    assert any("CoarseGrainedExecutorBackend" in line for line in below.values())
    cluster.kill("worker2")


@pytest.mark.parametrize("kill", [kill_python_worker, kill_spark_worker])
def test_a_worker_killed_in_a_build_costs_no_sample(
    cluster: spark_cluster.Cluster,
    tmp_path: Path,
    kill: Callable[[spark_cluster.Cluster], None],
) -> None:
    corpora.make_raw(tmp_path / "raw", documents=60, pairs=600)
    recipe = corpora.make_recipe(tmp_path, unit_size="5kB", shard_size="200kB")
    out = tmp_path / "out"
    # The later stages on a cluster are the other tests' matter: here they end on this machine.
    killed = start(cluster, recipe, out, *cluster.options, "--until", "ingest")
    while not any((out / "_build" / "staged").rglob("*.json")):
        assert killed.poll() is None, killed.communicate()
        time.sleep(0.1)
    kill(cluster)
    _, said = killed.communicate()
    print(f"{kill.__name__}: exit status {killed.returncode} {said}")
    assert killed.returncode == 0, said
    corpora.run("build", recipe, "--out", out, "--workers", 1)
    corpora.run("build", recipe, "--out", tmp_path / "calm", "--workers", 1)
    assert corpora.files(out) == corpora.files(tmp_path / "calm")


def test_a_job_server_that_does_not_start_says_why_itself(tmp_path: Path) -> None:
    log, jar = tmp_path / "log.txt", tmp_path / "server.jar"
    log.write_text("java.lang.SparkException: of the job server before\n")
    jar.write_bytes(b"no jar")
    place = spark.Cluster(master="local[1]", jar=str(jar))
    with pytest.raises(BuildError, match="ClassNotFound.*SparkJobServer") as told:
        with spark.connected(place, str(log)):
            pass
    assert "job server before" not in str(told.value)


def test_a_job_server_ends_with_the_build_that_started_it(
    cluster: spark_cluster.Cluster, tmp_path: Path
) -> None:
    code = (
        "import sys, time; from pipelines import spark\n"
        "with spark.connected(spark.Cluster(master='local[1]'), sys.argv[1]):\n"
        "    print('up', flush=True); time.sleep(600)"
    )
    command = [sys.executable, "-c", code, tmp_path / "log.txt"]
    with subprocess.Popen(
        command, cwd=ROOT, env=cluster.environment, stdout=subprocess.PIPE, text=True
    ) as build:
        assert build.stdout and build.stdout.readline() == "up\n"
        (server,) = corpora.descendants(build.pid)
        build.kill()
    until = time.monotonic() + 30
    while Path(f"/proc/{server}").exists():
        assert time.monotonic() < until, "the job server outlives its build"
        time.sleep(0.1)
