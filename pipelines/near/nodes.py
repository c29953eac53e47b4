"""Samples as nodes of a graph of likeness, and its edges: packed bytes, which alone cross shuffles.

Packed nodes sort by which sample is to stay, so the smallest of a component is the one kept.
"""

import struct
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from pipelines import store
from pipelines.dedup import removed
from pipelines.layout import Layout
from pipelines.staging import Receipt

_HEAD = struct.Struct(">HQ")
_OFFSET = struct.Struct(">Q")
_LENGTH = struct.Struct(">H")
_SIGN = 1 << 63
# Facts that are in memory at once.
_ROWS = 4096


class Node(NamedTuple):
    """A staged sample.

    Attributes:
        priority: place of its stanza in the recipe; the smallest stays.
        quality: what the recipe judges by; the largest stays, None loses to all.
        key: its key, which no other node has.
        unit: id of its unit.
        attempt: which files of the unit.
        offset: where it lies in the unit's tar.
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


def read_nodes(
    path: str,
    layout: Layout,
    removals: tuple[str, ...],
    stanzas: tuple[str, ...],
    quality: str,
    columns: Iterable[str],
) -> Iterator[tuple[Node, dict[str, Any]]]:
    """Yields the samples of a bucket that are not removed yet, with some of their facts.

    Args:
        path: list of the bucket's receipts.
        layout: of the build.
        removals: folders of the lists of removals so far.
        stanzas: names of the recipe's entries, in order of priority.
        quality: fact to judge by; empty for none.
        columns: facts to read.
    """
    gone = read_gone(removals, path)
    wanted = sorted({"key", "offset", *columns, *([quality] if quality else [])})
    for receipt, _, batch in read_batches(path, layout, wanted):
        left_out = gone.get(receipt.unit, set())
        for facts in batch.to_pylist():
            if facts["offset"] not in left_out:
                yield node_at(receipt, facts, stanzas, quality), facts


def read_batches(
    path: str, layout: Layout, columns: list[str]
) -> Iterator[tuple[Receipt, int, pa.RecordBatch]]:
    """Streams facts of all samples of a bucket, by units and some thousand at a time.

    Yields the receipt of the unit, the place of the first sample in the bucket, and the facts.
    """
    start = 0
    for record in store.read_lines(path):
        receipt = Receipt(**record)
        with store.open_file(receipt.path(layout, "parquet")) as stream:
            for batch in pq.ParquetFile(stream).iter_batches(_ROWS, columns=columns):
                yield receipt, start, batch
                start += len(batch)


def read_gone(removals: tuple[str, ...], path: str) -> dict[str, set[int]]:
    """Returns where the samples of a bucket lie that are removed already, by their units."""
    gone: dict[str, set[int]] = defaultdict(set)
    for unit, offset in removed(removals, path.rsplit("/", 1)[-1]):
        gone[unit].add(offset)
    return gone


def node_at(
    receipt: Receipt, facts: Mapping[str, Any], stanzas: tuple[str, ...], quality: str
) -> Node:
    """Returns the node of a sample of a unit."""
    worth = facts[quality] if quality else None
    place = (facts["key"], receipt.unit, receipt.attempt, facts["offset"])
    return Node(stanzas.index(receipt.stanza), worth, *place)


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
