"""`why DIR WORD`: which stage made, skipped, rejected, removed or wrote something, and why.

The word is a key, or a file name, a row's identity, an origin, or part of one of these.
"""

from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from pipelines import store
from pipelines.corpus import terminal
from pipelines.corpus.state import Corpus, CorpusError, batches, open_corpus
from pipelines.facts import value
from pipelines.leakage.settings import REASON
from pipelines.leakage.told import leaks
from pipelines.measures.presets import expand
from pipelines.near import repeats
from pipelines.staging import Receipt

# Stories told in full; the rest is counted.
_TOLD = 50
_WORDS = ("key", "row", "origin")

Story = dict[str, Any]

# Reasons that no fact of the sample itself explains.
_TOO_MUCH = {
    "mixture": "the mixture takes less of its class, entry and language than there is",
    "remix": "there is much of its domain, of which the recipe's `remix` keeps a part",
    "repeated_caption": "more samples have this caption than the recipe's `dedup` allows",
}


def add(commands: Any) -> None:
    """Adds the command to those of the program."""
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
    parser.set_defaults(run=lambda known, _: run(known.dir, known.word, as_json=known.json))


def run(out: str, word: str, *, as_json: bool) -> int:
    """Prints the stories of all that a word matches; returns the exit code.

    Raises:
        CorpusError: nothing matches.
    """
    corpus = open_corpus(out)
    stories, more = tell(corpus, word)
    if not stories:
        raise CorpusError(_nothing(corpus, word))
    if as_json:
        terminal.show_json({"word": word, "matches": stories, "more": more})
        return 0
    terminal.show("\n\n".join(map(_text, stories)))
    if more:
        terminal.show(f"\nand {more:,} more: say a key, or more of the origin")
    return 0


def tell(corpus: Corpus, word: str) -> tuple[list[Story], int]:
    """Returns the stories of what a word matches, and how many more it matches."""
    stories: list[Story] = []
    count = 0
    staged = any(True for _ in corpus.receipts())
    for story in _staged(corpus, word) if staged else _shipped(corpus, word):
        count += 1
        if len(stories) < _TOLD:
            stories.append(story)
    if staged:
        samples = {story["at"]: story for story in stories if story["kind"] == "sample"}
        _add_edits(corpus, samples)
        _add_removals(corpus, samples)
        _add_places(corpus, [story for story in samples.values() if not story["removed"]])
        for story in samples.values():
            _add_ends(corpus, story)
    for story in stories:
        for name in ("at", "facts", "removed"):
            story.pop(name, None)
    return stories, count - len(stories)


def _staged(corpus: Corpus, word: str) -> Iterator[Story]:
    """Yields what ingest made, skipped and rejected, unit by unit."""
    for receipt in corpus.receipts():
        if not store.exists(receipt.path(corpus.layout, "parquet")):
            continue
        for batch in batches(receipt.path(corpus.layout, "parquet")):
            for facts in _matching(batch, word):
                yield _made(receipt, facts)
        for line in store.read_lines(receipt.path(corpus.layout, "left.jsonl")):
            row = f"{line['place']}#{line['part']}" if line["part"] else line["place"]
            # The detail names the image that a row broke on.
            if word in row or word in line["detail"]:
                yield _left(receipt, line, row)


def _shipped(corpus: Corpus, word: str) -> Iterator[Story]:
    """Yields what is in the shards, all that a corpus without its workshop can tell."""
    for shard in corpus.shards():
        for batch in corpus.index(shard.name):
            for facts in _matching(batch, word):
                story = _sample(facts)
                story["steps"] = [_written(facts)]
                yield story


def _matching(batch: pa.RecordBatch, word: str) -> list[dict[str, Any]]:
    """The rows of which a key, a row's identity or an origin holds the word."""
    mask = None
    for name in _WORDS:
        hits = pc.match_substring(batch[name], word)
        mask = hits if mask is None else pc.or_kleene(mask, hits)
    rows: list[dict[str, Any]] = batch.filter(mask).to_pylist()
    return rows


def _sample(facts: dict[str, Any]) -> Story:
    told = {name: facts[name] for name in ("key", "row", "origin", "source")}
    return {"kind": "sample", **told, "entry": facts["stanza"], "steps": []}


def _made(receipt: Receipt, facts: dict[str, Any]) -> Story:
    sizes = zip(facts["formats"], facts["widths"], facts["heights"], strict=True)
    images = [f"{kind} {width} x {height}" for kind, width, height in sizes]
    detail = ", ".join([*images[:4], f"{facts['characters']:,} characters"])
    step = {"stage": "ingest", "outcome": "made", "unit": receipt.unit, "detail": detail}
    story = _sample(facts)
    story |= {"at": (receipt.unit, facts["offset"]), "facts": facts, "removed": False}
    story["steps"] = [step]
    return story


def _left(receipt: Receipt, line: dict[str, Any], row: str) -> Story:
    outcome = "skipped" if line["kind"] == "skip" else "rejected"
    step = {"stage": "ingest", "outcome": outcome, "unit": receipt.unit}
    step |= {"reason": line["reason"], "detail": line["detail"]}
    return {"kind": line["kind"], "row": row, "entry": receipt.stanza, "steps": [step]}


def _add_edits(corpus: Corpus, samples: dict[tuple[str, int], Story]) -> None:
    """Tells of documents that lost images."""
    folder = corpus.folder("repeats")
    if not folder:
        return
    # What makes edits loads Beam, for which no other question should wait.
    from pipelines.near import edits

    for line in edits.lost(folder):
        story = samples.get((line["unit"], line["offset"]))
        if story is not None:
            lost = ", ".join(f"image {place} ({why})" for place, why in line["lost"])
            step = {"stage": "dedup", "outcome": "edited", "detail": f"without {lost}"}
            story["steps"].append(step)


def _add_removals(corpus: Corpus, samples: dict[tuple[str, int], Story]) -> None:
    """Tells of samples that dedup or plan left out, and which samples others gave way to."""
    folder = corpus.folder("plan")
    keys = {story["key"]: story for story in samples.values()}
    for found in store.below(folder, "dropped/*.jsonl") if folder else ():
        for line in store.read_lines(found.path):
            story = samples.get((line["unit"], line["offset"]))
            if story is not None:
                story["removed"] = True
                story["steps"].append(_removal(corpus, story["facts"], line))
            if line["kept"] in keys:
                step = {"stage": "dedup", "outcome": "kept", "reason": line["reason"]}
                keys[line["kept"]]["steps"].append({**step, "detail": f"in place of {line['key']}"})


def _removal(corpus: Corpus, facts: dict[str, Any], line: dict[str, Any]) -> dict[str, Any]:
    step = {"outcome": "removed", "reason": line["reason"]}
    if line["kept"] is not None:
        alike = f", likeness {line['alike']:.2f}" if line["alike"] < 1 else ""
        detail = f"{line['kept']} stays in its place{alike}"
        return {"stage": "dedup", **step, "kept": line["kept"], "detail": detail}
    if line["reason"] in _TOO_MUCH:
        return {"stage": "plan", **step, "detail": _TOO_MUCH[line["reason"]]}
    if line["reason"].startswith(REASON):
        return {"stage": "dedup", **step, "detail": leaks(corpus, line["unit"], line["offset"])}
    if line["reason"] == repeats.REASON:
        return {"stage": "dedup", **step, "detail": "too few of its images are left"}
    fact = line["reason"].removeprefix("filter_")
    # Scores lie beside the facts; plan notes those that decided.
    found = line["value"] if "value" in line else value(facts, fact)
    asked = [
        _asked(each) for each in expand(corpus.recipe.get("filters", ())) if each["fact"] == fact
    ]
    if corpus.recipe.get("people", {}).get(fact) == "drop":
        asked.append("none of it")
    detail = f"{fact} is {found!r}; the recipe asks for {' and '.join(asked)}"
    return {"stage": "plan", **step, "detail": detail}


def _asked(condition: dict[str, Any]) -> str:
    """What a filter of the recipe asks for, in words."""
    words = {"min": "at least", "max": "at most", "in": "one of", "not_in": "none of"}
    told = [f"{word} {condition[name]}" for name, word in words.items() if name in condition]
    for name in ("category", "entry"):
        if name in condition:
            told.append(f"in {name} {condition[name]}")
    return ", ".join(told)


def _add_places(corpus: Corpus, samples: list[Story]) -> None:
    """Tells in which shard the samples that stay are."""
    wanted = {story["key"]: story for story in samples}
    for shard in corpus.shards() if wanted else ():
        columns = ["key", "shard", "index", "offset", "bytes"]
        for batch in corpus.index(shard.name, columns):
            chosen = batch.filter(pc.is_in(batch["key"], pa.array(list(wanted))))
            for facts in chosen.to_pylist():
                wanted[facts["key"]]["steps"].append(_written(facts))


def _written(facts: dict[str, Any]) -> dict[str, Any]:
    detail = (
        f"{facts['shard']}.tar, sample {facts['index']}, "
        f"{facts['bytes']:,} bytes at {facts['offset']:,}"
    )
    step = {"stage": "write", "outcome": "written", "shard": facts["shard"]}
    return {**step, "index": facts["index"], "offset": facts["offset"], "detail": detail}


def _add_ends(corpus: Corpus, story: Story) -> None:
    """Tells of a sample that is neither removed nor written what it waits for."""
    if not story["removed"] and story["steps"][-1]["stage"] != "write":
        stage = "plan" if corpus.folder("plan") is None else "write"
        detail = "the build has not come to that; the same `build` command goes on"
        story["steps"].append({"stage": stage, "outcome": "waits", "detail": detail})


def _nothing(corpus: Corpus, word: str) -> str:
    """The message for a word that matches nothing: its file may still wait to be read."""
    for name in corpus.state.get("units", ()):
        for record in store.read_lines(corpus.layout.build("units", name)):
            for piece in record["pieces"]:
                if word in piece["file"]["name"]:
                    return (
                        f"{piece['file']['name']} is listed (unit {record['id']}), but no row of "
                        f"it that holds {word!r} has been read"
                    )
    return (
        f"nothing matches {word!r}: no key, row or origin of this build holds it. It was not among "
        "the files that the recipe's patterns found, or it is written differently"
    )


def _text(story: Story) -> str:
    head = story.get("key", story["row"])
    lines = [f"{terminal.one_line(head)}: a {story['kind']} of entry {story['entry']}"]
    if "key" in story:
        lines.append(f"  row     {terminal.one_line(story['row'])}")
        if story["origin"] != story["row"]:
            lines.append(f"  origin  {terminal.one_line(story['origin'])}")
    for step in story["steps"]:
        reason = f" ({step['reason']})" if "reason" in step else ""
        unit = f", unit {step['unit']}" if "unit" in step else ""
        detail = f": {terminal.one_line(step['detail'])}" if step["detail"] else ""
        lines.append(f"  {step['stage']:<8}{step['outcome']}{reason}{unit}{detail}")
    return "\n".join(lines)
