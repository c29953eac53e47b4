"""Stage 5, write: each planned shard becomes a tar with its indexes."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

import apache_beam as beam
from apache_beam.pvalue import PCollection

from pipelines import store
from pipelines.layout import SHARD_FILES, Layout
from pipelines.progress import Meter
from pipelines.shard import ShardReceipt, StagedReader, write_shard


@dataclass(slots=True, kw_only=True)
class WriteShards(beam.PTransform[PCollection[str], PCollection[str]]):
    """The path of the list of shards to the path of the list of their receipts.

    Attributes:
        layout: of the build.
        plan: folder of the plans.
        into: folder for receipts.
    """

    layout: Layout
    plan: str
    into: str

    def expand(self, lists: PCollection[str]) -> PCollection[str]:
        """Wires writing and the collection of receipts."""
        return (
            lists
            | "ReadShards" >> beam.FlatMap(store.read_lines)
            | "ShardNames" >> beam.Map(lambda shard: shard["name"])
            | "SpreadShards" >> beam.Reshuffle()
            | "WriteShard" >> beam.ParDo(_WriteShard(self.layout, self.plan, self.into))
            | "OneKey" >> beam.Map(lambda receipt: (0, store.line(asdict(receipt))))
            | "CollectShardReceipts" >> beam.GroupByKey()
            | "WriteShardReceipts" >> beam.MapTuple(partial(_write_receipts, self.into))
        )


class _WriteShard(beam.DoFn):
    """Keeps the reader of staged tars."""

    def __init__(self, layout: Layout, plan: str, into: str) -> None:
        self._layout = layout
        self._plan = plan
        self._into = into

    def setup(self) -> None:
        """Starts counting for the progress line."""
        self._meter = Meter(self._layout, "write")
        self._reader = StagedReader(self._layout)

    def process(self, name: str) -> Iterator[ShardReceipt]:
        """Writes a shard, unless its receipt is there."""
        path = store.join(self._into, f"{name}.json")
        receipt = ShardReceipt(**store.read_json(path)) if store.exists(path) else None
        found = [store.stat(self._layout.corpus(f"{name}{suffix}")) for suffix in SHARD_FILES]
        whole = all(found) and receipt and found[0] and found[0].size == receipt.bytes
        if receipt is None or not whole:
            plan = store.join(self._plan, "shards", f"{name}.parquet")
            receipt = write_shard(name, plan, self._layout, self._reader)
            store.write_json(path, asdict(receipt))
        self._meter.count(shards=1, samples=receipt.samples, bytes=receipt.bytes)
        yield receipt

    def teardown(self) -> None:
        """Closes the staged tars."""
        self._reader.close()
        self._meter.flush()


def _write_receipts(into: str, _: int, receipts: Any) -> str:
    """Publishes the receipts of all shards, sorted by name."""
    path = store.join(into, "shards.jsonl")
    records = {record["name"]: record for record in map(store.parse, receipts)}
    store.write_lines(path, [records[name] for name in sorted(records)])
    return path
