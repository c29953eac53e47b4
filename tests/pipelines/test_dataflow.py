"""Dataflow, as far as it goes without the cloud: its dry run, and our checks before it."""

from collections.abc import Iterator
from pathlib import Path

import apache_beam as beam
import pytest
from apache_beam.portability.api import beam_runner_api_pb2 as api

from pipelines import annotate, build, dataflow, runners
from pipelines.job import Job
from pipelines.layout import Layout
from pipelines.recipe_reader import read_recipe
from pipelines.scoring.settings import Scoring
from tests.pipelines import corpora, graphs

IMAGE = "registry.example/shardwright:1"
OPTIONS = {
    "project": "some-project",
    "region": "europe-west4",
    "temp_location": "gs://some-bucket/temp",
    "sdk_container_image": IMAGE,
}


def arguments(**more: str | None) -> list[str]:
    return [f"--{name}={value}" for name, value in {**OPTIONS, **more}.items() if value is not None]


@pytest.fixture(scope="module")
def seen(workplace: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[graphs.Seen]:
    """A build of which Dataflow has looked at every pipeline."""
    graphs.SEEN = graphs.Seen()
    given = arguments(staging_location="gs://some-bucket/staging")
    job = Job(
        recipe=read_recipe(str(workplace / "recipe.yaml")),
        out=str(tmp_path_factory.mktemp("dataflow") / "out"),
        runner="tests.pipelines.graphs.DryRun",
        arguments=(*dataflow.PRESET, *given, "--dry_run=True", "--no_auth"),
    )
    build.run_stages(job, lambda stage: None)
    yield graphs.SEEN
    graphs.SEEN = graphs.Seen()


def test_workers_have_the_image_of_the_launcher(seen: graphs.Seen) -> None:
    assert len(seen.graphs) == 4
    for graph in seen.graphs:
        (environment,) = graph.components.environments.values()
        payload = api.DockerPayload.FromString(environment.payload)
        assert payload.container_image == IMAGE
        # No step has needs of its own, so none is kept from being fused with its neighbours.
        assert not environment.resource_hints


def dry_run(*more: str) -> api.Pipeline:
    """What Dataflow would be sent of the scoring of a build."""
    options = runners.options(
        runners.DATAFLOW, 0, [*arguments(), "--dry_run=True", "--no_auth", *more]
    )
    found = annotate.annotation(Scoring(), Layout(out="gs://some-bucket/corpus"))
    pipeline = beam.Pipeline(options=options)
    stage = found.stage("gs://some-bucket/scored", dataflow.scoring_hints(options))
    _ = pipeline | "Inputs" >> beam.Create(["a"]) | "Annotate" >> stage
    graph: api.Pipeline = pipeline.run().job.proto_pipeline
    return graph


def test_the_scoring_step_alone_has_an_accelerator() -> None:
    graph = dry_run("--score_accelerator=nvidia-l4", "--score_ram=16GB").components
    steps = {each.unique_name: each.environment_id for each in graph.transforms.values()}
    hints = dict(graph.environments[steps["Annotate/Score"]].resource_hints)
    assert hints == {
        "beam:resources:accelerator:v1": b"type:nvidia-l4;count:1;install-nvidia-driver",
        "beam:resources:min_ram_bytes:v1": b"16000000000",
        "beam:resources:max_active_bundles_per_worker:v1": b"1",
    }
    others = {steps[f"Annotate/{name}"] for name in ("CutBatches", "CollectScores")}
    assert [dict(graph.environments[name].resource_hints) for name in others] == [{}]
    images = {
        api.DockerPayload.FromString(each.payload).container_image
        for each in graph.environments.values()
    }
    assert images == {IMAGE}


def test_without_an_accelerator_nothing_is_kept_apart() -> None:
    assert len(dry_run().components.environments) == 1
    local = runners.options("local", 1, ["--score_accelerator=nvidia-l4"])
    assert dataflow.scoring_hints(local) == {}


def test_graphs_are_small_and_plain(seen: graphs.Seen) -> None:
    assert max(graph.ByteSize() for graph in seen.graphs) < 100_000
    for graph in seen.graphs:
        assert [*graphs.forbidden(graph), *graphs.opaque(graph)] == []


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"temp_location": None}, "--temp_location: got none, expected gs://BUCKET/FOLDER"),
        ({"temp_location": "gs://no"}, "--temp_location: got gs://no, expected"),
        ({"temp_location": "gs://Upper/x"}, "--temp_location: got gs://Upper/x, expected"),
        ({"staging_location": "/tmp/x"}, "--staging_location: got /tmp/x, expected"),
        ({"project": None}, "--project: got none"),
        ({"region": None}, "--region: got none"),
        ({"sdk_container_image": None}, "--sdk_container_image: got none"),
        ({"dry_run": "True"}, "--dry_run: stages would pass for done"),
        ({"score_accelerator": "L4 x 2"}, "--score_accelerator: got L4 x 2, expected a kind"),
        ({"score_ram": "16"}, "--score_ram: got 16, expected a size such as 16GB"),
        ({"experiments": "worker_accelerator=type:l4;count:1"}, "would give every stage"),
    ],
)
def test_what_would_block_or_cost_is_refused(given: dict[str, str | None], message: str) -> None:
    with pytest.raises(runners.UsageError) as caught:
        runners.check(runners.DATAFLOW, 0, arguments(**given), "gs://some-bucket/out")
    assert message in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


def test_a_corpus_on_the_launchers_disk_is_refused(workplace: Path, tmp_path: Path) -> None:
    options = ["--out", tmp_path / "out", "--runner", "dataflow", "--dry-run", *arguments()]
    done = corpora.run("build", workplace / "recipe.yaml", *options, code=2)
    assert "which no worker shares" in done.stderr
    runners.check(runners.DATAFLOW, 0, arguments(), "gs://some-bucket/out")
