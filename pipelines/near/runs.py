"""Runs: what a worker has for each of the others, in files in place of shuffles.

A run holds an Arrow record batch for each receiver, in order, then where each of them ends, then
how many they are, as numbers of 8 bytes; a receiver reads its own batch of every run. So only the
path of a list of runs crosses a shuffle, and an engine that holds shuffles in memory, as the local
one does, needs no more of it for a larger corpus.
"""

import os
import struct
from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise
from typing import Any

import apache_beam as beam
import numpy as np
import pyarrow as pa
from apache_beam.pvalue import PCollection
from numpy.typing import NDArray

from pipelines import store
from pipelines.near.arrays import Places

SUFFIX, LIST = ".run", ".runs"
_NUMBER, _PAIR = struct.Struct("<Q"), struct.Struct("<2Q")


class Exchange(beam.PTransform[PCollection[str], PCollection[tuple[int, str]]]):
    """Paths of runs to the number of each receiver with the path of the list of all runs."""

    def __init__(self, receivers: int) -> None:
        super().__init__()
        self._receivers = receivers

    def expand(self, paths: PCollection[str]) -> PCollection[tuple[int, str]]:
        """Wires a wait for all runs."""
        return (
            paths
            | "ToAll" >> beam.Map(lambda path: (0, path))
            | "AllRuns" >> beam.GroupByKey()
            | "Receivers" >> beam.FlatMapTuple(lambda _, found: self._for_each(found))
            | "Spread" >> beam.Reshuffle()
        )

    def _for_each(self, paths: Iterable[str]) -> Iterator[tuple[int, str]]:
        found = sorted(set(paths))
        path = store.join(found[0].rsplit("/", 1)[0], f"all{LIST}")
        store.write_lines(path, found)
        for number in range(self._receivers):
            yield number, path


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
    ends = [0]
    with store.publishing(path) as stream:
        for start, stop in pairwise(bounds.tolist()):
            written = 0
            if start < stop:
                batch = pa.record_batch(rows(order[start:stop]), schema=schema)
                written = stream.write(batch.serialize())
            ends.append(ends[-1] + written)
        stream.write(struct.pack(f"<{len(ends) + 1}Q", *ends, count))
    return path


def read(listed: str, receiver: int, schema: pa.Schema) -> pa.Table:
    """Returns what all runs of a list have for a receiver, in an order that is always the same."""
    batches = []
    for path in store.read_lines(listed):
        with store.open_file(path) as stream:
            stream.seek(-_NUMBER.size, os.SEEK_END)
            (count,) = _NUMBER.unpack(stream.read())
            stream.seek(-_NUMBER.size * (count + 2 - receiver), os.SEEK_END)
            start, stop = _PAIR.unpack(stream.read(_PAIR.size))
            stream.seek(start)
            if start < stop:
                content = pa.py_buffer(stream.read(stop - start))
                batches.append(pa.ipc.read_record_batch(content, schema))
    return pa.Table.from_batches(batches, schema)


def remove(folder: str) -> None:
    """Removes the runs in the folders of a folder, once their receivers have read them."""
    for suffix in (SUFFIX, LIST):
        store.remove([found.path for found in store.below(folder, f"*/*{suffix}")])
