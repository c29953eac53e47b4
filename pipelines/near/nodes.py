"""Samples as nodes of a graph of likeness, and its edges: packed bytes, which alone cross shuffles.

Packed nodes sort by which sample is to stay, so the smallest of a component is the one kept.
"""

import struct
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from pipelines import store
from pipelines.dedup import removed
from pipelines.earlier import SCHEMA, is_earlier_file
from pipelines.layout import Layout
from pipelines.scoring.fields import PREFIX
from pipelines.scoring.files import read_column, scores_path
from pipelines.staging import Receipt

_HEAD = struct.Struct(">HQ")
_OFFSET = struct.Struct(">Q")
_LENGTH = struct.Struct(">H")
_SIGN = 1 << 63
# What packed nodes of priority 0 begin with.
_EARLIER = bytes(2)
# Facts that are in memory at once.
_ROWS = 4096


class Node(NamedTuple):
    """A staged sample.

    Attributes:
        priority: place of its stanza in the recipe, from 1 on; the smallest stays. 0 for samples
            of earlier corpora, which are not here to be removed.
        quality: what the recipe judges by; the largest stays, None loses to all.
        key: its key, which no other node has.
        unit: id of its unit; empty for samples of earlier corpora.
        attempt: which files of the unit; the path of its file for samples of earlier corpora.
        offset: where it lies in the unit's tar, or which row of that file it is.
    """

    priority: int
    quality: float | None
    key: str
    unit: str
    attempt: str
    offset: int

    def pack(self) -> bytes:
        """Returns it as bytes that sort by which sample is to stay."""
        words = f"{self.key}\0{self.unit}\0{self.attempt}\0".encode()
        return _HEAD.pack(self.priority, _falling(self.quality)) + words + _OFFSET.pack(self.offset)


def unpack(packed: bytes) -> Node:
    """Returns the node of `Node.pack`."""
    priority, rank = _HEAD.unpack_from(packed)
    key, unit, attempt, _ = packed[_HEAD.size : -_OFFSET.size].decode().split("\0")
    (offset,) = _OFFSET.unpack(packed[-_OFFSET.size :])
    return Node(priority, _from_falling(rank), key, unit, attempt, offset)


def pair(one: bytes, other: bytes) -> bytes:
    """Returns the edge between two packed nodes, the one to keep before the other."""
    low, high = sorted((one, other))
    return _LENGTH.pack(len(low)) + low + high


def ends(edge: bytes) -> tuple[bytes, bytes]:
    """Returns the packed nodes of an edge, the one to keep first.

    >>> ends(pair(b"later", b"earlier"))
    (b'earlier', b'later')
    """
    stop = _LENGTH.size + _LENGTH.unpack_from(edge)[0]
    return edge[_LENGTH.size : stop], edge[stop:]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pool:
    """The samples among which near-duplicates are looked for, and how they rank.

    Attributes:
        layout: of the build.
        removals: folders of what is removed already.
        stanzas: names of the recipe's entries, in order of priority.
        quality: fact or score to judge by which sample stays; empty for none.
        scores: key of the scores; empty for a build without.
        earlier: paths of the files of earlier corpora.
    """

    layout: Layout
    removals: tuple[str, ...]
    stanzas: tuple[str, ...]
    quality: str
    scores: str = ""
    earlier: tuple[str, ...] = ()

    def read(self, path: str, columns: Iterable[str]) -> Iterator[tuple[Node, dict[str, Any]]]:
        """Yields the samples of a bucket that are not removed yet, with some of their facts."""
        gone = read_gone(self.removals, path)
        for receipt, _, batch in read_batches(path, self.layout, self.columns(columns)):
            left_out = gone.get(receipt.unit, set())
            for facts in batch.to_pylist():
                if facts["offset"] not in left_out:
                    yield self.node_at(receipt, facts), facts

    def columns(self, more: Iterable[str]) -> list[str]:
        """The facts that nodes are made of, and more."""
        known = self.quality and not self.quality.startswith(PREFIX)
        return sorted({"key", "offset", *more, *([self.quality] if known else [])})

    def node_at(self, receipt: Receipt, facts: Mapping[str, Any]) -> Node:
        """Returns the node of a sample of a unit, or of an earlier corpus."""
        place = (facts["key"], receipt.unit, receipt.attempt, facts["offset"])
        if not receipt.unit:
            return Node(0, None, *place)
        worth = self._worth(receipt, facts) if self.quality else None
        return Node(1 + self.stanzas.index(receipt.stanza), worth, *place)

    def _worth(self, receipt: Receipt, facts: Mapping[str, Any]) -> float | None:
        if not self.quality.startswith(PREFIX):
            fact: float | None = facts[self.quality]
            return fact
        path = scores_path(receipt, self.layout, self.scores)
        return read_column(path, self.quality.removeprefix(PREFIX)).get(facts["offset"])


def is_earlier(packed: bytes) -> bool:
    """Whether a packed node is of an earlier corpus: it stays, whatever it is like."""
    return packed.startswith(_EARLIER)


def star(nodes: Iterable[bytes]) -> Iterator[bytes]:
    """Yields edges from the smallest node to the others, but to those of earlier corpora."""
    # Runners may stream a group from disk: two passes, and nothing is held.
    smallest = min(nodes)
    for node in nodes:
        if node != smallest and not is_earlier(node):
            yield pair(smallest, node)


def read_batches(
    path: str, layout: Layout, columns: list[str]
) -> Iterator[tuple[Receipt, int, pa.RecordBatch]]:
    """Streams facts of all samples of a bucket, by units and some thousand at a time.

    Yields the receipt of the unit, the place of the first sample in the bucket, and the facts.
    """
    start = 0
    if is_earlier_file(path):
        # A file of an earlier corpus is a bucket of its own.
        known = [name for name in columns if name in SCHEMA.names]
        with store.open_file(path) as stream:
            for batch in pq.ParquetFile(stream).iter_batches(_ROWS, columns=known):
                yield _stand_in(path), start, batch
                start += len(batch)
        return
    for record in store.read_lines(path):
        receipt = Receipt(**record)
        with store.open_file(receipt.path(layout, "parquet")) as stream:
            for batch in pq.ParquetFile(stream).iter_batches(_ROWS, columns=columns):
                yield receipt, start, batch
                start += len(batch)


def read_gone(removals: tuple[str, ...], path: str) -> dict[str, set[int]]:
    """Returns where the samples of a bucket lie that are removed already, by their units."""
    gone: dict[str, set[int]] = defaultdict(set)
    if is_earlier_file(path):
        return gone
    for unit, offset in removed(removals, path.rsplit("/", 1)[-1]):
        gone[unit].add(offset)
    return gone


def _stand_in(path: str) -> Receipt:
    """Stands for the unit that a file of an earlier corpus is not."""
    empty = dict.fromkeys(("rows", "extra", "samples", "rejects", "bytes"), 0)
    return Receipt(unit="", stanza="", attempt=path, skips={}, **empty)


def _falling(value: float | None) -> int:
    """A number as 64 bits that sort the other way round; None behind all."""
    if value is None:
        return 2**64 - 1
    # Adding zero makes -0.0 the same as 0.0.
    (bits,) = struct.unpack(">Q", struct.pack(">d", value + 0.0))
    return bits if bits & _SIGN else (_SIGN - 1) ^ bits


def _from_falling(rank: int) -> float | None:
    if rank == 2**64 - 1:
        return None
    bits = rank if rank & _SIGN else (_SIGN - 1) ^ rank
    value: float = struct.unpack(">d", struct.pack(">Q", bits))[0]
    return value
