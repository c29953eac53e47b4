"""`shardwright signatures`: what a corpus has seen, for later ones to leave out."""

import argparse
from collections.abc import Iterator
from typing import Any

from pipelines import earlier, store
from pipelines.corpus import terminal
from pipelines.corpus.state import Corpus, CorpusError, open_corpus
from pipelines.dedup import removed
from pipelines.near import minhash
from pipelines.near.rates import own
from pipelines.staging import Receipt, read_facts

_COLUMNS = [name for name in earlier.SCHEMA.names if name not in ("key", "offset")]


def add(commands: Any) -> None:
    """Adds the command to those of the program."""
    parser = commands.add_parser(
        "signatures",
        help="write what a corpus has seen, so that later ones leave it out",
        description="Writes hashes and signatures of all samples that were no duplicates, filtered "
        "ones included: about a kilobyte each, no text, of pictures grey thumbnails. A recipe "
        "names the folder under `dedup.before`: its samples are compared with those too.",
        epilog="example: shardwright signatures crawl-1 --out crawl-1.signatures",
    )
    parser.add_argument("dir", help="folder or URL of the corpus, with its workshop")
    parser.add_argument("--out", required=True, help="folder or URL to write")
    parser.add_argument("--name", default="", help="name in reports (default: the corpus's)")
    parser.set_defaults(run=run)


def run(known: argparse.Namespace, _: list[str]) -> int:
    """Runs the command and returns its exit code."""
    corpus = open_corpus(known.dir)
    head = export(corpus, known.out, known.name or corpus.name)
    terminal.show(f"{head['name']}: {head['samples']:,} samples in {known.out}")
    return 0


def export(corpus: Corpus, out: str, name: str) -> dict[str, Any]:
    """Writes the signatures of a corpus and returns what the folder says of itself.

    Raises:
        CorpusError: the corpus is not finished, is not of the last build, or has no workshop.
    """
    ingest, removals = corpus.folder("ingest"), corpus.state.get("removals")
    if corpus.manifest is None or ingest is None or removals is None:
        raise CorpusError(
            f"{corpus.layout.out} is not finished, or its _build folder is gone: signatures are "
            "read from there"
        )
    if corpus.published.get("plan") != corpus.state.get("plan"):
        raise CorpusError("another build has begun there since: let it end first")
    folders = [corpus.layout.build(each) for each in removals]
    files: dict[str, Any] = {}
    for path in store.read_json(store.join(ingest, "done.json")):
        rows = _rows(corpus, store.join(ingest, path), folders, name)
        file = f"{path.removesuffix('.jsonl')}.parquet"
        files[file] = earlier.write(store.join(out, file), rows)
    head = {
        "format": earlier.FORMAT,
        "name": name,
        "minhash": minhash.PARAMETERS,
        "samples": sum(each["samples"] for each in files.values()),
        "files": files,
        "history": [*corpus.manifest.get("before", ()), own(name, corpus.manifest["funnel"])],
    }
    store.write_json(store.join(out, earlier.HEAD), head)
    return head


def _rows(corpus: Corpus, path: str, folders: list[str], name: str) -> Iterator[dict[str, Any]]:
    """Yields the samples of a bucket that nothing removed; filters do not count."""
    gone = removed(folders, path.rsplit("/", 1)[-1])
    for record in store.read_lines(path):
        receipt = Receipt(**record)
        for facts in read_facts(receipt, corpus.layout, ["key", "offset", *_COLUMNS]):
            if (receipt.unit, facts["offset"]) not in gone:
                yield {**facts, "key": f"{name}:{facts['key']}"}
