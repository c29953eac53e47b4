"""`mix`: what a mixture asks of each class, entry and language, what is there, what is taken."""

import argparse
from collections.abc import Iterator
from itertools import chain
from typing import Any

from pipelines import store
from pipelines.corpus import terminal
from pipelines.corpus.state import Corpus, CorpusError, open_corpus
from pipelines.mixing.budgets import MixtureError, Ruler, decide, sum_up
from pipelines.mixing.settings import Mixing, classes, read_mixing
from pipelines.mixing.told import plan_of, shortfalls
from pipelines.plan import refused, survivors
from pipelines.recipe import Filter, Recipe
from pipelines.recipe_reader import read_recipe, to_filter
from taxonomy.mixtures import Plan
from taxonomy.select import asked_for, table

_NO_MIXTURE = "the recipe asks for no mixture: name a preset, such as --preset stage2"


def add(commands: Any) -> None:
    """Adds the command to those of the program."""
    parser = commands.add_parser(
        "mix",
        help="show what a mixture asks for, what is there and what is taken",
        description="Shows the mixture that a corpus was built with, or what another one would "
        "take of what is there, per class, entry and language. Writes nothing.",
        epilog="examples: shardwright mix corpus; shardwright mix corpus --preset stage2; "
        "shardwright mix corpus --recipe other.yaml",
    )
    parser.add_argument(
        "dir", help="folder or URL of a corpus or of a build at work; or a recipe: what it asks"
    )
    parser.add_argument("--preset", default="", metavar="NAME", help="stage1, stage2 or stage3")
    parser.add_argument("--recipe", help="recipe whose mixture and filters to try")
    parser.set_defaults(run=_run)


def _run(known: argparse.Namespace, _: list[str]) -> int:
    if known.dir.endswith((".yaml", ".yml")):
        return ask(read_recipe(known.dir).raw, known.preset)
    recipe = read_recipe(known.recipe) if known.recipe else None
    return run(known.dir, recipe=recipe, preset=known.preset)


def ask(raw: dict[str, Any], preset: str) -> int:
    """Prints what a recipe's mixture asks for, before anything is built; returns the exit code.

    Raises:
        CorpusError: no mixture is known, or its fields do not go together.
    """
    asked = preset or raw.get("mixture")
    if not asked:
        raise CorpusError(_NO_MIXTURE)
    try:
        mixing = read_mixing(asked)
    except ValueError as error:
        raise CorpusError(f"mixture: {error}") from error
    terminal.show("\n".join(asked_for(mixing.mixture(classes(mixing.over)))))
    if mixing.even:
        terminal.show("each class that there will be weighs the same")
    return 0


def run(out: str, *, recipe: Recipe | None, preset: str) -> int:
    """Prints the table of a mixture; returns the exit code.

    Args:
        out: folder or URL of a corpus or a build.
        recipe: whose mixture and filters to try; None for those that it was built with.
        preset: mixture to try in place of the recipe's; empty for none.

    Raises:
        CorpusError: nothing was built there, or no mixture is known, or it cannot be met.
    """
    corpus = open_corpus(out)
    built = (corpus.manifest or {}).get("mixture")
    if built and not preset and recipe is None:
        terminal.show("\n".join([*table(plan_of(built)), *shortfalls(built)]))
        return 0
    terminal.show("\n".join(table(_try(corpus, recipe, preset))))
    terminal.show("a forecast: nothing is written; put it into the recipe as `mixture` and build")
    return 0


def _try(corpus: Corpus, recipe: Recipe | None, preset: str) -> Plan:
    """The plan that a mixture would come to."""
    raw: dict[str, Any] = corpus.recipe if recipe is None else recipe.raw
    asked = preset or raw.get("mixture")
    if not asked:
        raise CorpusError(_NO_MIXTURE)
    filters = tuple(to_filter(entry) for entry in raw.get("filters", ()))
    try:
        mixing = read_mixing(asked)
        ruler = Ruler(over=mixing.over, unit=mixing.unit, seed=raw.get("seed", 0))
        return decide(mixing, sum_up(_rows(corpus, ruler.columns(), filters), ruler))
    except MixtureError as error:
        raise CorpusError(f"{error}\nthere is: {_there(corpus, mixing, filters)}") from error
    except ValueError as error:
        raise CorpusError(f"mixture: {error}") from error


def _there(corpus: Corpus, mixing: Mixing, filters: tuple[Filter, ...]) -> str:
    """What each class has, for a mixture that asks for another one."""
    ruler = Ruler(over=mixing.over, unit=mixing.unit, seed=0)
    totals: dict[str, int] = {}
    for (cell, _), size in sum_up(_rows(corpus, ruler.columns(), filters), ruler).items():
        name = cell.split("\0")[0] or "unlabelled"
        totals[name] = totals.get(name, 0) + size
    told = [f"{name} {size:,}" for name, size in sorted(totals.items())]
    return ", ".join(told) + f" {mixing.unit}" if told else "nothing"


def _rows(
    corpus: Corpus, columns: list[str], filters: tuple[Filter, ...]
) -> Iterator[dict[str, Any]]:
    """The facts of what may be taken: of staged samples, or without a workshop of shards."""
    ingest, removals = corpus.folder("ingest"), _removals(corpus)
    if ingest and removals:
        paths = [store.join(ingest, name) for name in store.read_json(f"{ingest}/done.json")]
        return chain.from_iterable(
            survivors(path, columns, corpus.layout, removals, filters) for path in paths
        )
    batches = (batch for shard in corpus.shards() for batch in corpus.index(shard.name))
    rows = chain.from_iterable(batch.to_pylist() for batch in batches)
    return (facts for facts in rows if not refused(facts, filters))


def _removals(corpus: Corpus) -> tuple[str, ...]:
    """The folders of what dedup removed, if the last build is the one that the corpus is from."""
    if corpus.published.get("plan") not in (None, corpus.state.get("plan")):
        return ()
    return tuple(corpus.layout.build(name) for name in corpus.state.get("removals", ()))
