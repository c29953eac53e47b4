"""`shardwright leaks DIR`: what was found of evaluation sets, with both texts side by side.

The corpus's own report only counts: it is published, and would carry the questions with it. This
page is for the eyes of whoever builds, and the sets' own texts are in it only if they are given.
"""

import argparse
import sys
from collections.abc import Iterable, Iterator
from importlib.resources import files
from itertools import groupby, islice
from typing import Any

import pyarrow.compute as pc

from pipelines import store
from pipelines.corpus import terminal
from pipelines.corpus.lookup import Found
from pipelines.corpus.report import gallery
from pipelines.corpus.report.markup import Html, join, table, tag
from pipelines.corpus.state import Corpus, CorpusError, batches, open_corpus
from pipelines.leakage import benchmarks
from pipelines.leakage.benchmark import Item
from pipelines.leakage.command import read_items
from pipelines.leakage.fingerprint import FingerprintError
from pipelines.leakage.shared_words import mark
from pipelines.leakage.told import found_in, sentence
from sources.image import ImageError, read_image
from sources.sample import Sample, from_members

_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
_STYLE = """
.pair { display: grid; grid-template-columns: 1fr 1fr; gap: 14px; }
.pair pre { white-space: pre-wrap; overflow-wrap: anywhere; margin: 0; }
mark { background: #f5d06f; color: #1c2430; }
"""
_HEAD = ["set", "items", "of these found", "samples", "by n-grams", "by question", "by picture"]
_ABSENT = "not at hand: --with and --images name the files of a set"
# Items of one sample that are shown.
_MOST = 5
_PIXELS, _BYTES = 40_000_000, 100_000_000

Items = dict[tuple[str, str], Item]


def add(commands: Any) -> None:
    """Adds the command to those of the program."""
    parser = commands.add_parser(
        "leaks",
        help="show what a corpus, or a build, was found to hold of evaluation sets",
        description="Shows for each evaluation set of the recipe's `leakage` how much of it was "
        "found, and the samples. With the files of a set, shows its texts beside theirs.",
        epilog="example: shardwright leaks corpus --with gsm8k=grade-school-math --html leaks.html",
    )
    parser.add_argument("dir", help="folder or URL of the corpus")
    parser.add_argument(
        "--with",
        dest="sets",
        action="append",
        default=[],
        metavar="SET=PATH",
        help="files of an evaluation set",
    )
    parser.add_argument("--images", default="", metavar="FOLDER", help="where its pictures are")
    parser.add_argument("--html", default="", metavar="FILE", help="write a page to look at")
    parser.add_argument("--limit", type=int, default=200, help="samples to show (default: 200)")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(run=run)


def run(known: argparse.Namespace, _: list[str]) -> int:
    """Runs the command and returns its exit code."""
    corpus = open_corpus(known.dir)
    if not corpus.folder("leakage"):
        raise CorpusError(
            f"{known.dir} was not searched for evaluation sets: name their fingerprints as "
            "`leakage` in the recipe, and build"
        )
    sets = _sets(corpus)
    lines = list(islice(found_in(corpus), known.limit))
    if known.json:
        terminal.show_json({"sets": sets, "samples": lines})
        return 0
    try:
        items = _items(known.sets, sets, known.images)
    except FingerprintError as error:
        print(f"shardwright leaks: {error}", file=sys.stderr)
        return 1
    terminal.show(terminal.table(_HEAD, _rows(sets)))
    for line in lines if not known.html else ():
        terminal.show(f"\n{line['key']}")
        for each in line["found"]:
            terminal.show(f"  {sentence(each)}")
    if known.html:
        page = _page(corpus, sets, lines, items)
        store.write_bytes(known.html, page)
        terminal.show(f"{len(lines):,} samples in {known.html}")
    return 0


def _sets(corpus: Corpus) -> dict[str, dict[str, Any]]:
    """What was looked for, and how much of it was found."""
    folder = corpus.layout.build("leakage", "index", corpus.state["leakage_index"])
    head = store.read_json(store.join(folder, "index.json"))
    sets = {each["name"]: {**each, "found": set(), "samples": 0, "by": {}} for each in head["sets"]}
    for line in found_in(corpus):
        for name in {each["set"] for each in line["found"]}:
            sets[name]["samples"] += 1
        for each in line["found"]:
            sets[each["set"]]["found"].add(each["item"])
            kinds = sets[each["set"]]["by"]
            kinds[each["kind"]] = kinds.get(each["kind"], 0) + 1
    return {name: {**each, "found": len(each["found"])} for name, each in sets.items()}


def _rows(sets: dict[str, dict[str, Any]]) -> list[list[Any]]:
    kinds = ("ngrams", "question", "image")
    return [
        [name, each["items"], each["found"], each["samples"]]
        + [each["by"].get(kind, 0) for kind in kinds]
        for name, each in sets.items()
    ]


def _items(given: list[str], sets: dict[str, dict[str, Any]], images: str) -> Items:
    """The items of the sets whose files are given.

    Raises:
        FingerprintError: a set is unknown, or its files are not what they should be.
    """
    found: Items = {}
    for each in given:
        name, _, path = each.partition("=")
        if name not in sets or not path:
            raise FingerprintError(
                f"--with {each}: expected SET=PATH with a set of {', '.join(sets)}"
            )
        benchmark = benchmarks.load(sets[name]["benchmark"])
        for item in read_items(benchmark, [path], images):
            found.setdefault((name, item.id), item)
    return found


def _page(
    corpus: Corpus, sets: dict[str, dict[str, Any]], lines: list[dict[str, Any]], items: Items
) -> bytes:
    style = files("pipelines.corpus.report").joinpath("page.css").read_text(encoding="utf-8")
    title = f"{corpus.name}: what it holds of evaluation sets"
    parts = [tag("h1", title), tag("div", table(_HEAD, _rows(sets)), class_="card")]
    parts += [
        _card(found, sample, line["found"], items)
        for line, found, sample in _samples(corpus, lines)
    ]
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        f"{tag('title', title).text}\n<style>\n{style}{_STYLE}</style>\n</head>\n<body>\n<main>\n"
        f"{join(parts).text}\n</main>\n</body>\n</html>\n"
    ).encode()


def _samples(
    corpus: Corpus, lines: list[dict[str, Any]]
) -> Iterator[tuple[dict[str, Any], Found, Sample]]:
    """Reads the samples that something was found in."""
    receipts = {receipt.unit: receipt for receipt in corpus.receipts()}
    for line in lines:
        receipt = receipts[line["unit"]]
        for batch in batches(receipt.path(corpus.layout, "parquet")):
            for facts in batch.filter(pc.equal(batch["offset"], line["offset"])).to_pylist():
                tarred = receipt.path(corpus.layout, "tar")
                found = Found(tar=tarred, start=facts["offset"], facts=facts)
                yield line, found, from_members(dict(found.members()))


def _card(found: Found, sample: Sample, leaks: list[dict[str, Any]], items: Items) -> Html:
    text = "\n".join(sample.texts)
    parts = [tag("h3", f"{found.facts['key']} ({found.facts['row']})")]
    by_item = groupby(leaks, key=lambda each: (each["set"], each["item"]))
    for name, group in islice(by_item, _MOST):
        same, item = list(group), items.get(name)
        told = [each for each in same if each["kind"] != "image"]
        if told:
            parts.append(_side_by_side("; ".join(map(sentence, told)), *_texts(text, item)))
        for each in same:
            if each["kind"] == "image":
                ours = sample.images[each["place"]].image or b""
                theirs = item.images if item else ()
                parts.append(_side_by_side(sentence(each), _thumbnail(ours), _pictures(theirs)))
    return tag("div", join(parts), class_="card")


def _side_by_side(told: str, ours: Html, theirs: Html) -> Html:
    pair = tag("div", tag("div", ours), tag("div", theirs), class_="pair")
    return join([tag("p", told, class_="soft"), pair])


def _texts(text: str, item: Item | None) -> tuple[Html, Html]:
    """A sample's text and an item's, with what they share marked."""
    if item is None:
        return tag("pre", mark(text, "")[0]), tag("span", _ABSENT, class_="soft")
    ours, theirs = mark(text, "\n".join((item.question, *item.texts)))
    return tag("pre", ours), tag("pre", theirs)


def _pictures(images: Iterable[bytes | str]) -> Html:
    shown = [_thumbnail(each) for each in images if isinstance(each, bytes)]
    return join(shown) if shown else tag("span", _ABSENT, class_="soft")


def _thumbnail(data: bytes) -> Html:
    try:
        kept, seen = read_image(data, max_bytes=_BYTES, max_pixels=_PIXELS)
    except ImageError as error:
        return tag("p", str(error))
    return gallery.thumbnail(kept, seen.width, seen.height)
