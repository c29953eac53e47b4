"""Samples as nodes of a graph of likeness, and its edges: packed bytes, which alone cross shuffles.

Packed nodes sort by which sample is to stay, so the smallest of a component is the one kept.
"""

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from pipelines import store
from pipelines.dedup import removed
from pipelines.earlier import is_earlier_file, read_earlier
from pipelines.layout import Layout
from pipelines.staging import Receipt, read_facts

_HEAD = struct.Struct(">HQ")
_OFFSET = struct.Struct(">Q")
_LENGTH = struct.Struct(">H")
_SIGN = 1 << 63
# What packed nodes of priority 0 begin with.
_EARLIER = bytes(2)


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
        removals: folders of the lists of removals so far.
        stanzas: names of the recipe's entries, in order of priority.
        quality: fact to judge by which sample stays; empty for none.
    """

    layout: Layout
    removals: tuple[str, ...]
    stanzas: tuple[str, ...]
    quality: str

    def read(self, path: str, columns: Iterable[str]) -> Iterator[tuple[Node, dict[str, Any]]]:
        """Yields the samples of a bucket that are not removed yet, with some of their facts.

        Args:
            path: list of the bucket's receipts, or a file of an earlier corpus.
            columns: facts to read.
        """
        if is_earlier_file(path):
            for facts in read_earlier(path, ["key", "offset", *columns]):
                yield Node(0, None, facts["key"], "", path, facts["offset"]), facts
            return
        gone = removed(self.removals, path.rsplit("/", 1)[-1])
        quality = [self.quality] if self.quality else []
        wanted = sorted({"key", "offset", *columns, *quality})
        for record in store.read_lines(path):
            receipt = Receipt(**record)
            # 0 is for what was there before.
            priority = 1 + self.stanzas.index(receipt.stanza)
            for facts in read_facts(receipt, self.layout, wanted):
                if (receipt.unit, facts["offset"]) not in gone:
                    worth = facts[self.quality] if self.quality else None
                    place = (facts["key"], receipt.unit, receipt.attempt, facts["offset"])
                    yield Node(priority, worth, *place), facts


def is_earlier(packed: bytes) -> bool:
    """Whether a packed node is of an earlier corpus: it stays, whatever it is like."""
    return packed.startswith(_EARLIER)


def star(nodes: Iterable[bytes]) -> Iterator[bytes]:
    """Yields edges from the smallest node to the others, as many as join all of them."""
    # Runners may stream a group from disk: two passes, and nothing is held.
    smallest = min(nodes)
    for node in nodes:
        if node != smallest and not is_earlier(node):
            yield pair(smallest, node)


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
