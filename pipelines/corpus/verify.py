"""`verify DIR`: every byte, count and index of a corpus, checked in bounded memory."""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from hashlib import blake2b
from typing import Any

from pipelines import funnel, store
from pipelines.corpus import terminal
from pipelines.corpus.indexes import check_shard
from pipelines.corpus.state import Corpus, open_corpus, written
from pipelines.corpus.tarcheck import digest_of
from pipelines.layout import BUILD, ENERGON, SHARD_FILES
from pipelines.shard import ShardReceipt

# Keys held at once; a corpus with more is looked through as often as that takes.
_KEYS = 4_000_000
_SHOWN = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Something that is wrong.

    Attributes:
        path: of the file below the corpus.
        message: what is wrong with it.
    """

    path: str
    message: str


def add(commands: Any) -> None:
    """Adds the command to those of the program."""
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
    parser.set_defaults(run=lambda known, _: run(known.dir, as_json=known.json))


def run(out: str, *, as_json: bool) -> int:
    """Prints what is wrong with a corpus; returns 0 if nothing is, else 1.

    Raises:
        CorpusError: nothing was built there.
    """
    corpus = open_corpus(out)
    faults = list(check(corpus))
    shards = (corpus.manifest or {}).get("shards", [])
    if as_json:
        terminal.show_json(
            {"ok": not faults, "shards": len(shards), "faults": [*map(asdict, faults)]}
        )
        return 1 if faults else 0
    for fault in faults[:_SHOWN]:
        terminal.show(f"{fault.path}: {fault.message}")
    if len(faults) > _SHOWN:
        terminal.show(f"and {len(faults) - _SHOWN} more; --json lists all")
    if faults:
        terminal.show(f"{len(faults)} fault{'s' if len(faults) > 1 else ''}")
        return 1
    samples = (corpus.manifest or {})["samples"]
    terminal.show(f"{out}: {samples:,} samples in {len(shards):,} shards, all as they should be")
    return 0


def check(corpus: Corpus) -> Iterator[Fault]:
    """Yields all that is wrong with a corpus."""
    if corpus.manifest is None:
        message = "is not there: the build has not ended; the same `build` command goes on"
        yield Fault(path="manifest.json", message=message)
        return
    try:
        shards = corpus.shards()
        yield from _check_manifest(corpus.manifest, shards)
    except (KeyError, TypeError, AttributeError) as error:
        yield Fault(path="manifest.json", message=f"is not a manifest: {error!r}")
        return
    whole = []
    for shard in shards:
        messages = list(check_shard(corpus, shard))
        yield from (Fault(path=path, message=message) for path, message in messages)
        whole += [] if messages else [shard]
    yield from check_keys(corpus, whole)
    yield from _check_files(corpus)
    yield from _check_rejects(corpus)
    yield from _check_receipts(corpus, shards)


def _check_manifest(manifest: dict[str, Any], shards: list[ShardReceipt]) -> Iterator[Fault]:
    """The manifest against itself."""
    digest = funnel.digest(shards)
    sums = {
        "digest": digest,
        "samples": sum(shard.samples for shard in shards),
        "bytes": sum(shard.bytes for shard in shards),
    }
    for name, value in sums.items():
        if manifest[name] != value:
            message = f"its {name} is {manifest[name]}, its shards give {value}"
            yield Fault(path="manifest.json", message=message)
    try:
        funnel.check(manifest["funnel"], shards)
    except funnel.CountError as error:
        yield Fault(path="manifest.json", message=f"its funnel does not add up: {error}")


def check_keys(corpus: Corpus, shards: list[ShardReceipt]) -> Iterator[Fault]:
    """No key twice; as many passes as keep memory flat."""
    passes = -(-sum(shard.samples for shard in shards) // _KEYS)
    for turn in range(passes):
        seen: dict[bytes, int] = {}
        for number, shard in enumerate(shards):
            for batch in corpus.index(shard.name, ["key"]):
                for key in batch["key"].to_pylist():
                    digest = blake2b(key.encode(), digest_size=12).digest()
                    if int.from_bytes(digest[:4], "big") % passes != turn:
                        continue
                    if digest in seen:
                        message = f"key {key} comes twice, first in {shards[seen[digest]].name}.tar"
                        yield Fault(path=f"{shard.name}.tar", message=message)
                    seen.setdefault(digest, number)


def _check_files(corpus: Corpus) -> Iterator[Fault]:
    """Files beside the shards: all there, unchanged, and none that nobody knows."""
    manifest = corpus.manifest or {}
    known = {"manifest.json"}
    for shard in corpus.shards():
        known.update(f"{shard.name}{suffix}" for suffix in SHARD_FILES)
    for name, told in manifest["files"].items():
        known.add(name)
        path = corpus.layout.corpus(name)
        if not store.exists(path):
            yield Fault(path=name, message="is missing")
        elif (seen := digest_of(path)) != told["sha256"]:
            yield Fault(path=name, message=f"its SHA-256 is {seen}, expected {told['sha256']}")
    for name in sorted(_found(corpus) - known):
        yield Fault(path=name, message="is no file of this corpus: the manifest does not know it")


def _found(corpus: Corpus) -> set[str]:
    """Names of all files below the corpus but those of the workshop and of version control."""
    start = len(corpus.layout.corpus(""))
    patterns = ("**", "**/.*", f"**/{ENERGON}/*", f"**/{ENERGON}/.*")
    names = {
        each.path[start:]
        for pattern in patterns
        for each in store.below(corpus.layout.out, pattern)
    }
    return {name for name in names if not name.startswith((f"{BUILD}/", ".git"))}


def _check_rejects(corpus: Corpus) -> Iterator[Fault]:
    for entry, line in (corpus.manifest or {})["funnel"].items():
        name = f"rejects/{entry}.jsonl"
        path = corpus.layout.corpus(name)
        count = sum(1 for _ in store.read_lines(path)) if store.exists(path) else 0
        if count != line["rejects"]:
            message = f"holds {count} rejects, the manifest says {line['rejects']}"
            yield Fault(path=name, message=message)


def _check_receipts(corpus: Corpus, shards: list[ShardReceipt]) -> Iterator[Fault]:
    """What the stages wrote down, against the manifest; a corpus without its workshop has none."""
    folder, plan = corpus.folder("write"), corpus.folder("plan")
    if folder is not None and written(folder) != shards:
        yield Fault(path=folder, message="the receipts of shards differ from the manifest's shards")
    if plan is not None and corpus.folder("ingest") is not None:
        manifest = corpus.manifest or {}
        entries = {name: line["source"] for name, line in manifest["funnel"].items()}
        counted = funnel.count(entries, list(corpus.receipts()), plan)
        for name, line in counted.items():
            if line != manifest["funnel"][name]:
                message = f"the receipts of {name} give {json.dumps(line)}; the manifest says "
                message += json.dumps(manifest["funnel"][name])
                yield Fault(path="manifest.json", message=message)
