"""The command line: `shardwright COMMAND ...`.

Exit codes: 0 done; 1 failed; 2 wrong usage; 3 finished, but more rows broke than the recipe allows.
"""

import argparse
import logging
import sys
from collections.abc import Sequence
from typing import Any

from pipelines import build, chat, dry_run, live, runners, spark
from pipelines.corpus import (
    catalogue,
    classes,
    explore,
    inspect,
    mix,
    one,
    prompts,
    verify,
    why,
)
from pipelines.corpus.state import CorpusError
from pipelines.fetch import command as fetch
from pipelines.leakage import command as fingerprint
from pipelines.leakage import leaks
from pipelines.near import export
from pipelines.recipe import RecipeError, read_recipe
from pipelines.units import InputError
from taxonomy.use_cases import LANGUAGES

DONE, FAILED, USAGE, OVER_LIMIT = 0, 1, 2, 3


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command and returns its exit code."""
    logging.basicConfig(level=logging.ERROR, format="%(levelname)s: %(message)s")
    parser = _parser()
    known, rest = parser.parse_known_args(arguments)
    if rest and known.command not in ("build", "fetch"):
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
    except (InputError, CorpusError, runners.BuildError) as error:
        print(f"shardwright {known.command}: {error}", file=sys.stderr)
        return FAILED
    except BrokenPipeError:
        return FAILED
    except KeyboardInterrupt:
        hint = "; the same command goes on from here" if known.command in ("build", "fetch") else ""
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
    fetch.add(commands)
    fingerprint.add(commands)
    leaks.add(commands)
    export.add(commands)
    _add_inspect(commands)
    _add_why(commands)
    _add_explore(commands)
    _add_verify(commands)
    _add_sources(commands)
    _add_taxonomy(commands)
    _add_mix(commands)
    _add_prompts(commands)
    chat.add(commands)
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
    parser.add_argument("--until", choices=build.STAGES, default="write", help="last stage to run")
    parser.add_argument(
        "--runner",
        default="DirectRunner",
        help="spark, dataflow, or another of Beam's (default: local)",
    )
    parser.add_argument("--workers", type=int, default=0, help="local processes; 0: one a core")
    parser.add_argument("--json", action="store_true", help="print the manifest's summary as JSON")
    _add_spark(parser.add_argument_group("with --runner spark, one of the first three"))
    parser.set_defaults(run=_build)


def _add_inspect(commands: Any) -> None:
    parser = commands.add_parser(
        "inspect",
        help="show what a corpus holds, or one sample",
        description="Shows what a corpus, or a build that has not ended, holds: folders, counts, "
        "sizes, languages, licences, and the funnel from rows to written samples. With a key, "
        "shows one sample: its texts, images, facts and place.",
        epilog="examples: shardwright inspect corpus; "
        "shardwright inspect corpus notebooks-1feb8c18bf4cacb96ddf71e1 --save sample",
    )
    parser.add_argument("dir", help="folder or URL of the corpus")
    parser.add_argument("key", nargs="?", help="key of a sample")
    parser.add_argument("--save", metavar="FOLDER", help="write the sample's members there")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(run=_inspect)


def _add_why(commands: Any) -> None:
    parser = commands.add_parser(
        "why",
        help="tell which stage made, skipped, rejected, removed or wrote a sample, and why",
        description="Tells the story of what a word matches: a key, a file name, the identity of a "
        "row, an origin, or part of one of these.",
        epilog="example: shardwright why corpus 'plots/sine.ipynb#cell 3'",
    )
    parser.add_argument("dir", help="folder or URL of the corpus")
    parser.add_argument("word", metavar="KEY-or-origin", help="what to look for")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(run=lambda known, _: why.run(known.dir, known.word, as_json=known.json))


def _add_explore(commands: Any) -> None:
    parser = commands.add_parser(
        "explore",
        help="show how a fact is spread, and what a filter would drop",
        description="Without a fact, shows how each is spread over the staged samples. With one, "
        "shows that for each entry of the recipe, how many samples a bound would drop, and the "
        "twenty samples nearest to it.",
        epilog="examples: shardwright explore corpus; "
        "shardwright explore corpus compression_ratio --max 8",
    )
    parser.add_argument("dir", help="folder or URL of the corpus, finished or not")
    parser.add_argument("fact", nargs="?", help="a fact with numbers, such as characters")
    parser.add_argument("--min", type=float, metavar="NUMBER", help="drop what has less")
    parser.add_argument("--max", type=float, metavar="NUMBER", help="drop what has more")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(
        run=lambda known, _: explore.run(
            known.dir, known.fact, low=known.min, high=known.max, as_json=known.json
        )
    )


def _add_verify(commands: Any) -> None:
    parser = commands.add_parser(
        "verify",
        help="check every byte, count and index of a corpus",
        description="Reads the whole corpus and checks it: digests, counts, indexes against tars, "
        "receipts against the manifest, missing and unknown files, keys. Exit code 1 if anything "
        "is wrong.",
        epilog="example: shardwright verify corpus",
    )
    parser.add_argument("dir", help="folder or URL of the corpus")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(run=lambda known, _: verify.run(known.dir, as_json=known.json))


def _add_sources(commands: Any) -> None:
    parser = commands.add_parser(
        "sources",
        help="list the sources, or show one with its options and a recipe to start from",
        description="Lists every source; with a name, shows what it is, its options with their "
        "defaults, and an entry for a recipe.",
        epilog="examples: shardwright sources; shardwright sources notebooks",
    )
    parser.add_argument("name", nargs="?", help="name of a source")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(run=lambda known, _: catalogue.run(known.name, as_json=known.json))
    schema = commands.add_parser(
        "schema",
        help="print the JSON Schema of recipes",
        description="Prints the JSON Schema of recipes, which editors can check and complete by.",
        epilog="example: shardwright schema > recipe.schema.json",
    )
    schema.set_defaults(run=lambda known, _: catalogue.print_schema())


def _add_taxonomy(commands: Any) -> None:
    parser = commands.add_parser(
        "taxonomy",
        help="print the tree of use cases, with the counts of a corpus",
        description="Prints the use cases as a tree; with a corpus, how many samples of it each "
        "class and those below it have.",
        epilog="examples: shardwright taxonomy; shardwright taxonomy corpus --names zh",
    )
    parser.add_argument("dir", nargs="?", help="folder or URL of the corpus")
    parser.add_argument("--names", choices=["en", "zh"], default="en", help="language of the names")
    parser.add_argument("--json", action="store_true", help="print counts by path as JSON")
    parser.set_defaults(
        run=lambda known, _: classes.run(known.dir, language=known.names, as_json=known.json)
    )


def _add_mix(commands: Any) -> None:
    parser = commands.add_parser(
        "mix",
        help="show what a mixture asks for, what is there and what is taken",
        description="Shows the mixture that a corpus was built with, or what another one would "
        "take of what is there, per class, entry and language. Writes nothing.",
        epilog="examples: shardwright mix corpus; shardwright mix corpus --preset stage2; "
        "shardwright mix corpus --recipe other.yaml",
    )
    parser.add_argument("dir", help="folder or URL of a corpus, or of a build at work")
    parser.add_argument("--preset", default="", metavar="NAME", help="stage1, stage2 or stage3")
    parser.add_argument("--recipe", help="recipe whose mixture and filters to try")
    parser.set_defaults(run=_mix)


def _add_prompts(commands: Any) -> None:
    parser = commands.add_parser(
        "prompts",
        help="choose prompts for images of a corpus, for somebody to answer",
        description="Writes prompts of the taxonomy that suit the images, with even cover of its "
        "classes, and the images. Fill in `answer` and build with the source taxonomy_sft.",
        epilog="example: shardwright prompts corpus --out asked --images 500 --count 2",
    )
    parser.add_argument("dir", help="folder or URL of the corpus")
    parser.add_argument("--out", required=True, help="folder or URL for prompts and images")
    parser.add_argument("--images", type=int, default=1000, help="how many samples to ask about")
    parser.add_argument("--count", type=int, default=1, help="prompts for each")
    parser.add_argument("--language", choices=["en", "zh"], help="only prompts in it")
    parser.add_argument("--seed", type=int, default=0, help="another one chooses others")
    parser.set_defaults(run=_prompts)


def _prompts(known: argparse.Namespace, _: list[str]) -> int:
    if min(known.images, known.count) < 1:
        raise runners.UsageError("--images and --count must be 1 or more")
    wanted = prompts.Wanted(
        images=known.images,
        count=known.count,
        languages=(known.language,) if known.language else LANGUAGES,
        seed=known.seed,
    )
    return prompts.run(known.dir, known.out, wanted)


def _mix(known: argparse.Namespace, _: list[str]) -> int:
    recipe = read_recipe(known.recipe) if known.recipe else None
    return mix.run(known.dir, recipe=recipe, preset=known.preset)


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
    job = build.Job(
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


def _inspect(known: argparse.Namespace, _: list[str]) -> int:
    if known.key is None and known.save is not None:
        print("shardwright inspect: --save needs the key of a sample", file=sys.stderr)
        return USAGE
    if known.key is None:
        return inspect.run(known.dir, as_json=known.json)
    return one.run(known.dir, known.key, save=known.save, as_json=known.json)


if __name__ == "__main__":
    sys.exit(main())
