"""The report on facts: how each is spread in each entry, and what bounds drop of it."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from pipelines.corpus.explore import short
from pipelines.corpus.lookup import Found
from pipelines.corpus.report.markup import Content, Html, join, table, tag
from pipelines.corpus.report.spreads import Edge, Spread, gather
from pipelines.corpus.state import Corpus
from pipelines.facts import NUMBERS
from pipelines.measures.presets import expand
from pipelines.recipe import Filter
from pipelines.recipe_reader import to_filter

# Columns of a drawing, its size, and how much of an example's text is shown.
_COLUMNS, _WIDTH, _HEIGHT, _TEXT = 48, 240, 30, 160
# Entries that are shown of a fact; the rest are in `explore`.
_ENTRIES = 12
_SHARES = (0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0)
_HEAD = ("least", "5%", "25%", "median", "75%", "95%", "most")


def thresholds(corpus: Corpus) -> Iterator[Html]:
    """Yields a card for each bound of the recipe, and one with all facts; none without facts."""
    spreads, edges = gather(corpus, bounds(corpus.recipe))
    if not spreads:
        return
    if not edges:
        yield tag("p", "The recipe sets no bounds on numbers.", class_="soft")
    for edge in edges:
        yield _edge(edge, spreads.get(edge.filter.fact, {}))
    rows = [_all(fact, found) for fact, found in spreads.items()]
    title = tag("summary", f"all {len(rows)} facts that are numbers, by entry")
    yield tag("div", tag("details", title, join(rows)), class_="card facts")


def bounds(recipe: Mapping[str, Any]) -> list[Filter]:
    """Returns the filters of a recipe that are bounds on numbers, presets written out."""
    people = [
        {"fact": kind, "max": 0}
        for kind, what in recipe.get("people", {}).items()
        if what == "drop"
    ]
    entries = [*expand(recipe.get("filters", ())), *people]
    bounded = [each for each in entries if "min" in each or "max" in each]
    return [to_filter(each) for each in bounded if each["fact"] in NUMBERS]


def _edge(edge: Edge, spreads: Mapping[str, Spread]) -> Html:
    """A card of a bound: what it looks at and drops in each entry, and samples next to it."""
    asked = edge.filter
    ends = [(asked.min, "at least"), (asked.max, "at most")]
    told = " and ".join(f"{word} {end:g}" for end, word in ends if end is not None)
    where = [f"in {each}" for each in (asked.category, asked.stanza) if each]
    title = tag("h3", tag("code", asked.fact), f" {told}", f" {' '.join(where)}" if where else "")
    rows: list[list[Content]] = []
    for entry, seen in sorted(edge.seen.items()):
        if seen:
            gone, spread = edge.dropped[entry], spreads[entry]
            middle = short(spread.quantiles((0.5,))[0])
            marks = [end for end, _ in ends if end is not None]
            rows.append([entry, seen, gone, f"{gone / seen:.1%}", middle, drawing(spread, marks)])
    if not rows:
        return tag("div", title, tag("p", "No sample has it.", class_="soft"), class_="card facts")
    head = ["entry", "samples", "it drops", "share", "median", "distribution"]
    near = edge.nearest()
    summary = tag("summary", f"{len(near)} samples at the border")
    examples = table(["", "value", "text", "key"], [_example(asked, *each) for each in near])
    parts = [title, _scroll(table(head, rows)), tag("details", summary, _scroll(examples))]
    return tag("div", *parts, class_="card facts")


def _example(asked: Filter, goes: bool, tar: str, row: dict[str, Any]) -> list[Content]:
    """A line about a sample: only the member that holds its texts is read."""
    found = Found(tar=tar, start=row["offset"], facts=row)
    _, content = next(found.members())
    said = [each for each in json.loads(content)["texts"] if each]
    text = " ".join(" ".join(each[: 4 * _TEXT] for each in said[:20]).split())[:_TEXT]
    word = tag("b", "drops", class_="gone") if goes else tag("span", "stays", class_="soft")
    return [word, short(float(row[asked.fact])), text, tag("code", row["key"])]


def _all(fact: str, spreads: Mapping[str, Spread]) -> Html:
    """How a fact is spread in each entry."""
    rows: list[list[Content]] = []
    for entry, spread in list(spreads.items())[:_ENTRIES]:
        numbers = [short(each) for each in spread.quantiles(_SHARES)]
        rows.append([entry, spread.count, *numbers, drawing(spread, [])])
    more = len(spreads) - len(rows)
    parts = [_scroll(table(["entry", "samples", *_HEAD, "distribution"], rows))]
    if more > 0:
        parts.append(tag("p", f"and {more:,} entries more: `shardwright explore`", class_="soft"))
    return tag("div", tag("h3", tag("code", fact)), *parts)


def drawing(spread: Spread, marks: list[float]) -> Html:
    """Returns a small drawing of a spread, with bounds as lines.

    Wide spreads are drawn over the logarithm, as few samples far out would hide all others.
    """
    numbers, counts = spread.ranked()
    low, high = min([spread.least, *marks]), max([spread.most, *marks])
    middle = spread.quantiles((0.5,))[0]
    logs = low >= 0 and high > 50 * max(middle, 1e-9) and high > 1
    scale = np.log1p if logs else np.asarray
    start, stop = (float(scale(end)) for end in (low, high))
    span = (stop - start) or 1.0
    places = np.minimum((scale(numbers) - start) / span * _COLUMNS, _COLUMNS - 1).astype(np.int64)
    heights = np.bincount(np.maximum(places, 0), weights=counts, minlength=_COLUMNS)
    # Square roots: columns of a few samples beside one of very many can still be seen.
    tall = np.sqrt(heights / heights.max()) * (_HEIGHT - 2)
    step = _WIDTH / _COLUMNS
    path = "".join(
        f"M{place * step:.0f} {_HEIGHT}v-{height:.1f}h{step - 1:.0f}v{height:.1f}z"
        for place, height in enumerate(tall)
        if height
    )
    lines = "".join(
        f'<line class="mark" x1="{x:.1f}" x2="{x:.1f}" y1="0" y2="{_HEIGHT}"></line>'
        for x in ((float(scale(mark)) - start) / span * _WIDTH for mark in marks)
    )
    told = f"{short(spread.least)} to {short(spread.most)}{', logarithmic' if logs else ''}"
    return Html(
        f'<svg class="spread" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img"><title>{told}</title>'
        f'<path d="{path}"></path>{lines}</svg>'
    )


def _scroll(content: Html) -> Html:
    return tag("div", content, class_="scroll")
