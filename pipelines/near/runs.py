"""Runs: what a worker has for each of the others, in files in place of shuffles.

A run is an Arrow file with one record batch for each receiver, in order; a receiver reads its own
batch of every run. So only paths cross a shuffle, and an engine that holds shuffles in memory, as
the local one does, needs no more of it for a larger corpus.
"""

from collections.abc import Callable, Iterable
from itertools import pairwise
from typing import Any

import apache_beam as beam
import numpy as np
import pyarrow as pa
from apache_beam.pvalue import PCollection
from numpy.typing import NDArray

from pipelines import store

SUFFIX = ".arrow"
Numbers = NDArray[np.uint64]
Places = NDArray[np.int64]


class Exchange(beam.PTransform[PCollection[str], PCollection[tuple[int, list[str]]]]):
    """Paths of runs to the number of each receiver with the paths of all runs."""

    def __init__(self, receivers: int) -> None:
        super().__init__()
        self._receivers = receivers

    def expand(self, paths: PCollection[str]) -> PCollection[tuple[int, list[str]]]:
        """Wires a wait for all runs."""
        return (
            paths
            | "ToAll" >> beam.Map(lambda path: (0, path))
            | "AllRuns" >> beam.GroupByKey()
            | "Receivers" >> beam.FlatMapTuple(lambda _, found: _for_each(self._receivers, found))
            | "Spread" >> beam.Reshuffle()
        )


def write(
    path: str,
    schema: pa.Schema,
    receivers: NDArray[Any],
    count: int,
    rows: Callable[[Places], list[Any]],
) -> str:
    """Publishes a run and returns its path.

    Args:
        path: of the run.
        schema: of its rows.
        receivers: the number of the receiver of each row.
        count: how many receivers there are.
        rows: the columns of the rows at some places; asked for one receiver after the other, so
            that no more than a receiver's rows are in memory.
    """
    # Numbers of 16 bits are sorted in one pass.
    small = receivers.astype(np.uint16)
    order = np.argsort(small, kind="stable")
    bounds = np.searchsorted(small[order], np.arange(count + 1))
    with store.publishing(path) as stream, pa.ipc.new_file(stream, schema) as writer:
        for start, stop in pairwise(bounds.tolist()):
            columns = rows(order[start:stop])
            writer.write_batch(pa.record_batch(columns, schema=schema))
    return path


def read(paths: Iterable[str], receiver: int, schema: pa.Schema) -> pa.Table:
    """Returns what all runs have for a receiver, in an order that is always the same."""
    batches = []
    for path in sorted(paths):
        with store.open_file(path) as stream:
            batches.append(pa.ipc.open_file(stream).get_batch(receiver))
    return pa.Table.from_batches(batches, schema)


def remove(folder: str) -> None:
    """Removes the runs in the folders of a folder, once their receivers have read them."""
    store.remove([found.path for found in store.below(folder, f"*/*{SUFFIX}")])


def _for_each(receivers: int, paths: Iterable[str]) -> list[tuple[int, list[str]]]:
    found = sorted(paths)
    return [(number, found) for number in range(receivers)]
