"""`explore DIR [FACT]`: how numbers are spread over staged samples, and what bounds would drop."""

import heapq
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipelines.corpus import terminal
from pipelines.corpus.lookup import Found
from pipelines.corpus.state import Corpus, CorpusError, batches, open_corpus
from pipelines.facts import NUMBERS
from sources.sample import from_members

# Examples on either side of a bound, and how much of their text is shown.
_EXAMPLES, _TEXT = 10, 80
_SHARES = (0.0, 0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99, 1.0)
_HEAD = ("least", "1%", "5%", "25%", "median", "75%", "95%", "99%", "most")

Values = dict[str, NDArray[np.float64]]
_PLACE = ["key", "offset", "member_names", "member_offsets", "member_sizes"]
# A sample near a bound: distance, key, tar and place, by which it is chosen, and its facts.
_Example = tuple[float, str, str, int, dict[str, Any]]


def add(commands: Any) -> None:
    """Adds the command to those of the program."""
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
        run=lambda known, _: run(
            known.dir, known.fact, low=known.min, high=known.max, as_json=known.json
        )
    )


def run(out: str, fact: str | None, *, low: float | None, high: float | None, as_json: bool) -> int:
    """Prints how a fact, or each of them, is spread; returns the exit code.

    Raises:
        CorpusError: nothing was built there, or there is no such number.
    """
    corpus = open_corpus(out)
    if fact is not None and fact not in NUMBERS:
        raise CorpusError(f"{fact!r} is no fact with numbers; there are: {', '.join(NUMBERS)}")
    told = describe(corpus, fact, low, high) if fact else overview(corpus)
    if as_json:
        terminal.show_json(told)
    else:
        terminal.show(_one(told) if fact else _all(told))
    return 0


def overview(corpus: Corpus) -> dict[str, Any]:
    """Returns, for each fact that any sample has, how it is spread over all of them."""
    found = values(corpus, list(NUMBERS))
    every = {fact: list(entries.values()) for fact, entries in found.items()}
    return {fact: spread(np.concatenate(parts)) for fact, parts in every.items() if parts}


def describe(corpus: Corpus, fact: str, low: float | None, high: float | None) -> dict[str, Any]:
    """Returns how a fact is spread in each entry, what bounds would drop, and samples at them."""
    entries = {
        entry: {**spread(found), "dropped": _dropped(found, low, high)}
        for entry, found in values(corpus, [fact])[fact].items()
    }
    bounds = {"min": low, "max": high}
    examples = {
        name: _examples(corpus, fact, bound) for name, bound in bounds.items() if bound is not None
    }
    return {"fact": fact, **bounds, "entries": entries, "examples": examples}


def values(corpus: Corpus, facts: list[str]) -> dict[str, Values]:
    """Reads facts of all staged samples that have them: fact, then entry, to an array."""
    held: dict[str, dict[str, list[NDArray[np.float64]]]] = {
        fact: defaultdict(list) for fact in facts
    }
    for receipt in corpus.receipts():
        for batch in batches(receipt.path(corpus.layout, "parquet"), facts):
            # A build that an earlier version began lacks the facts that came later.
            for fact in (each for each in facts if each in batch.schema.names):
                column = batch[fact].drop_null().to_numpy(zero_copy_only=False)
                if len(column):
                    held[fact][receipt.stanza].append(column.astype(np.float64))
    return {
        fact: {entry: np.concatenate(parts) for entry, parts in sorted(found.items())}
        for fact, found in held.items()
    }


def spread(found: NDArray[np.float64]) -> dict[str, Any]:
    """Returns count and quantiles of values.

    >>> spread(np.array([1.0, 2.0, 9.0]))["quantiles"]["median"]
    2.0
    """
    quantiles = np.quantile(found, _SHARES, method="nearest").round(4).tolist()
    return {"samples": len(found), "quantiles": dict(zip(_HEAD, quantiles, strict=True))}


def _dropped(found: NDArray[np.float64], low: float | None, high: float | None) -> int:
    below = found < (-np.inf if low is None else low)
    return int(np.count_nonzero(below | (found > (np.inf if high is None else high))))


def _examples(corpus: Corpus, fact: str, bound: float) -> list[dict[str, Any]]:
    """The samples nearest to a bound on either side, in the order of their values."""
    nearest: dict[bool, list[_Example]] = {False: [], True: []}
    for receipt in corpus.receipts():
        tar = receipt.path(corpus.layout, "tar")
        for batch in batches(receipt.path(corpus.layout, "parquet"), [*_PLACE, fact]):
            near = _nearest(batch, fact, bound) if fact in batch.schema.names else []
            for side, found in nearest.items():
                found += [
                    (abs(row[fact] - bound), row["key"], tar, row["offset"], row)
                    for row in near
                    if (row[fact] >= bound) == side
                ]
        nearest = {side: heapq.nsmallest(_EXAMPLES, found) for side, found in nearest.items()}
    rows = [(row[fact], row["key"], tar, row) for _, _, tar, _, row in sum(nearest.values(), [])]
    return [_example(*each) for each in sorted(rows, key=lambda each: each[:2])]


def _nearest(batch: pa.RecordBatch, fact: str, bound: float) -> list[dict[str, Any]]:
    """The rows of a batch that may be among the nearest to a bound, on either side."""
    numbers = batch[fact].cast(pa.float64()).to_numpy(zero_copy_only=False)
    far = np.abs(numbers - bound)
    rows: list[int] = []
    for side in (numbers < bound, numbers >= bound):
        places = np.flatnonzero(side)
        # Equally near ones are chosen by their keys, so all of these are looked at.
        limit = np.sort(far[places])[:_EXAMPLES][-1:]
        rows += places[far[places] <= (limit[0] if len(limit) else -1)].tolist()
    found: list[dict[str, Any]] = batch.take(pa.array(sorted(rows), pa.int64())).to_pylist()
    return found


def _example(value: float, key: str, tar: str, row: dict[str, Any]) -> dict[str, Any]:
    sample = from_members(dict(Found(tar=tar, start=row["offset"], facts=row).members()))
    text = " ".join(" ".join(sample.texts).split())[:_TEXT]
    return {"key": key, "value": round(float(value), 4), "text": text}


def _all(told: dict[str, Any]) -> str:
    rows = [
        [
            fact,
            each["samples"],
            *(_number(number).rjust(6) for number in each["quantiles"].values()),
        ]
        for fact, each in told.items()
    ]
    return terminal.table(["fact", "samples", *_HEAD], rows) if rows else "no sample is staged yet"


def _one(told: dict[str, Any]) -> str:
    rows: list[list[object]] = []
    for entry, each in told["entries"].items():
        share = f"{100 * each['dropped'] / each['samples']:.1f}%"
        numbers = [_number(number).rjust(6) for number in each["quantiles"].values()]
        rows.append([entry, each["samples"], each["dropped"], share, *numbers])
    head = ["entry", "samples", "dropped", "share", *_HEAD]
    parts = [f"{told['fact']}:", terminal.table(head, rows) if rows else "no sample has it"]
    for name, examples in told["examples"].items():
        parts += ["", f"at {name} {told[name]:g}:", *_lines(examples, told[name], name)]
    return "\n".join(parts)


def _lines(examples: Iterable[dict[str, Any]], bound: float, name: str) -> Iterable[str]:
    for each in examples:
        goes = each["value"] < bound if name == "min" else each["value"] > bound
        text = terminal.one_line(each["text"])
        word, number = "drops" if goes else "stays", _number(each["value"])
        yield f"  {word}  {number:>10}  {each['key']}  {text}"


def _number(value: float) -> str:
    """A number as short as it can be told.

    >>> _number(3.0), _number(0.12345), _number(1234567.0)
    ('3', '0.1235', '1,234,567')
    """
    whole = value == round(value) or abs(value) >= 1000
    return f"{value:,.0f}" if whole else f"{value:.4g}"
