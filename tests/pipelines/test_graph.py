"""What runners are given: references at every boundary, plain keys, small graphs."""

import json
from collections.abc import Iterator
from pathlib import Path

import apache_beam as beam
import pytest
from apache_beam.pvalue import AsDict

from pipelines import build
from pipelines.job import Job
from pipelines.layout import Layout
from pipelines.recipe import Recipe
from pipelines.recipe_reader import read_recipe
from pipelines.units import list_units
from tests.pipelines import corpora, graphs

RUNNER = "tests.pipelines.graphs.Recorder"
PIXELS = 120
# The smallest picture is bigger than the biggest reference may be.
REFERENCE = 2_000
SCORE = {"categories": ["pretrain/text"]}


def make_job(folder: Path, **more: object) -> Job:
    recipe: Recipe = read_recipe(str(corpora.make_recipe(folder, unit_size="1kB", score=SCORE)))
    return Job(recipe=recipe, out=str(folder / "out"), runner=RUNNER, **more)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[graphs.Seen]:
    """A build of more units than buckets, of pictures too big for a reference."""
    folder = tmp_path_factory.mktemp("graphs")
    corpora.make_raw(folder / "raw", pairs=300)
    for path in (folder / "raw" / "pairs").glob("*.png"):
        path.write_bytes(corpora.picture(int(path.stem), size=(PIXELS, PIXELS)))
    graphs.SEEN = graphs.Seen(sizes=folder / "sizes")
    build.run_stages(make_job(folder), lambda stage: None)
    yield graphs.SEEN
    graphs.SEEN = graphs.Seen()


def test_only_references_cross_boundaries(seen: graphs.Seen) -> None:
    assert seen.sizes
    sizes = graphs.sizes(seen.sizes)
    assert any("StageUnit" not in name and "CollectReceipts" in name for name in sizes)
    assert {name: size for name, size in sizes.items() if size > REFERENCE} == {}


def test_a_payload_at_a_boundary_is_seen(tmp_path: Path) -> None:
    graphs.SEEN, before = graphs.Seen(sizes=tmp_path), graphs.SEEN
    with beam.Pipeline(runner=graphs.Recorder()) as pipeline:
        numbers = pipeline | beam.Create([1, 2])
        pictures = numbers | "Load" >> beam.Map(lambda number: (number, bytes(5_000)))
        few = numbers | "Pass" >> beam.Map(lambda number: (number, b""))
        _ = (pictures, few) | "Merge" >> beam.Flatten()
        _ = pictures | "Spread" >> beam.Reshuffle()
        _ = numbers | "Ask" >> beam.Map(lambda number, all: number, AsDict(pictures))
        _ = pictures | "Sum" >> beam.GroupByKey()
    graphs.SEEN = before
    big = {name.split()[1] for name, size in graphs.sizes(tmp_path).items() if size > REFERENCE}
    assert {"Merge", "Spread", "Ask", "Sum"} <= big


def test_state_and_pickled_keys_are_seen() -> None:
    pipeline = beam.Pipeline()
    pairs = pipeline | beam.Create([(1, b"")])
    _ = pairs | "Batch" >> beam.GroupIntoBatches(2)
    _ = (
        pairs
        | "Rename" >> beam.Map(lambda pair: (Path("a"), b"")).with_output_types(tuple[Path, bytes])
        | "Group" >> beam.GroupByKey()
    )
    graph = pipeline.to_runner_api()
    assert any("Batch" in name and "state" in name for name in graphs.forbidden(graph))
    assert any("timers" in name for name in graphs.forbidden(graph))
    assert graphs.opaque(graph) == ["Group"]


def test_no_state_timers_or_splitting(seen: graphs.Seen) -> None:
    assert [name for graph in seen.graphs for name in graphs.forbidden(graph)] == []


def test_keys_have_one_encoding(seen: graphs.Seen) -> None:
    assert len({name for graph in seen.graphs for name in graphs.keys(graph)}) > 8
    assert [name for graph in seen.graphs for name in graphs.opaque(graph)] == []


def test_graphs_do_not_grow_with_the_units(seen: graphs.Seen, tmp_path: Path) -> None:
    # Later stages are given a path a bucket, and the buckets are all there.
    (receipts,) = [path for path in Path(seen.sizes or "").parent.glob("out/_build/ingest/*")]
    assert len(list(receipts.glob("*.jsonl"))) > 150
    job = make_job(tmp_path, until="ingest")
    (units, *_) = list_units(job.recipe, Layout(out=job.out))
    Path(units).write_text("{}\n" * 1_000_000)
    graphs.SEEN = graphs.Seen(run=False)
    with pytest.raises(InterruptedError):
        build.run_stages(job, lambda stage: None)
    million, graphs.SEEN = graphs.SEEN, seen
    sizes = [graph.ByteSize() for graph in [*seen.graphs, *million.graphs]]
    assert len(sizes) == 6
    assert max(sizes) < 1_000_000, json.dumps(sizes)
