"""From components to lists of removals, with how alike each is to the sample that stays."""

from collections.abc import Iterable
from functools import partial

import apache_beam as beam
from apache_beam.pvalue import PCollection

from pipelines import store
from pipelines.dedup import Removal
from pipelines.ingest import bucket
from pipelines.near import edges
from pipelines.near.likeness import Estimate, Signatures
from pipelines.near.nodes import ends, is_earlier, unpack


class WriteRemovals(beam.PTransform[PCollection[str], PCollection[str]]):
    """Receipts of files of stars to the paths of one list of removals a bucket."""

    def __init__(self, into: str, *, reason: str, signatures: Signatures, buckets: int) -> None:
        """Takes where to write and what to say.

        Args:
            into: folder for the lists.
            reason: of these removals.
            signatures: by which likeness is told.
            buckets: of units.
        """
        super().__init__()
        self._into = into
        self._reason = reason
        self._signatures = signatures
        self._buckets = buckets

    def expand(self, stars: PCollection[str]) -> PCollection[str]:
        """Wires estimates and the collection of removals."""
        return (
            stars
            | "ReadStars" >> beam.FlatMap(edges.read_packed)
            # Two earlier samples may be joined by one of now: neither of them goes.
            | "OfNow" >> beam.Filter(lambda edge: not is_earlier(ends(edge)[1]))
            | "Likeness" >> Estimate(self._signatures)
            | "Removals" >> beam.MapTuple(partial(_removal, self._reason, self._buckets))
            | "CollectRemovals" >> beam.GroupByKey()
            | "WriteRemovals" >> beam.MapTuple(partial(_write, self._into))
        )


def _removal(reason: str, buckets: int, edge: bytes, alike: float) -> tuple[int, bytes]:
    kept, gone = map(unpack, ends(edge))
    told = Removal(gone.unit, gone.offset, gone.key, reason, kept.key, round(alike, 3))
    return bucket(gone.unit, buckets), store.line(told)


def _write(into: str, number: int, lines: Iterable[bytes]) -> str:
    path = store.join(into, f"{number:05d}.jsonl")
    with store.publishing(path) as stream:
        stream.writelines(sorted(set(lines)))
    return path
