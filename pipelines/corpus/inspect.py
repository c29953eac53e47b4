"""`inspect DIR`: what a corpus holds and how it came to hold that."""

import argparse
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from pipelines import runners
from pipelines.corpus import census, one, talks, terminal
from pipelines.corpus.census import Census
from pipelines.corpus.state import Corpus, open_corpus

# Longer lists of languages and licences are cut to their largest entries; JSON has them all.
_SHOWN = 12


def add(commands: Any) -> None:
    """Adds the command to those of the program."""
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
    parser.set_defaults(run=_run)


def _run(known: argparse.Namespace, _: list[str]) -> int:
    if known.key is None and known.save is not None:
        raise runners.UsageError("shardwright inspect: --save needs the key of a sample")
    if known.key is None:
        return run(known.dir, as_json=known.json)
    return one.run(known.dir, known.key, save=known.save, as_json=known.json)


def run(out: str, *, as_json: bool) -> int:
    """Prints what a folder holds; returns the exit code.

    Raises:
        CorpusError: nothing was built there.
    """
    told = describe(open_corpus(out))
    if as_json:
        terminal.show_json(told)
    else:
        terminal.show(_text(told))
    return 0


def describe(corpus: Corpus) -> dict[str, Any]:
    """Returns what `inspect` tells, as a JSON value."""
    shards = corpus.shards()
    # Until shards are written, what is staged tells what there is.
    counted = census.take(census.of_shards(corpus) if shards else census.of_staged(corpus))
    numbers = Counter(shard.name.rsplit("/", 1)[0] for shard in shards)
    sizes: Counter[str] = Counter()
    for shard in shards:
        sizes[shard.name.rsplit("/", 1)[0]] += shard.bytes
    folders = {
        name: {"shards": numbers[name], **asdict(sums), "tar_bytes": sizes[name]}
        for name, sums in sorted(counted.groups.items())
    }
    funnel = corpus.funnel()
    return {
        "name": corpus.name,
        "finished": corpus.manifest is not None,
        "digest": corpus.manifest["digest"] if corpus.manifest else None,
        "counted": "written samples" if shards else "staged samples",
        "folders": folders,
        **_counts(counted),
        "conversations": counted.talks.conversations(),
        "second_opinion": counted.talks.agreement(corpus.recipe),
        "funnel": funnel,
        "plots": plots(funnel),
    }


def plots(funnel: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, int]]:
    """Returns, for each entry that reads notebooks, the three numbers that the paper gives.

    >>> line = {"source": "web_code/notebooks", "rows": 9, "rejects": 1, "samples": 4,
    ...         "skips": {"no_image": 3, "several_images": 2, "few_lines": 5}, "written": 4}
    >>> plots({"nb": line})
    {'nb': {'notebooks': 8, 'pairs': 9, 'kept': 4}}
    """
    told = {}
    for entry, line in funnel.items():
        if line["source"] == "web_code/notebooks":
            # Skips of whole notebooks, and of cells with more than the one image of a pair.
            others = ("no_image", "several_images")
            skipped = sum(n for reason, n in line["skips"].items() if reason not in others)
            told[entry] = {
                "notebooks": line["rows"] - line["rejects"],
                "pairs": line["samples"] + skipped,
                "kept": line["samples"],
            }
    return told


def _counts(counted: Census) -> dict[str, dict[str, int]]:
    names = ("languages", "code_languages", "licences", "sources", "formats")
    told = {name: dict(_ranked(getattr(counted, name))) for name in names}
    spread = {name: getattr(counted, name) for name in ("sides", "characters")}
    lists = {
        name: {str(low): n for low, n in sorted(each.items())} for name, each in spread.items()
    }
    return {**told, **lists}


def _ranked(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    """Largest first; of equals the first by name."""
    return sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))


def _text(told: dict[str, Any]) -> str:
    if told["finished"]:
        lines = [f"{told['name']}: a corpus, digest {told['digest']}"]
    else:
        lines = [
            f"{told['name']}: no corpus yet, the build has not ended (there is no manifest); "
            "what is there so far:"
        ]
    lines += ["", f"{told['counted']}:", _folders(told["folders"]), ""]
    for name, label in (
        ("languages", "languages"),
        ("code_languages", "program code"),
        ("licences", "licences"),
        ("formats", "image formats"),
    ):
        if told[name]:
            lines.append(f"{label + ':':<15}{_list(told[name])}")
    lines += _talks(told)
    lines += ["", "funnel:", _funnel(told["funnel"], told["finished"])]
    for entry, numbers in told["plots"].items():
        lines += ["", _plots(entry, numbers)]
    return "\n".join(lines)


def _folders(folders: dict[str, dict[str, int]]) -> str:
    rows: list[list[object]] = [
        [
            name,
            sums["shards"],
            sums["samples"],
            sums["images"],
            sums["characters"],
            terminal.size(sums["image_bytes"]).rjust(8),
            terminal.size(sums["tar_bytes"] or sums["bytes"]).rjust(8),
        ]
        for name, sums in folders.items()
    ]
    head = ["folder", "shards", "samples", "images", "characters", "of images", "size"]
    return terminal.table(head, rows) if rows else "none"


def _funnel(funnel: dict[str, dict[str, Any]], finished: bool) -> str:
    """Rows and what became of them: a line an entry, a line a reason below it."""
    rows: list[list[object]] = []
    for entry, line in funnel.items():
        skips, removed = line["skips"], line["removed"]
        counts = [line["rows"], sum(skips.values()), line["rejects"], line["samples"]]
        rows.append([entry, *counts, sum(removed.values()), line["written"]])
        rows += [[f"  {why}", "", n, "", "", "", ""] for why, n in _ranked(skips)]
        rows += [[f"  {why}", "", "", "", "", n, ""] for why, n in _ranked(removed)]
    last = "written" if finished else "to write"
    head = ["entry", "rows", "skipped", "rejected", "samples", "removed", last]
    return terminal.table(head, rows) if rows else "none"


def _talks(told: dict[str, Any]) -> list[str]:
    """What conversations are like, and how often model and labeller agree, where there are any."""
    lines = []
    if told["conversations"]:
        rows = list(talks.rows(told["conversations"]))
        lines += ["", "conversations:", terminal.table(talks.HEAD, rows), talks.NOTE]
    if told["second_opinion"]:
        agreed = list(talks.agreement_rows(told["second_opinion"]))
        table = terminal.table(talks.AGREEMENT_HEAD, agreed)
        note = talks.agreement_note(told["second_opinion"])
        lines += ["", "the model's second opinion on use cases:", table, note]
    return lines


def _plots(entry: str, numbers: dict[str, int]) -> str:
    rows: list[list[object]] = [
        ["  notebooks read", numbers["notebooks"]],
        ["  pairs with exactly one image", numbers["pairs"]],
        ["  pairs after the filter", numbers["kept"]],
    ]
    return terminal.table([f"{entry}, as the paper counts", ""], rows)


def _list(counts: dict[str, int]) -> str:
    pairs = list(counts.items())
    words = [f"{terminal.one_line(name)} {number:,}" for name, number in pairs[:_SHOWN]]
    if len(pairs) > _SHOWN:
        words.append(f"and {len(pairs) - _SHOWN} more")
    return ", ".join(words)
