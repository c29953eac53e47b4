"""How alike samples are, by the signatures among their facts.

Signatures are read where they lie: a pair goes to the bucket of its one end, is joined by the
signature found there, goes to the bucket of its other end, and there the two are compared. So only
one signature of each pair is ever copied, and none is for the samples that are like no other.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from pipelines import store
from pipelines.facts import STAGED
from pipelines.layout import Layout
from pipelines.near.nodes import unpack

# Rows of a facts file that are in memory at once.
_ROWS = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Signatures:
    """Where signatures are found, and how alike two are.

    Attributes:
        layout: of the build.
        column: fact that holds them.
        estimates: likeness, 0 to 1, of each two in columns of as many.
    """

    layout: Layout
    column: str
    estimates: Callable[[pa.Array, pa.Array], NDArray[np.float64]]

    @property
    def kind(self) -> pa.DataType:
        """The type of the column."""
        return STAGED.field(self.column).type


def look_up(packed: Iterable[bytes], known: Signatures) -> pa.Array:
    """Returns the signatures of packed nodes, in their order."""
    nodes = [unpack(each) for each in packed]
    wanted: dict[tuple[str, str], set[int]] = defaultdict(set)
    for node in nodes:
        wanted[node.unit, node.attempt].add(node.offset)
    places: dict[tuple[str, int], int] = {}
    found = [pa.array([], known.kind)]
    for (unit, attempt), offsets in sorted(wanted.items()):
        path = known.layout.staged(unit, f"{attempt}.parquet")
        for offset, signature in _read(path, pa.array(sorted(offsets), pa.int64()), known.column):
            places |= {(unit, at): len(places) + nth for nth, at in enumerate(offset.to_pylist())}
            found.append(signature)
    order = np.array([places[node.unit, node.offset] for node in nodes], np.int64)
    return pa.concat_arrays(found).take(pa.array(order))


def _read(path: str, offsets: pa.Array, column: str) -> Iterable[tuple[pa.Array, Any]]:
    """Yields offsets with signatures of the samples of a unit that lie at some offsets."""
    with store.open_file(path) as stream:
        for batch in pq.ParquetFile(stream).iter_batches(_ROWS, columns=["offset", column]):
            chosen = batch.filter(pc.is_in(batch["offset"], offsets))
            yield chosen["offset"], chosen[column]
