"""The two passes over facts that turn a mixture into edges, and the file that holds them."""

import struct
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import apache_beam as beam
from apache_beam.pvalue import PCollection

from pipelines import store
from pipelines.mixing.budgets import (
    ALL,
    Budgets,
    Edge,
    Ruler,
    Share,
    edge,
    in_boundary,
    sum_up,
)
from pipelines.mixing.settings import Mixing
from taxonomy.mixtures import Plan

# Where the plan keeps what it takes of each cell.
FILE = "mixture.json"
_PLACE = struct.Struct(">dQ")
# Streams the facts, such columns of them, of a bucket's samples that may be taken.
Read = Callable[[str, list[str]], Iterator[dict[str, Any]]]


@dataclass(slots=True, kw_only=True)
class SumAmounts(beam.PTransform[PCollection[str], PCollection[str]]):
    """Paths of receipt lists to the path of the sums by cell and slice.

    Attributes:
        read: gives the facts of the samples of a list that may be taken.
        ruler: measures them.
        into: folder for the list of sums.
    """

    read: Read
    ruler: Ruler
    into: str

    def expand(self, lists: PCollection[str]) -> PCollection[str]:
        """Wires summing up and collecting."""
        return (
            lists
            | "SumBuckets" >> beam.FlatMap(_sum, self.read, self.ruler)
            | "SumCells" >> beam.CombinePerKey(sum)
            | "OneKey" >> beam.Map(_sum_line)
            | "CollectSums" >> beam.GroupByKey()
            | "WriteSums" >> beam.MapTuple(partial(_write, self.into, "amounts.jsonl"))
        )


@dataclass(slots=True, kw_only=True)
class FindEdges(beam.PTransform[PCollection[str], PCollection[str]]):
    """Paths of receipt lists to the path of the edges of cells that are taken in part.

    Attributes:
        read: gives the facts of the samples of a list that may be taken.
        ruler: measures them.
        shares: of the cells.
        into: folder for the list of edges.
    """

    read: Read
    ruler: Ruler
    shares: Mapping[str, Share]
    into: str

    def expand(self, lists: PCollection[str]) -> PCollection[str]:
        """Wires the grouping of boundary slices: a thousandth of the samples."""
        return (
            lists
            | "ReadBoundaries" >> beam.FlatMap(_boundary, self.read, self.ruler, self.shares)
            | "GroupCells" >> beam.GroupByKey()
            | "FindEdges" >> beam.MapTuple(partial(_edge, self.shares))
            | "CollectEdges" >> beam.GroupByKey()
            | "WriteEdges" >> beam.MapTuple(partial(_write, self.into, "edges.jsonl"))
        )


def read_sums(paths: Iterable[str]) -> dict[tuple[str, int], int]:
    """Reads what `SumAmounts` wrote."""
    return {(cell, slot): size for path in paths for cell, slot, size in store.read_lines(path)}


def write_budgets(
    path: str,
    mixing: Mixing,
    ruler: Ruler,
    plan: Plan,
    found: Mapping[str, Share],
    edges: list[str],
) -> None:
    """Writes what is taken of each cell, for plan and for the manifest."""
    cells = {cell: ([*ALL], share.whole) for cell, share in found.items()}
    for each in edges:
        cells |= {cell: (end, taken) for cell, end, taken in store.read_lines(each)}
    record = {
        "over": mixing.over,
        "unit": ruler.unit,
        "seed": ruler.seed,
        "scaled": round(plan.scaled, 6),
        "lines": [_line(line, cells) for line in plan.lines],
        "edges": {cell: end for cell, (end, _) in sorted(cells.items())},
    }
    store.write_json(path, record)


def read_budgets(path: str) -> Budgets:
    """Reads what `write_budgets` wrote."""
    record = store.read_json(path)
    ruler = Ruler(over=record["over"], unit=record["unit"], seed=record["seed"])
    edges = {cell: Edge(*end) for cell, end in record["edges"].items()}
    return Budgets(ruler=ruler, edges=edges)


def _line(line: Any, cells: Mapping[str, tuple[Any, float]]) -> dict[str, Any]:
    """A line of the plan with what is really taken: whole samples."""
    names = [f"{line.category}\0{cell.source}\0{cell.language}" for cell in line.cells]
    own = [
        {
            "entry": cell.source,
            "language": cell.language,
            "available": cell.available,
            "taken": cells[name][1] if name in cells else 0,
        }
        for name, cell in zip(names, line.cells, strict=True)
    ]
    taken = sum(cell["taken"] for cell in own)
    return {
        "class": line.category,
        "entry": line.source,
        "language": line.language,
        "wanted": round(line.wanted, 3),
        "available": line.available,
        "taken": taken,
        # Whole samples never meet a share exactly; what the solver could not give is missing.
        "short": round(line.shortfall, 3) if line.shortfall > 1e-6 * line.wanted else 0,
        "cells": own,
    }


def _sum(path: str, read: Read, ruler: Ruler) -> Iterator[tuple[tuple[str, int], int]]:
    yield from sum_up(read(path, ruler.columns()), ruler).items()


def _boundary(
    path: str, read: Read, ruler: Ruler, found: Mapping[str, Share]
) -> Iterator[tuple[str, bytes]]:
    """Yields the samples of boundary slices packed: a fraction of what objects take."""
    rows = read(path, ruler.columns())
    for cell, (place, key, size) in in_boundary(rows, ruler, found):
        yield cell, _PLACE.pack(place, size) + key.encode()


def _edge(found: Mapping[str, Share], cell: str, packed: Iterable[bytes]) -> tuple[None, bytes]:
    candidates = []
    for each in packed:
        place, size = _PLACE.unpack_from(each)
        candidates.append((place, each[_PLACE.size :].decode(), size))
    end, taken = edge(found[cell], candidates)
    return None, store.line([cell, list(end), taken])


def _sum_line(pair: tuple[tuple[str, int], int]) -> tuple[None, bytes]:
    return None, store.line([*pair[0], pair[1]])


def _write(into: str, name: str, _: None, lines: Iterable[bytes]) -> str:
    path = store.join(into, name)
    with store.publishing(path) as stream:
        stream.writelines(sorted(lines))
    return path
