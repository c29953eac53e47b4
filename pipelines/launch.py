"""`shardwright build`: its options, and how a build starts.

On this machine it runs in a process of its own, which alone loads Beam; on an engine, from here.
"""

import argparse
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

from pipelines import live, runners, spark
from pipelines.job import STAGES, Job, lock, logging_to
from pipelines.recipe_reader import read_recipe
from pipelines.scoring.settings import device_faults

DONE, OVER_LIMIT = 0, 3


def add(commands: Any) -> None:
    """Adds the command to the command line."""
    parser = commands.add_parser(
        "build",
        help="build a corpus from a recipe, or go on with a build",
        description="Builds the corpus that a recipe describes. A build that was stopped goes on "
        "where it was when the same command runs again. Further options go to Beam.",
        epilog="example: shardwright build recipe.yaml --out corpus",
    )
    parser.add_argument("recipe", help="YAML file; `shardwright schema` prints its schema")
    parser.add_argument("--out", required=True, help="folder or URL of the corpus")
    parser.add_argument("--dry-run", action="store_true", help="only say what would be built")
    parser.add_argument("--retry-rejects", action="store_true", help="try rows that broke again")
    parser.add_argument("--until", choices=STAGES, default="write", help="last stage to run")
    parser.add_argument(
        "--runner",
        default="DirectRunner",
        help="spark, dataflow, or another of Beam's (default: local)",
    )
    parser.add_argument("--workers", type=int, default=0, help="local processes; 0: one a core")
    parser.add_argument("--json", action="store_true", help="print the manifest's summary as JSON")
    _add_spark(parser.add_argument_group("with --runner spark, one of the first three"))
    parser.set_defaults(run=run)


def _add_spark(group: Any) -> None:
    add = group.add_argument
    add("--spark-master", default="", metavar="URL", help="spark://HOST:PORT of a cluster")
    add("--job-endpoint", default="", metavar="HOST:PORT", help="job server that runs already")
    add("--spark-submit", default="", metavar="COMMAND", help="spark-submit with its options")
    add("--spark-jar", default="", metavar="FILE", help="job server (default: of make spark-jar)")
    add("--spark-conf", action="append", default=[], metavar="KEY=VALUE", help="Spark's settings")


def _cluster(known: argparse.Namespace) -> spark.Cluster:
    cluster = spark.Cluster(
        master=known.spark_master,
        endpoint=known.job_endpoint,
        submit=known.spark_submit,
        jar=known.spark_jar,
        conf=tuple(known.spark_conf),
    )
    if known.runner != runners.SPARK and cluster != spark.Cluster():
        raise runners.UsageError("options of a Spark cluster go with --runner spark")
    return cluster


def run(known: argparse.Namespace, rest: list[str]) -> int:
    """Runs the command and returns its exit code."""
    recipe = read_recipe(known.recipe)
    job = Job(
        recipe=recipe,
        out=known.out,
        until=known.until,
        retry=known.retry_rejects,
        runner=known.runner,
        workers=known.workers,
        arguments=tuple(rest),
        cluster=_cluster(known),
    )
    if known.dry_run:
        check(job)
        # It imports Beam, as a build does in a process of its own.
        from pipelines import dry_run

        dry_run.print_forecast(recipe, as_json=known.json)
        return DONE
    with live.Progress(known.out) as progress:
        manifest = build(job, progress.show)
    if not manifest:
        print(f"ended after {known.until}; the same command without --until goes on from here")
        return DONE
    live.print_result(manifest, known.out, as_json=known.json)
    return OVER_LIMIT if manifest["over_limit"] else DONE


def build(job: Job, watch: Callable[[str], None]) -> dict[str, Any]:
    """Builds a corpus and returns its manifest, or {} if it ends at an earlier stage.

    Args:
        job: what, where and how.
        watch: called twice a second with the stage at hand, on a local run.

    Raises:
        BuildError: it stopped.
        UsageError: it cannot start so.
    """
    check(job)
    with lock(job.out), logging_to(job.out) as log:
        drive, elsewhere = "pipelines.build:run_stages", partial(_elsewhere, log=log)
        result: dict[str, Any] = runners.run(drive, job, watch, log, elsewhere)
        return result


def check(job: Job) -> None:
    """Checks what can be checked before anything is done.

    Raises:
        UsageError: it cannot work so.
    """
    runners.check(job.runner, job.workers, list(job.arguments), job.out)
    if job.runner == runners.SPARK:
        job.cluster.check()
    scoring = job.recipe.scoring
    if scoring and (wrong := list(device_faults(scoring.device, job.runner))):
        raise runners.UsageError(wrong[0])


def _elsewhere(job: Job, say: Callable[[str], None], log: str) -> dict[str, Any]:
    from pipelines.build import run_stages

    if job.runner != runners.SPARK:
        return run_stages(job, say)

    def drive(preset: list[str]) -> dict[str, Any]:
        return run_stages(replace(job, arguments=(*preset, *job.arguments)), say, log)

    result: dict[str, Any] = spark.restarting(drive, job.cluster, log)
    return result
