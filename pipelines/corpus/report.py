"""`report/index.html`: the corpus on one page that needs nothing but itself.

The page may not load or run anything, whatever slips into it: its policy says so.
"""

from collections import Counter
from collections.abc import Iterator
from importlib.resources import files
from itertools import groupby, islice
from typing import Any

import yaml

from pipelines import store
from pipelines.corpus import charts, inspect, scores, terminal
from pipelines.corpus.census import Census
from pipelines.corpus.coverage import coverage
from pipelines.corpus.gallery import gallery
from pipelines.corpus.markup import Content, Html, join, table, tag
from pipelines.corpus.report_facts import thresholds
from pipelines.corpus.report_remix import remixing
from pipelines.corpus.report_talks import conversations
from pipelines.corpus.state import Corpus
from pipelines.mixing import told
from pipelines.near import rates

_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
_SHARDS = 500
_REJECTS = 20
_DETAIL = 300
_SECTIONS = (
    "funnel",
    "mixture",
    "remixing",
    "leakage",
    "distributions",
    "thresholds",
    "use-cases",
    "conversations",
    "scores",
    "examples",
    "rejects",
    "shards",
    "recipe",
)
# Those that only some corpora have, and what of the manifest tells it.
_SOMETIMES = {"mixture": "mixture", "remixing": "remix", "leakage": "leakage", "scores": "scores"}


def build(corpus: Corpus, counted: Census) -> bytes:
    """Returns the page."""
    manifest = corpus.manifest or {}
    style = files(__package__).joinpath("report.css").read_text(encoding="utf-8")
    parts = [
        _head(corpus, counted, manifest),
        *_section("funnel", "From rows to samples", _funnel(corpus)),
        *(_section("mixture", "Mixture", _mixture(manifest)) if "mixture" in manifest else ()),
        *_remixing(corpus, manifest),
        *_leaks(manifest),
        *_dumps(manifest),
        *_section("distributions", "Distributions", [_distributions(counted)]),
        *_thresholds(corpus),
        *_coverage(corpus, counted),
        *_conversations(corpus, counted),
        *_scores(corpus, manifest),
        *_section("examples", "Examples", _examples(corpus)),
        *_section("rejects", "Rows that broke", _rejects(corpus)),
        *_section("shards", "Shards", [_shards(corpus)]),
        *_section("recipe", "Recipe and versions", [_recipe(manifest)]),
    ]
    title = tag("title", corpus.name).text
    page = f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{_POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
{title}
<style>
{style}</style>
</head>
<body>
<main>
{join(parts).text}
</main>
</body>
</html>
"""
    return page.encode()


def _head(corpus: Corpus, counted: Census, manifest: dict[str, Any]) -> Html:
    sums = counted.groups.values()
    tiles: list[tuple[str, Content]] = [
        ("samples", manifest["samples"]),
        ("images", sum(each.images for each in sums)),
        ("characters", sum(each.characters for each in sums)),
        ("shards", len(manifest["shards"])),
        ("in tars", terminal.size(manifest["bytes"])),
        ("languages", len(counted.languages)),
    ]
    shown = [tag("div", tag("b", value), name, class_="tile") for name, value in tiles]
    absent = {section for section, name in _SOMETIMES.items() if name not in manifest}
    absent |= set() if _labelled(counted) else {"use-cases"}
    absent |= set() if counted.talks.entries else {"conversations"}
    sections = [name for name in _SECTIONS if name not in absent]
    links = [tag("a", name, href=f"#{name}") for name in sections]
    digest = tag("p", "digest ", tag("code", manifest["digest"]), class_="soft")
    header = [
        tag("h1", corpus.name),
        digest,
        tag("div", *shown, class_="tiles"),
        tag("nav", *links),
    ]
    return join(header)


def _section(name: str, title: str, parts: list[Html] | Iterator[Html]) -> Iterator[Html]:
    yield tag("h2", title, id=name)
    yield from parts


def _funnel(corpus: Corpus) -> Iterator[Html]:
    funnel = corpus.funnel()
    for entry, line in funnel.items():
        yield charts.flow(entry, line)
    for entry, numbers in inspect.plots(funnel).items():
        rows: list[list[Content]] = [
            ["notebooks read", numbers["notebooks"]],
            ["pairs with exactly one image", numbers["pairs"]],
            ["pairs after the filter", numbers["kept"]],
        ]
        title = tag("h3", f"{entry}, as the paper counts")
        yield tag("div", title, table(["what", "count"], rows), class_="card")


def _distributions(counted: Census) -> Html:
    folders = {name: sums.samples for name, sums in counted.groups.items()}
    cards = [
        charts.bars("Samples by folder", folders),
        charts.histogram("Samples by characters (from)", counted.characters),
        charts.histogram("Images by longer side in pixels (from)", counted.sides),
    ]
    for title, counts in (
        ("Samples by language", counted.languages),
        ("Samples of program code", counted.code_languages),
        ("Samples by licence", counted.licences),
        ("Images by format", counted.formats),
    ):
        cards += [charts.bars(title, counts)] if counts else []
    return tag("div", join(cards), class_="grid")


def _examples(corpus: Corpus) -> Iterator[Html]:
    groups = groupby(corpus.shards(), key=lambda shard: shard.name.rsplit("/", 1)[0])
    folders = [(folder, list(shards)) for folder, shards in groups]
    for folder, shards in folders:
        yield gallery(corpus, folder, shards, len(folders))


def _rejects(corpus: Corpus) -> Iterator[Html]:
    """Yields a card for each entry with rejects: their reasons, and the first of them."""
    broken = [entry for entry, line in corpus.funnel().items() if line["rejects"]]
    if not broken:
        yield tag("p", "None.", class_="soft")
    for entry in broken:
        path = corpus.layout.corpus("rejects", f"{entry}.jsonl")
        reasons = Counter(line["reason"] for line in store.read_lines(path))
        told = ", ".join(f"{number:,} {reason}" for reason, number in sorted(reasons.items()))
        rows = [
            [line["place"][:_DETAIL], line["reason"], line["detail"][:_DETAIL]]
            for line in islice(store.read_lines(path), _REJECTS)
        ]
        parts = [tag("h3", entry), tag("p", told, class_="soft")]
        parts.append(table(["row", "reason", "what was wrong"], rows))
        if sum(reasons.values()) > _REJECTS:
            parts.append(tag("p", f"all of them: rejects/{entry}.jsonl", class_="soft"))
        yield tag("div", join(parts), class_="card")


def _shards(corpus: Corpus) -> Html:
    shards = corpus.shards()
    rows: list[list[Content]] = [
        [
            tag("code", f"{shard.name}.tar"),
            shard.samples,
            shard.bytes,
            tag("code", shard.sha256[:16]),
        ]
        for shard in shards[:_SHARDS]
    ]
    parts = [table(["shard", "samples", "bytes", "SHA-256 begins"], rows)]
    if len(shards) > _SHARDS:
        rest = f"and {len(shards) - _SHARDS:,} more: manifest.json lists them all"
        parts.append(tag("p", rest, class_="soft"))
    return tag("div", join(parts), class_="card")


def _recipe(manifest: dict[str, Any]) -> Html:
    recipe = yaml.safe_dump(manifest["recipe"], sort_keys=False, allow_unicode=True)
    versions = yaml.safe_dump(manifest["versions"], sort_keys=True)
    parts = [
        tag("details", tag("summary", name), tag("pre", text))
        for name, text in (("recipe", recipe), ("versions", versions))
    ]
    return tag("div", join(parts), class_="card")


def _coverage(corpus: Corpus, counted: Census) -> Iterator[Html]:
    if _labelled(counted):
        yield from _section("use-cases", "Use cases", coverage(corpus, counted.use_cases))


def _conversations(corpus: Corpus, counted: Census) -> Iterator[Html]:
    if counted.talks.entries:
        shown = conversations(counted.talks, corpus.recipe)
        yield from _section("conversations", "Conversations", shown)


def _remixing(corpus: Corpus, manifest: dict[str, Any]) -> Iterator[Html]:
    if "remix" in manifest:
        yield from _section("remixing", "Remixing", remixing(corpus, manifest["remix"]))


def _leaks(manifest: dict[str, Any]) -> Iterator[Html]:
    if "leakage" in manifest:
        yield from _section("leakage", "Evaluation sets", _leakage(manifest))


def _thresholds(corpus: Corpus) -> Iterator[Html]:
    # The facts of what was left out lie in the workshop, which may be gone.
    yield from _section("thresholds", "Thresholds", thresholds(corpus))


def _labelled(counted: Census) -> bool:
    return any(counted.use_cases)


def _scores(corpus: Corpus, manifest: dict[str, Any]) -> Iterator[Html]:
    if "scores" in manifest:
        shown = scores.section(corpus, manifest["scores"])
        yield from _section("scores", "What the model says", shown)


def _mixture(manifest: dict[str, Any]) -> Iterator[Html]:
    """Yields what the mixture asked for and got, shortfalls first."""
    record = manifest["mixture"]
    for sentence in told.shortfalls(record):
        yield tag("p", "Short: ", sentence)
    rows: list[list[Content]] = []
    for line in record["lines"]:
        names = [line["class"], line["entry"], line["language"]]
        rows.append([*names, *(round(line[name]) for name in ("wanted", "available", "taken"))])
    head = ["class", "entry", "language", "asked", "there", "taken"]
    scaled = "" if record["scaled"] == 1 else f", all scaled to {record['scaled']:.1%}"
    unit = tag("p", f"in {record['unit']}{scaled}; * stands for whatever there is", class_="soft")
    yield tag("div", table(head, rows), unit, class_="card")


def _leakage(manifest: dict[str, Any]) -> Iterator[Html]:
    """Yields how much of which evaluation set was found; what it says stays out of the page."""
    record = manifest["leakage"]
    done = "removed" if record["removed"] else "only reported, as the recipe asks"
    told = f"What was found is {done}; `shardwright leaks` shows it beside the sets' own texts."
    rows: list[list[Content]] = [
        [name, each["items"], each["items_found"], each["samples"]]
        + [each["kinds"].get(kind, 0) for kind in ("ngrams", "question", "image")]
        for name, each in record["sets"].items()
    ]
    head = ["set", "items", "items found", "samples", "by n-grams", "by question", "by picture"]
    yield tag("div", table(head, rows), tag("p", told, class_="soft"), class_="card")


def _dumps(manifest: dict[str, Any]) -> Iterator[Html]:
    """Yields how many duplicates go when more and more dumps are taken together."""
    head = ["dumps", "with", "samples", "removed as duplicates", "rate"]
    for name, lines in rates.tables(manifest):
        rows: list[list[Content]] = [
            [line["dumps"], line["with"], line["samples"], line["removed"], f"{line['rate']:.1%}"]
            for line in lines
        ]
        yield tag("h2", f"Duplicates by number of dumps: {name}")
        yield tag("div", table(head, rows), class_="card")
