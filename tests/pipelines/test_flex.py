"""The flex template: its files, its job, and that the job's one step builds."""

import importlib.util
import json
import re
from pathlib import Path
from typing import Any

import apache_beam as beam
import pytest
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.testing import test_pipeline
from google.cloud.dataflow_v1beta3 import ContainerSpec, ParameterType

from pipelines import build, flex, runners
from tests.conftest import ROOT
from tests.pipelines import corpora
from tests.pipelines.test_dataflow import IMAGE, arguments

FOLDER = ROOT / "docker" / "dataflow"
PARAMETERS = ["--recipe=gs://some-bucket/recipe.yaml", "--out=gs://some-bucket/corpus"]


def spec() -> dict[str, Any]:
    """What the script prints for an image."""
    found = importlib.util.spec_from_file_location("spec", FOLDER / "spec.py")
    assert found and found.loader
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    value: dict[str, Any] = module.spec(IMAGE)
    return value


def test_the_spec_has_the_fields_of_dataflows_own_client() -> None:
    # The client knows every field there is, and takes no other.
    message = ContainerSpec.from_json(json.dumps(spec()), ignore_unknown_fields=False)
    assert message.image == message.default_environment.sdk_container_image == IMAGE
    assert message.sdk_info.language.name == "PYTHON"
    parameters = {each.name: each for each in message.metadata.parameters}
    assert [name for name, each in parameters.items() if not each.is_optional] == ["recipe", "out"]
    assert all(each.label and each.help_text for each in parameters.values())
    assert parameters["until"].param_type == ParameterType.ENUM
    assert tuple(each.value for each in parameters["until"].enum_options) == build.STAGES
    for name, value in (option[2:].split("=") for option in PARAMETERS):
        assert all(re.fullmatch(pattern, value) for pattern in parameters[name].regexes)


def test_parameters_become_the_command_line_of_a_build() -> None:
    given = [*PARAMETERS, "--until=plan", "--options=--max_num_workers=9 --score_ram=16GB"]
    words, rest = flex.command([*given, *arguments()])
    assert rest == arguments()
    assert words[:2] == ("build", "gs://some-bucket/recipe.yaml")
    wanted = [f"--sdk_container_image={IMAGE}", "--max_num_workers=9", "--project=some-project"]
    assert {*wanted, "--out", "--until", "--runner", "dataflow"} <= set(words)


def test_what_cannot_work_ends_the_template_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    assert flex.main([*PARAMETERS, *arguments(region=None)]) == 2
    assert "--region: got none" in capsys.readouterr().err


def test_the_job_has_one_small_step() -> None:
    words, _ = flex.command([*PARAMETERS, *arguments()])
    options = [*arguments(), "--runner=DataflowRunner", "--dry_run=True", "--no_auth"]
    pipeline = beam.Pipeline(options=PipelineOptions([*flex.ALONE, *options]))
    flex.launch(pipeline, words)
    graph = pipeline.run().job.proto_pipeline
    assert len(graph.components.environments) == 1
    assert {"Command", "Launch"} <= {
        each.unique_name for each in graph.components.transforms.values()
    }


def test_the_step_builds(workplace: Path, corpus: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    words = ("build", str(workplace / "recipe.yaml"), "--out", str(out), "--workers", "1")
    with test_pipeline.TestPipeline(runner="FnApiRunner") as pipeline:
        flex.launch(pipeline, words)
    assert corpora.files(out) == corpora.files(corpus)


def test_a_build_that_fails_fails_the_step(tmp_path: Path) -> None:
    words = ("build", str(tmp_path / "no.yaml"), "--out", str(tmp_path / "out"))
    with pytest.raises(runners.BuildError, match=r"no\.yaml"):
        list(flex.call(words))
