"""`taxonomy`: the use cases as a tree, with how many samples of a corpus each has."""

from collections import Counter
from typing import Any

from pipelines.corpus import census, terminal
from pipelines.corpus.state import open_corpus
from taxonomy.tree import counts_upward, draw
from taxonomy.use_cases import use_cases


def add(commands: Any) -> None:
    """Adds the command to those of the program."""
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
        run=lambda known, _: run(known.dir, language=known.names, as_json=known.json)
    )


def run(out: str | None, *, language: str, as_json: bool) -> int:
    """Prints the tree; returns the exit code.

    Args:
        out: folder or URL of a corpus or a build, for counts; None for the bare tree.
        language: of the names, en or zh.
        as_json: whether to print counts by path instead; without a corpus, all are 0.

    Raises:
        CorpusError: nothing was built there.
    """
    counts = Counter[str]() if out is None else count(out)
    others = sum(n for id, n in counts.items() if id and id not in use_cases().cases)
    known = {id: n for id, n in counts.items() if id in use_cases().cases}
    if as_json:
        terminal.show_json(counts_upward(use_cases(), known))
        return 0
    terminal.show("\n".join(draw(use_cases(), None if out is None else known, language)))
    if out is not None:
        labelled = sum(known.values())
        terminal.show(f"{labelled:,} samples have a class, {counts['']:,} have none")
    if others:
        terminal.show(f"{others:,} have a class that this taxonomy does not know")
    return 0


def count(out: str) -> Counter[str]:
    """Returns how many samples of a corpus, or of a build so far, each use case has."""
    corpus = open_corpus(out)
    rows = census.of_shards(corpus) if corpus.shards() else census.of_staged(corpus)
    return census.take(rows).use_cases
