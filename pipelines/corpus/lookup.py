"""One sample out of millions: found by its key, read by its offsets."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from pipelines import store, tar
from pipelines.corpus.state import Corpus, batches


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A sample and where it lies.

    Attributes:
        tar: path of the tar that holds it.
        start: where its part of the tar begins; offsets in staged facts count from there.
        facts: its facts, and its place.
        unit: id of its unit if it was found among staged samples, else empty.
    """

    tar: str
    start: int
    facts: dict[str, Any]
    unit: str = ""

    def members(self) -> Iterator[tuple[str, bytes]]:
        """Reads the members, one at a time.

        Raises:
            EOFError: the tar was cut.
        """
        names, offsets, sizes = (
            self.facts[name] for name in ("member_names", "member_offsets", "member_sizes")
        )
        with store.open_file(self.tar) as stream:
            for name, offset, size in zip(names, offsets, sizes, strict=True):
                yield name, tar.read_range(stream, self.start + offset, size)


def find_written(corpus: Corpus, key: str) -> Found | None:
    """Returns a sample of the corpus, or None if no shard holds it."""
    for shard in corpus.shards():
        keys = corpus.index(shard.name, ["key"])
        if any(_has(batch, key) for batch in keys):
            for row in rows_of(corpus.index(shard.name), key):
                return Found(tar=corpus.layout.corpus(f"{shard.name}.tar"), start=0, facts=row)
    return None


def find_staged(corpus: Corpus, key: str) -> Iterator[Found]:
    """Yields the staged samples of a key; more than one where a source repeats itself."""
    for receipt in corpus.receipts():
        path = receipt.path(corpus.layout, "parquet")
        if store.exists(path) and any(_has(batch, key) for batch in batches(path, ["key"])):
            tarred = receipt.path(corpus.layout, "tar")
            for row in rows_of(batches(path), key):
                yield Found(tar=tarred, start=row["offset"], facts=row, unit=receipt.unit)


def rows_of(facts: Iterable[pa.RecordBatch], key: str) -> Iterator[dict[str, Any]]:
    """Yields the rows of a key."""
    for batch in facts:
        yield from batch.filter(pc.equal(batch["key"], key)).to_pylist()


def _has(batch: pa.RecordBatch, key: str) -> bool:
    found: bool = pc.any(pc.equal(batch["key"], key)).as_py()
    return bool(found)
