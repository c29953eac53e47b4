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
        content: hash of its content.
        unit: id of its unit.
        offset: where it lies in the unit's tar; a unit may hold one key twice.
    """

    priority: int
    key: str
    content: str
    unit: str
    offset: int


class Removal(NamedTuple):
    """A sample that does not get into the corpus.

    Attributes:
        unit: id of its unit.
        offset: where it lies in the unit's tar.
        key: its key.
        reason: one of `REASONS`.
        kept: key of the sample that stays in its place.
    """

    unit: str
    offset: int
    key: str
    reason: str
    kept: str


def candidates(receipt: Receipt, layout: Layout, priority: int) -> Iterator[Candidate]:
    """Yields the samples of a unit."""
    for row in read_facts(receipt, layout, ["key", "content_hash", "offset"]):
        yield Candidate(priority, row["key"], row["content_hash"], receipt.unit, row["offset"])


def split(group: Iterable[Candidate], reason: str) -> Iterator[Candidate | Removal]:
    """Yields the member of a group that stays, and a removal for each other one."""
    # Runners may stream a group from disk: two passes, and nothing is held.
    kept = min(group)
    yield kept
    for member in group:
        if member != kept:
            yield Removal(member.unit, member.offset, member.key, reason, kept.key)


@dataclass(slots=True, kw_only=True)
class FindDuplicates(beam.PTransform[PCollection[str], PCollection[str]]):
    """Paths of receipt lists to the paths of one list of removals a bucket.

    Attributes:
        layout: of the build.
        into: folder for the lists.
        stanzas: names of the recipe's entries, in order of priority.
        buckets: how many lists.
        exact: whether samples of equal content are removed, not only those of equal key.
    """

    layout: Layout
    into: str
    stanzas: tuple[str, ...]
    buckets: int
    exact: bool

    def expand(self, lists: PCollection[str]) -> PCollection[str]:
        """Wires two groupings and the collection of removals."""
        found = lists | "ReadCandidates" >> beam.FlatMap(_read, self.layout, self.stanzas)
        found, removals = _group(found, "duplicate_key", "key")
        if self.exact:
            _, equals = _group(found, "exact_duplicate", "content")
            removals = (removals, equals) | "AllRemovals" >> beam.Flatten()
        return (
            removals
            | "ByBucket" >> beam.Map(lambda each: (bucket(each.unit, self.buckets), each))
            | "CollectRemovals" >> beam.GroupByKey()
            | "WriteRemovals" >> beam.MapTuple(partial(_write, self.into))
        )


def _group(
    found: PCollection[Candidate], reason: str, by: str
) -> tuple[PCollection[Candidate], PCollection[Removal]]:
    """Groups by a field and returns those that stay and those that go."""
    name = "".join(word.title() for word in reason.split("_"))
    parts = (
        found
        | f"{name}Key" >> beam.Map(lambda each: (getattr(each, by), each))
        | f"{name}Group" >> beam.GroupByKey()
        | f"{name}Split" >> beam.FlatMap(lambda pair: split(pair[1], reason))
    )
    stay = parts | f"{name}Stay" >> beam.Filter(lambda each: isinstance(each, Candidate))
    go = parts | f"{name}Go" >> beam.Filter(lambda each: isinstance(each, Removal))
    return stay, go


def _read(path: str, layout: Layout, stanzas: tuple[str, ...]) -> Iterator[Candidate]:
    for record in store.read_lines(path):
        receipt = Receipt(**record)
        yield from candidates(receipt, layout, stanzas.index(receipt.stanza))


def _write(into: str, number: int, removals: Iterable[Removal]) -> str:
    path = store.join(into, f"{number:05d}.jsonl")
    store.write_lines(path, sorted(set(removals)))
    return path
