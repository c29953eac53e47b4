"""Two ways to the same components, on graphs of every form and in any order."""

import random
from collections.abc import Callable, Iterable
from pathlib import Path

import apache_beam as beam
import pyarrow as pa
import pytest

from pipelines import runners
from pipelines.near import edges
from pipelines.near.components import Stage, alternate, stars
from pipelines.near.nodes import pair

Edges = list[tuple[bytes, bytes]]


def name(number: int) -> bytes:
    return f"{number:06d}".encode()


def between(numbers: Iterable[tuple[int, int]]) -> Edges:
    return [(name(min(each)), name(max(each))) for each in numbers]


def random_graph(nodes: int, count: int) -> Edges:
    noise = random.Random(nodes)
    return between(tuple(noise.sample(range(nodes), 2)) for _ in range(count))  # type: ignore[misc]


def shuffled(numbers: list[int]) -> list[int]:
    random.Random(0).shuffle(numbers)
    return numbers


GRAPHS: dict[str, Callable[[], Edges]] = {
    "random": lambda: random_graph(400, 300),
    "chain": lambda: between(zip(range(80), range(1, 81), strict=True)),
    "mixed chain": lambda: between(
        zip((mixed := shuffled(list(range(80)))), mixed[1:], strict=False)
    ),
    "star": lambda: between((50, each) for each in range(100) if each != 50),
    "clique": lambda: between((one, other) for other in range(30) for one in range(other)),
    "none": list,
}


def by_union(graph: Edges) -> set[tuple[bytes, bytes]]:
    """The definition: the smaller of two labels, until nothing changes."""
    label = {node: node for edge in graph for node in edge}
    changed = True
    while changed:
        changed = False
        for one, other in graph:
            least = min(label[one], label[other])
            changed |= (label[one], label[other]) != (least, least)
            label[one] = label[other] = least
    return {(least, node) for node, least in label.items() if node != least}


def batch(graph: Edges) -> Callable[[], list[pa.RecordBatch]]:
    columns = [[edge[side] for edge in graph] for side in (0, 1)]
    return pa.table(columns, schema=edges.SCHEMA).to_batches


def in_rounds(graph: Edges, folder: Path) -> set[tuple[bytes, bytes]]:
    def run(name: str, paths: list[str], make: Callable[[str], Stage]) -> list[str]:
        into = folder / name
        with beam.Pipeline(options=runners.options("DirectRunner", 1, [])) as pipeline:
            _ = pipeline | beam.Create(paths) | make(str(into))
        return sorted(map(str, into.glob("*.jsonl")))

    edges.write(str(folder / "pairs" / "0.parquet"), graph)
    paths = alternate([str(folder / "pairs" / "0.jsonl")], run, buckets=3)
    return {edges.ends(edge) for path in paths for edge in edges.read_packed(path)}


@pytest.mark.parametrize("form", GRAPHS)
def test_one_process_gives_the_smallest_node(form: str) -> None:
    graph = GRAPHS[form]()
    found = list(stars(batch(graph)))
    assert len(found) == len(set(found)) and set(found) == by_union(graph)
    assert set(stars(batch(graph[::-1]))) == set(found)


@pytest.mark.parametrize("form", GRAPHS)
def test_rounds_give_the_same(form: str, tmp_path: Path) -> None:
    graph = GRAPHS[form]()
    assert in_rounds(graph, tmp_path) == set(stars(batch(graph)))


def test_a_star_of_many_stays_linear(tmp_path: Path) -> None:
    graph = between((0, each) for each in range(1, 100_001))
    assert len(set(stars(batch(graph)))) == 100_000
    assert len(in_rounds(graph[:5_000], tmp_path)) == 5_000


def test_edge_files_come_back(tmp_path: Path) -> None:
    graph = random_graph(50, 90)
    path = str(tmp_path / "0.parquet")
    edges.write(path, graph)
    receipt = str(tmp_path / "0.jsonl")
    assert [record["edges"] for record in edges.receipts([receipt])] == [90]
    assert list(edges.read_packed(receipt)) == [pair(*edge) for edge in graph]
