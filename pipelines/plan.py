"""Stage 4, plan: which staged samples are written, into which shard, in which order.

Filters apply here, so that changing one costs seconds. The order is that of a keyed hash of the
sample's key, and shards are cut by size along it: shuffled, and the same on every runner.
"""

import json
import struct
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from hashlib import blake2b
from typing import Any, NamedTuple

import apache_beam as beam
import pyarrow as pa
import pyarrow.parquet as pq
from apache_beam.pvalue import AsDict, PCollection

from pipelines import store
from pipelines.dedup import Removal, removed
from pipelines.facts import value
from pipelines.layout import Layout
from pipelines.mixing.stages import read_budgets
from pipelines.near.edits import read_edited
from pipelines.recipe import Filter
from pipelines.scoring.fields import COLUMN, PREFIX, values
from pipelines.scoring.files import read_scored
from pipelines.shard import group, shard_name
from pipelines.staging import Receipt

# Slices of the order in which sizes are summed up, so that a shard's samples can be found in
# parallel. More of them would only make more small groups.
_SLICES = 256
# The facts that plan needs of every sample; filters name further ones.
_COLUMNS = ("key", "category", "parts", "stanza", "offset", "bytes", "facts_bytes")
_NUMBERS = struct.Struct(">QQI")
_PLANNED = pa.schema(
    [
        ("key", pa.string()),
        ("unit", pa.string()),
        ("attempt", pa.string()),
        ("offset", pa.int64()),
        ("size", pa.int64()),
        ("facts_bytes", pa.int32()),
        ("score", pa.string()),
    ]
)


class Reference(NamedTuple):
    """A sample on its way into a shard; sorts in the order of the corpus.

    Attributes:
        order: 128 bits of the keyed hash.
        key: its key.
        unit: id of its unit.
        attempt: which files of the unit.
        offset: where it lies in the staged tar, in bytes.
        size: in bytes, there and in the shard.
        facts_bytes: size of the facts behind it.
        score: what the model says of it, as a list in JSON; empty if nothing.
    """

    order: bytes
    key: str
    unit: str
    attempt: str
    offset: int
    size: int
    facts_bytes: int
    score: str = ""

    def pack(self) -> bytes:
        """Returns it as bytes that sort in the order of the corpus: less than half an object."""
        numbers = _NUMBERS.pack(self.offset, self.size, self.facts_bytes)
        return (
            self.order + numbers + f"{self.unit}\0{self.attempt}\0{self.key}\0{self.score}".encode()
        )


def unpack(packed: bytes) -> Reference:
    """Returns the reference of `Reference.pack`."""
    offset, size, facts_bytes = _NUMBERS.unpack_from(packed, 16)
    unit, attempt, key, score = packed[16 + _NUMBERS.size :].decode().split("\0")
    return Reference(packed[:16], key, unit, attempt, offset, size, facts_bytes, score)


class Shard(NamedTuple):
    """A planned shard: its name below the corpus without extension, samples and their bytes."""

    name: str
    samples: int
    bytes: int


def order(key: str, seed: int) -> bytes:
    """Returns a sample's place in the corpus: a hash of its key under the recipe's seed.

    >>> order("cat-1", seed=0).hex()[:8], order("cat-1", seed=1).hex()[:8]
    ('9efc569d', '4ecd320e')
    """
    return blake2b(key.encode(), digest_size=16, key=seed.to_bytes(16, "big", signed=True)).digest()


def refused(facts: dict[str, Any], filters: Iterable[Filter]) -> str | None:
    """Returns why the first filter that refuses a sample does so, or None if all let it pass."""
    for each in filters:
        applies = each.category in (None, facts["category"]) and each.stanza in (
            None,
            facts["stanza"],
        )
        # A filter on scores is for samples that were scored.
        applies &= not each.fact.startswith(PREFIX) or facts.get(COLUMN) is not None
        if applies and not _passes(value(facts, each.fact), each):
            return f"filter_{each.fact}"
    return None


def _passes(fact: Any, each: Filter) -> bool:
    """Whether a fact meets a filter; one that a sample does not have meets every bound."""
    if each.allowed is not None and fact not in each.allowed:
        return False
    if fact in each.refused:
        return False
    if fact is None:
        return True
    return (each.min is None or fact >= each.min) and (each.max is None or fact <= each.max)


def cut(sizes: Iterable[int], before: int, total: int, shard_size: int) -> Iterator[int]:
    """Yields the number of the shard of each sample of a slice, by where the sample begins.

    Shards of a group are about equal, and none is much above the size.

    Args:
        sizes: of the slice's samples in order, in bytes.
        before: bytes of the group before the slice.
        total: bytes of the group.
        shard_size: largest size of a shard, about.

    >>> list(cut([4, 4, 4, 4], before=0, total=16, shard_size=10))
    [0, 0, 1, 1]
    """
    count = -(-total // shard_size)
    for size in sizes:
        yield before * count // total
        before += size


@dataclass(slots=True, kw_only=True)
class PlanShards(beam.PTransform[PCollection[str], PCollection[str]]):
    """Paths of receipt lists to the path of the list of shards.

    Attributes:
        layout: of the build.
        into: folder for plans.
        removals: folders of the lists of removals.
        filters: what samples must be.
        seed: decides the order.
        shard_size: largest size of a shard in bytes, about.
        budgets: file of what a mixture takes of each cell; empty for no mixture.
        scores: key of the scores; empty for none.
        edits: folder of documents that lost images; empty for none.
    """

    layout: Layout
    into: str
    removals: tuple[str, ...]
    filters: tuple[Filter, ...]
    seed: int
    shard_size: int
    budgets: str = ""
    scores: str = ""
    edits: str = ""

    def expand(self, lists: PCollection[str]) -> PCollection[str]:
        """Wires filtering, summing of sizes, cutting and collecting."""
        kept = lists | "KeepSamples" >> beam.FlatMap(
            keep_samples,
            self.layout,
            self.into,
            self.removals,
            self.filters,
            self.seed,
            self.budgets,
            self.scores,
            self.edits,
        )
        sizes = kept | "Sizes" >> beam.Map(_size) | "SumSizes" >> beam.CombinePerKey(sum)
        return (
            kept
            | "BySlice" >> beam.GroupByKey()
            | "CutSlices" >> beam.FlatMap(_cut_slice, self.shard_size, AsDict(sizes))
            | "ByShard" >> beam.GroupByKey()
            | "WritePlan" >> beam.MapTuple(partial(_write_plan, self.into))
            | "OneKey" >> beam.Map(lambda shard: (0, shard))
            | "CollectShards" >> beam.GroupByKey()
            | "WriteShards" >> beam.MapTuple(partial(_write_shards, self.into))
        )


def survivors(
    path: str,
    columns: list[str],
    layout: Layout,
    removals: tuple[str, ...],
    filters: tuple[Filter, ...],
    scores: str = "",
    edits: str = "",
) -> Iterator[dict[str, Any]]:
    """Yields facts of the samples of a bucket that are neither removed nor filtered out.

    The unit of each is among them.
    """
    gone = removed(removals, path.rsplit("/", 1)[-1])
    wanted = sorted(
        {*columns, "category", "stanza", "offset", *(each.fact.split(".")[0] for each in filters)}
    )
    edited = read_edited(layout, edits, path.rsplit("/", 1)[-1], wanted, scores)
    for record in store.read_lines(path):
        receipt = Receipt(**record)
        for facts in read_scored(receipt, layout, wanted, scores):
            if (receipt.unit, facts["offset"]) not in gone:
                facts, *_ = edited.of(receipt, facts)
                if not refused(facts, filters):
                    yield {**facts, "unit": receipt.unit}


def keep_samples(
    path: str,
    layout: Layout,
    into: str,
    removals: tuple[str, ...],
    filters: tuple[Filter, ...],
    seed: int,
    mixture: str = "",
    scores: str = "",
    edits: str = "",
) -> Iterator[tuple[tuple[str, int], bytes]]:
    """Yields the samples of a bucket that stay, packed, by folder and slice of the order.

    Publishes what goes, with its reason, and the counts of both, under the bucket's name.
    """
    name = path.rsplit("/", 1)[-1]
    gone = _removed(removals, name)
    counts: Counter[str] = Counter()
    budgets = read_budgets(mixture) if mixture else None
    more = budgets.ruler.columns() if budgets else ()
    columns = sorted({*_COLUMNS, *more, *(each.fact.split(".")[0] for each in filters)})
    edited = read_edited(layout, edits, name, columns, scores)
    with store.publishing(store.join(into, "dropped", name)) as dropped:
        for record in store.read_lines(path):
            receipt = Receipt(**record)
            for facts in read_scored(receipt, layout, columns, scores):
                at = facts["offset"]
                removal = gone.get((receipt.unit, at))
                facts, unit, attempt = edited.of(receipt, facts)
                reason = removal.reason if removal else refused(facts, filters)
                reason = reason or (budgets.refused(facts) if budgets else None)
                counts[f"{receipt.stanza}\0{reason or ''}"] += 1
                if reason:
                    told = {"key": facts["key"], "unit": receipt.unit, "offset": at}
                    other = (
                        (removal.kept, removal.alike) if removal and removal.kept else (None, None)
                    )
                    told |= {"reason": reason, "kept": other[0], "alike": other[1]}
                    if reason.startswith(f"filter_{PREFIX}"):
                        told["value"] = value(facts, reason.removeprefix("filter_"))
                    dropped.write(store.line(told))
                    continue
                place = order(facts["key"], seed)
                where = (group(facts), place[0] * _SLICES // 256)
                numbers = (facts["offset"], facts["bytes"], facts["facts_bytes"])
                kept = Reference(place, facts["key"], unit, attempt, *numbers, _told(facts))
                yield where, kept.pack()
    tally = [[*name.split("\0"), count] for name, count in sorted(counts.items())]
    store.write_json(store.join(into, "counts", f"{name}.json"), tally)


def _told(facts: dict[str, Any]) -> str:
    """A sample's score as a list in JSON."""
    found = facts[COLUMN]
    return json.dumps(values(found), separators=(",", ":")) if found else ""


def _removed(removals: Iterable[str], name: str) -> dict[tuple[str, int], Removal]:
    """Reads a bucket's removals by unit and offset; of several the first folder's counts."""
    found: dict[tuple[str, int], Removal] = {}
    for folder in removals:
        path = store.join(folder, name)
        for line in store.read_lines(path) if store.exists(path) else ():
            removal = Removal(*line)
            found.setdefault((removal.unit, removal.offset), removal)
    return found


def _size(pair: tuple[tuple[str, int], bytes]) -> tuple[tuple[str, int], int]:
    return pair[0], unpack(pair[1]).size


def _cut_slice(
    pair: tuple[tuple[str, int], Iterable[bytes]],
    shard_size: int,
    sizes: dict[tuple[str, int], int],
) -> Iterator[tuple[str, bytes]]:
    """Yields the samples of a slice with the names of their shards."""
    (folder, number), references = pair
    in_order = sorted(references)
    before = sum(sizes.get((folder, other), 0) for other in range(number))
    total = sum(sizes.get((folder, other), 0) for other in range(_SLICES))
    numbers = cut((unpack(each).size for each in in_order), before, total, shard_size)
    for shard, each in zip(numbers, in_order, strict=True):
        yield shard_name(folder, shard), each


def _write_plan(into: str, name: str, references: Iterable[bytes]) -> Shard:
    """Publishes the plan of a shard: where each of its samples lies, in order."""
    in_order = [unpack(each) for each in sorted(references)]
    columns = {field: [getattr(each, field) for each in in_order] for field in _PLANNED.names}
    with store.publishing(store.join(into, "shards", f"{name}.parquet")) as stream:
        pq.write_table(pa.table(columns, schema=_PLANNED), stream, compression="zstd")
    return Shard(name, len(in_order), sum(columns["size"]))


def _write_shards(into: str, _: int, shards: Iterable[Shard]) -> str:
    """Publishes the list of all shards."""
    path = store.join(into, "shards.jsonl")
    store.write_lines(path, [each._asdict() for each in sorted(set(shards))])
    return path
