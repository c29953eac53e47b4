"""What can be proven of the image without an engine that runs it."""

import configparser
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.conftest import ROOT

DOCKER = ROOT / "docker"


def dockerfile() -> str:
    return (DOCKER / "Dockerfile").read_text()


def test_the_linter_finds_nothing() -> None:
    linter = Path(sys.executable).parent / "hadolint"
    done = subprocess.run([linter, DOCKER / "Dockerfile"], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_the_base_is_that_of_the_pinned_beam() -> None:
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg")
    (beam,) = re.findall(r"apache-beam ==([\d.]+)", setup["options"]["install_requires"])
    python = ".".join(map(str, sys.version_info[:2]))
    assert f"FROM apache/beam_python{python}_sdk:{beam}\n" in dockerfile()


def test_everything_that_is_copied_is_there() -> None:
    copied = [
        word
        for line in re.findall(r"^COPY (?!--from)(.+)", dockerfile(), re.M)
        for word in line.split()[:-1]
    ]
    assert {"taxonomy", "sources", "pipelines", "model"} <= set(copied)
    assert [name for name in copied if not (ROOT / name).exists()] == []


def test_the_cluster_starts_what_the_image_holds() -> None:
    services = yaml.safe_load((DOCKER / "compose.yaml").read_text())["services"]
    assert services["worker"]["deploy"]["replicas"] == 2
    for service in services.values():
        program = service["entrypoint"][0]
        assert service["build"] == {"context": "..", "dockerfile": "docker/Dockerfile"}
        assert program == "shardwright" or os.access(
            ROOT / program.removeprefix("/shardwright/"), os.X_OK
        )


def test_templates_of_dataflow_find_their_program() -> None:
    (path,) = re.findall(r"^ENV FLEX_TEMPLATE_PYTHON_PY_FILE=/shardwright/(.+)", dockerfile(), re.M)
    assert (ROOT / path).exists()
    assert "ENTRYPOINT" not in dockerfile()


@pytest.mark.parametrize("script", sorted(DOCKER.rglob("*.sh")), ids=lambda path: path.name)
def test_scripts_parse(script: Path) -> None:
    done = subprocess.run(["sh", "-n", script], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
