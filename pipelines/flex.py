"""The flex template of Dataflow: a job of one worker, which is the launcher of a build.

Dataflow makes one job of what a template's program builds, and begins it when that program has
ended. A build is several pipelines in sequence, each made from what the one before wrote. So the
template's job has a single step on a single worker: it calls `shardwright build --runner dataflow`
and waits. If that worker is lost, Dataflow does the step again and the build goes on from its
receipts.
"""

import argparse
import shlex
import subprocess
import sys
from collections.abc import Iterator, Sequence

import apache_beam as beam
from apache_beam.options.pipeline_options import PipelineOptions

from pipelines import dataflow, runners
from pipelines.job import STAGES

# Beam's options that the jobs of the build share with that of the template.
_SHARED = (
    "project",
    "region",
    "temp_location",
    "staging_location",
    "service_account_email",
    "sdk_container_image",
    "network",
    "subnetwork",
)
# The launcher waits: one small machine, one process, one thing at a time.
ALONE = (
    "--num_workers=1",
    "--max_num_workers=1",
    "--autoscaling_algorithm=NONE",
    "--number_of_worker_harness_threads=1",
    "--experiments=no_use_multiple_sdk_containers",
)
_LAST_WORDS = 2_000


def call(command: tuple[str, ...]) -> Iterator[str]:
    """Runs a command of the program in a process of its own and yields what it printed.

    Raises:
        BuildError: it failed; its own message says why.
    """
    done = subprocess.run(
        [sys.executable, "-m", "pipelines.cli", *command],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    # Too many broken rows are no reason to build again: the corpus is whole.
    if done.returncode not in (0, 3):
        raise runners.BuildError(done.stderr[-_LAST_WORDS:].strip())
    yield done.stdout


def command(arguments: Sequence[str]) -> tuple[tuple[str, ...], list[str]]:
    """Returns the build's command line, and Beam's options of the template's own job.

    Args:
        arguments: the template's parameters and what Dataflow adds, as options.

    Raises:
        UsageError: the build could not start so.
    """
    parser = argparse.ArgumentParser(prog="pipelines.flex", allow_abbrev=False)
    parser.add_argument("--recipe", required=True)
    parser.add_argument("--out", required=True)
    parser.add_argument("--until", choices=STAGES, default=STAGES[-1])
    parser.add_argument("--options", default="", help="further options of the build")
    known, rest = parser.parse_known_args(arguments)
    given = PipelineOptions([*ALONE, *rest]).get_all_options()
    shared = [f"--{name}={given[name]}" for name in _SHARED if given.get(name)]
    beams = [*shared, *shlex.split(known.options)]
    runners.check(runners.DATAFLOW, 0, beams, known.out)
    words = ["build", known.recipe, "--out", known.out, "--until", known.until]
    return (*words, "--runner", runners.DATAFLOW, *beams), rest


def launch(pipeline: beam.Pipeline, build: tuple[str, ...]) -> None:
    """Makes a pipeline that runs a command of the program."""
    lines = pipeline | "Command" >> beam.Create([build])
    _ = lines | "Launch" >> beam.FlatMap(call)


def main(arguments: Sequence[str] | None = None) -> int:
    """Builds the template's job; Dataflow's launcher calls it."""
    try:
        words, rest = command(sys.argv[1:] if arguments is None else arguments)
    except runners.UsageError as error:
        print(error, file=sys.stderr)
        return 2
    preset = [*dataflow.PRESET, *ALONE, "--no_save_main_session", *rest]
    pipeline = beam.Pipeline(options=PipelineOptions(preset))
    launch(pipeline, words)
    # Not waited for: Dataflow begins the job when this program ends.
    pipeline.run()
    return 0
