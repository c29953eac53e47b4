"""Captions that come too often to say anything of their pictures: all samples that share one go.

Sees facts only: one grouping by hashes of captions, over what dedup left.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial

import apache_beam as beam
from apache_beam.pvalue import PCollection

from pipelines import store
from pipelines.dedup import Removal
from pipelines.ingest import bucket
from pipelines.layout import Layout
from pipelines.staging import Receipt, read_facts

REASON = "repeated_caption"
_CAPTION = "caption"
# A sample: unit, offset and key.
_Place = tuple[str, int, str]


@dataclass(slots=True, kw_only=True)
class FindRepeatedCaptions(beam.PTransform[PCollection[str], PCollection[str]]):
    """Paths of receipt lists to the paths of one list of removals a bucket.

    Attributes:
        layout: of the build.
        into: folder for the lists.
        removals: folders of what is removed already, and does not count.
        most: samples that may share a caption.
        buckets: how many lists.
    """

    layout: Layout
    into: str
    removals: tuple[str, ...]
    most: int
    buckets: int

    def expand(self, lists: PCollection[str]) -> PCollection[str]:
        """Wires the grouping by caption and the collection of removals."""
        return (
            lists
            | "ReadCaptions" >> beam.FlatMap(_read, self.layout, self.removals)
            | "GroupCaptions" >> beam.GroupByKey()
            | "RepeatedCaptions" >> beam.FlatMap(_lines, self.most, self.buckets)
            | "CollectRemovals" >> beam.GroupByKey()
            | "WriteRemovals" >> beam.MapTuple(partial(_write, self.into))
        )


def _read(path: str, layout: Layout, removals: tuple[str, ...]) -> Iterator[tuple[bytes, _Place]]:
    """Yields the samples of a bucket that have a caption and are not removed, by its hash."""
    name = path.rsplit("/", 1)[-1]
    gone: set[tuple[str, int]] = set()
    for listed in (store.join(folder, name) for folder in removals):
        for unit, offset, *_ in store.read_lines(listed) if store.exists(listed) else ():
            gone.add((unit, offset))
    for record in store.read_lines(path):
        receipt = Receipt(**record)
        for row in read_facts(receipt, layout, [_CAPTION, "key", "offset"]):
            # A build that an earlier version began has no hashes of captions.
            if row.get(_CAPTION) is not None and (receipt.unit, row["offset"]) not in gone:
                yield row[_CAPTION], (receipt.unit, row["offset"], row["key"])


def _lines(
    group: tuple[bytes, Iterable[_Place]], most: int, buckets: int
) -> Iterator[tuple[int, bytes]]:
    """Yields a removal for each sample of a group that is too large."""
    # Runners may stream a group from disk: two passes, and nothing is held.
    if sum(1 for _ in group[1]) > most:
        for unit, offset, key in group[1]:
            yield bucket(unit, buckets), store.line(Removal(unit, offset, key, REASON, ""))


def _write(into: str, number: int, lines: Iterable[bytes]) -> str:
    path = store.join(into, f"{number:05d}.jsonl")
    with store.publishing(path) as stream:
        stream.writelines(sorted(lines))
    return path
