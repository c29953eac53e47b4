"""Facts for the search for near-duplicates, and the search alone; a program for large ones.

Arguments of the program: a folder and how many samples. It draws signatures at random, a tenth of
the samples nearly those of another, looks for near-duplicates, and prints the seconds of processor
time of the search, how many were found and how many are there.
"""

import os
import shutil
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import apache_beam as beam
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from pipelines import runners, store
from pipelines.facts import STAGED
from pipelines.layout import Layout
from pipelines.near import minhash, texts
from pipelines.near.bands import optimum
from pipelines.near.nodes import Pool
from pipelines.near.search import Search
from pipelines.recipe import Dedup, NearTexts
from pipelines.staging import Receipt

# Likeness is told by signatures alone, as other tools tell it.
THRESHOLD, VERIFY, UNIT = 0.8, "estimate", 5_000
_COLUMNS = ("key", "category", "images", "minhash", "offset")
_SCHEMA = pa.schema([STAGED.field(name) for name in _COLUMNS])
# A pair of units has so many pairs of near-duplicates.
_PAIRS = UNIT // 5


def stage(layout: Layout, units: Iterable[list[Any]], lists: int) -> list[str]:
    """Writes the facts of units with given signatures, and the lists of their receipts."""
    records: dict[int, list[dict[str, Any]]] = {}
    for number, signatures in enumerate(units):
        count = len(signatures)
        columns = [
            [f"{number:016x}{place:016x}" for place in range(count)],
            ["pretrain/text"] * count,
            [0] * count,
            signatures,
            range(0, 10_240 * count, 10_240),
        ]
        kept = {"rows": count, "samples": count, "extra": 0, "rejects": 0, "skips": {}, "bytes": 0}
        receipt = Receipt(unit=f"{number:032x}", stanza="x", attempt="a", **kept)
        path = receipt.path(layout, "parquet")
        os.makedirs(os.path.dirname(path), exist_ok=True)
        arrays = [pa.array(each, kind) for each, kind in zip(columns, _SCHEMA.types, strict=True)]
        table = pa.table(arrays, schema=_SCHEMA)
        pq.write_table(table, path, row_group_size=4096, compression="zstd")
        records.setdefault(number % lists, []).append(asdict(receipt))
    paths = {number: layout.build("lists", f"{number:05d}.jsonl") for number in records}
    for number, path in paths.items():
        store.write_lines(path, records[number])
    return list(paths.values())


def search(layout: Layout, lists: list[str]) -> Iterator[tuple[str, str]]:
    """Looks for near-duplicates as a build does; yields the keys that go, and of what stays."""
    folder = layout.build("near")
    looked = Search(
        reason="near_duplicate",
        settings={},
        signatures=texts.signatures(layout),
        pool=Pool(layout=layout, removals=(), stanzas=("x",), quality=""),
        find=partial(texts.FindTextPairs, wanted=NearTexts(threshold=THRESHOLD, verify=VERIFY)),
        limit=Dedup().edges_in_memory,
    )

    def run(name: str, inputs: list[str], make: Callable[[str], Any]) -> list[str]:
        into = store.join(folder, name) if name else folder
        with beam.Pipeline(options=runners.options("local", 1, [])) as pipeline:
            _ = pipeline | beam.Create(inputs) | make(into)
        return [found.path for found in store.below(into, "*.jsonl")]

    looked.write(folder, (), lists, run, len(lists))
    for path in store.below(folder, "*.jsonl"):
        for line in store.read_lines(path.path):
            yield line[2], line[4]


def drawn(count: int) -> Iterator[list[bytes]]:
    """Signatures by units, the first ones of each pair of units nearly the same.

    All numbers of a band are one, so that disks hold them; the search treats them as any others.
    """
    bands, size = optimum(THRESHOLD, VERIFY)
    for number in range(count // UNIT):
        both, own = np.random.default_rng([number // 2]), np.random.default_rng([number, 1])
        made = own.integers(0, 2**32, (UNIT, bands), np.uint32)
        # Of a near-duplicate, one band in each of the two is its own.
        made[:_PAIRS, 1:] = both.integers(0, 2**32, (_PAIRS, bands - 1), np.uint32)
        spread = np.zeros((UNIT, minhash.PERMUTATIONS), "<u4")
        spread[:, : bands * size] = np.repeat(made, size, axis=1)
        data = spread.tobytes()
        yield [data[at : at + minhash.BYTES] for at in range(0, len(data), minhash.BYTES)]


if __name__ == "__main__":
    layout, samples = Layout(out=sys.argv[1]), int(sys.argv[2])
    lists = stage(layout, drawn(samples), min(256, samples // UNIT))
    start = time.process_time()
    gone = sum(1 for _ in search(layout, lists))
    print(time.process_time() - start, gone, samples // UNIT // 2 * _PAIRS)
    shutil.rmtree(Path(sys.argv[1]))
