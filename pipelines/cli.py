"""The command line: `shardwright COMMAND ...`.

Exit codes: 0 done; 1 failed; 2 wrong usage; 3 finished, but more rows broke than the recipe allows.
"""

import argparse
import logging
import sys
from collections.abc import Sequence
from typing import Any

from pipelines import build, chat, dry_run, live, runners, spark
from pipelines.corpus import catalogue, classes, explore, inspect, mix, prompts, verify, why
from pipelines.corpus.state import CorpusError
from pipelines.evaluation import command as evaluation
from pipelines.fetch import command as fetch
from pipelines.job import STAGES, Job
from pipelines.leakage import command as fingerprint
from pipelines.leakage import leaks
from pipelines.near import export
from pipelines.recipe_reader import RecipeError, read_recipe
from pipelines.s3 import StoreError
from pipelines.scoring import command as score
from pipelines.units import InputError

DONE, FAILED, USAGE, OVER_LIMIT = 0, 1, 2, 3
# Each module of a command has `add`, which tells its options, its help and what runs it.
_COMMANDS = (
    fetch, inspect, why, explore, verify, catalogue, classes, mix, prompts, evaluation, score,
    fingerprint, leaks, export, chat,
)  # fmt: skip
# Commands that take options of Beam, and that go on where they were stopped.
_GOES_ON = ("build", "fetch", "score")


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command and returns its exit code."""
    logging.basicConfig(level=logging.ERROR, format="%(levelname)s: %(message)s")
    parser = _parser()
    known, rest = parser.parse_known_args(arguments)
    if rest and known.command not in _GOES_ON:
        parser.error(f"unknown arguments: {' '.join(rest)}")
    try:
        code: int = known.run(known, rest)
        return code
    except (RecipeError, runners.UsageError) as error:
        print(error, file=sys.stderr)
        return USAGE
    except catalogue.UnknownSource as error:
        print(f"shardwright {known.command}: {error}", file=sys.stderr)
        return USAGE
    except (InputError, CorpusError, runners.BuildError, StoreError) as error:
        print(f"shardwright {known.command}: {error}", file=sys.stderr)
        return FAILED
    except BrokenPipeError:
        return FAILED
    except KeyboardInterrupt:
        hint = "; the same command goes on from here" if known.command in _GOES_ON else ""
        print(f"\nstopped{hint}", file=sys.stderr)
        return FAILED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="shardwright",
        description="Builds vision-language corpora: raw material in, sharded WebDataset tars out.",
        epilog="exit codes: 0 done; 1 failed; 2 wrong usage; 3 finished, but more rows broke than "
        "the recipe allows",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _add_build(commands)
    for module in _COMMANDS:
        module.add(commands)
    return parser


def _add_build(commands: Any) -> None:
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
    parser.set_defaults(run=_build)


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


def _build(known: argparse.Namespace, rest: list[str]) -> int:
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
        build.check(job)
        dry_run.print_forecast(recipe, as_json=known.json)
        return DONE
    with live.Progress(known.out) as progress:
        manifest = build.build(job, progress.show)
    if not manifest:
        print(f"ended after {known.until}; the same command without --until goes on from here")
        return DONE
    live.print_result(manifest, known.out, as_json=known.json)
    return OVER_LIMIT if manifest["over_limit"] else DONE


if __name__ == "__main__":
    sys.exit(main())
