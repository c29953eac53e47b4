"""Stage 3, dedup: which staged samples are removed because another says the same.

Sees facts only. Of samples with one key, then of samples with one content, the one that stays is of
the earliest entry of the recipe, then of the smallest key: never of arrival order.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import apache_beam as beam
from apache_beam.pvalue import PCollection

from pipelines import store
from pipelines.ingest import bucket
from pipelines.layout import Layout
from pipelines.staging import Receipt, read_facts

REASONS = ("duplicate_key", "exact_duplicate")


class Candidate(NamedTuple):
    """A sample as dedup sees it; of equals the smallest stays.

    Attributes:
        priority: place of its stanza in the recipe.
        key: its key.
        content: hash of its content, in hex.
        unit: id of its unit.
        offset: where it lies in the unit's tar; a unit may hold one key twice.
    """

    priority: int
    key: str
    content: str
    unit: str
    offset: int

    def pack(self) -> bytes:
        """Returns it as bytes that sort as it does: a fraction of what an object takes."""
        words = f"{self.key}\0{self.content}\0{self.unit}\0".encode()
        return self.priority.to_bytes(2, "big") + words + self.offset.to_bytes(8, "big")


def unpack(packed: bytes) -> Candidate:
    """Returns the candidate of `Candidate.pack`."""
    # The offset may hold any byte, so it goes by its length.
    key, content, unit, _ = packed[2:-8].decode().split("\0")
    offset = int.from_bytes(packed[-8:], "big")
    return Candidate(int.from_bytes(packed[:2], "big"), key, content, unit, offset)


class Removal(NamedTuple):
    """A sample that does not get into the corpus.

    Attributes:
        unit: id of its unit.
        offset: where it lies in the unit's tar.
        key: its key.
        reason: why, such as one of `REASONS`.
        kept: key of the sample that stays in its place; None if none does.
        alike: likeness of the two; 1 for exact duplicates.
    """

    unit: str
    offset: int
    key: str
    reason: str
    kept: str | None
    alike: float = 1.0


def removed(folders: Iterable[str], name: str) -> set[tuple[str, int]]:
    """Returns unit and offset of what some lists of removals of one bucket name."""
    paths = [store.join(folder, name) for folder in folders]
    return {
        (unit, offset)
        for path in paths
        if store.exists(path)
        for unit, offset, *_ in store.read_lines(path)
    }


def candidates(receipt: Receipt, layout: Layout, priority: int) -> Iterator[Candidate]:
    """Yields the samples of a unit."""
    for row in read_facts(receipt, layout, ["key", "content_hash", "offset"]):
        yield Candidate(priority, row["key"], row["content_hash"], receipt.unit, row["offset"])


def removals(group: Iterable[bytes], reason: str) -> Iterator[Removal]:
    """Yields a removal for each packed candidate of a group but the smallest."""
    # Runners may stream a group from disk: two passes, and nothing is held.
    smallest = min(group)
    kept = unpack(smallest).key
    for packed in group:
        if packed != smallest:
            gone = unpack(packed)
            yield Removal(gone.unit, gone.offset, gone.key, reason, kept)


@dataclass(slots=True, kw_only=True)
class FindDuplicates(beam.PTransform[PCollection[str], PCollection[str]]):
    """Paths of receipt lists to the paths of one list of removals a bucket.

    Attributes:
        layout: of the build.
        into: folder for the lists.
        removals: folders of what is removed already.
        stanzas: names of the recipe's entries, in order of priority.
        buckets: how many lists.
        exact: whether samples of equal content are removed, not only those of equal key.
    """

    layout: Layout
    into: str
    removals: tuple[str, ...]
    stanzas: tuple[str, ...]
    buckets: int
    exact: bool

    def expand(self, lists: PCollection[str]) -> PCollection[str]:
        """Wires two groupings and the collection of removals."""
        groups = (
            lists
            | "ReadCandidates" >> beam.FlatMap(_read, self.layout, self.removals, self.stanzas)
            | "GroupKeys" >> beam.GroupByKey()
        )
        gone = [groups | "DuplicateKeys" >> beam.FlatMap(_lines, "duplicate_key", self.buckets)]
        if self.exact:
            gone.append(
                groups
                | "KeepOne" >> beam.Map(_by_content)
                | "GroupContents" >> beam.GroupByKey()
                | "ExactDuplicates" >> beam.FlatMap(_lines, "exact_duplicate", self.buckets)
            )
        return (
            gone
            | "AllRemovals" >> beam.Flatten()
            | "CollectRemovals" >> beam.GroupByKey()
            | "WriteRemovals" >> beam.MapTuple(partial(_write, self.into))
        )


def _read(
    path: str, layout: Layout, removals: tuple[str, ...], stanzas: tuple[str, ...]
) -> Iterator[tuple[bytes, bytes]]:
    """Yields the samples of a bucket that are not removed yet by their keys."""
    gone = removed(removals, path.rsplit("/", 1)[-1])
    for record in store.read_lines(path):
        receipt = Receipt(**record)
        for each in candidates(receipt, layout, stanzas.index(receipt.stanza)):
            if (each.unit, each.offset) not in gone:
                yield each.key.encode(), each.pack()


def _by_content(group: tuple[bytes, Iterable[bytes]]) -> tuple[bytes, bytes]:
    """Of one key, the sample that stays, by its content."""
    smallest = min(group[1])
    return bytes.fromhex(unpack(smallest).content), smallest


def _lines(
    group: tuple[bytes, Iterable[bytes]], reason: str, buckets: int
) -> Iterator[tuple[int, bytes]]:
    """Yields the removals of a group as lines of JSON, by bucket."""
    for each in removals(group[1], reason):
        yield bucket(each.unit, buckets), store.line(each)


def _write(into: str, number: int, lines: Iterable[bytes]) -> str:
    path = store.join(into, f"{number:05d}.jsonl")
    with store.publishing(path) as stream:
        stream.writelines(sorted(set(lines)))
    return path
