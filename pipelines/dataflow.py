"""Builds on Google's Dataflow: what its options must say before Beam acts on them.

Beam makes a bucket of its own where none is named, asks the network whether names exist, and
installs packages on every worker: each costs minutes or money. So all of it is to be said.
"""

import argparse
import re

from apache_beam.options.pipeline_options import (
    DebugOptions,
    GoogleCloudOptions,
    PipelineOptions,
    StandardOptions,
    TestOptions,
    WorkerOptions,
)

# Workers have the image of the launcher: the same Python, Beam and wheel, and nothing to install.
PRESET = ("--sdk_location=container",)
# https://cloud.google.com/storage/docs/buckets: 3 to 63 letters, digits, dashes, dots, underlines.
_BUCKET = re.compile(r"gs://(?!goog)[a-z0-9][a-z0-9._-]{1,61}[a-z0-9](/.*)?")
_ACCELERATOR = re.compile(r"[a-z][a-z0-9-]+(:[1-9][0-9]?)?")
_RAM = re.compile(r"[1-9][0-9]*[KMGT]i?B")
_PROJECT = re.compile(r"([a-z0-9.-]+:)?[a-z][a-z0-9-]{4,28}[a-z0-9]")


class ScoringOptions(PipelineOptions):
    """What the scoring step asks of its workers; no other step has needs of its own."""

    @classmethod
    def _add_argparse_args(cls, parser: argparse.ArgumentParser) -> None:
        add = parser.add_argument
        add("--score_accelerator", default="", help="kind of GPU, as nvidia-l4 or nvidia-l4:2")
        add("--score_ram", default="", help="memory of a worker at least, as 16GB")


def scoring_hints(options: PipelineOptions) -> dict[str, str]:
    """Returns the resource hints of the scoring step, for `with_resource_hints`.

    A step with hints is no longer fused with its neighbours: what enters it is sent over the
    shuffle, so that must be references. Elsewhere than on Dataflow a hint would only start further
    workers, so there is none.

    Args:
        options: of the build; `--score_accelerator` and `--score_ram` decide.
    """
    asked = options.view_as(ScoringOptions)
    if options.view_as(StandardOptions).runner != "DataflowRunner":
        return {}
    hints = {"min_ram": asked.score_ram} if asked.score_ram else {}
    if asked.score_accelerator:
        kind, _, count = asked.score_accelerator.partition(":")
        hints["accelerator"] = f"type:{kind};count:{count or 1};install-nvidia-driver"
        # A worker has a process a core, and each would load the models into the accelerator.
        hints["max_active_bundles_per_worker"] = "1"
    return hints


def faults(options: PipelineOptions, out: str) -> list[str]:
    """Returns what is wrong with the options of a build on Dataflow, a line for each fault.

    Args:
        options: as they would be given to Beam.
        out: URL of the corpus.
    """
    cloud, worker = options.view_as(GoogleCloudOptions), options.view_as(WorkerOptions)
    found = [
        f"--{name}: {_told(getattr(cloud, name))}, expected gs://BUCKET/FOLDER with a bucket of "
        "3 to 63 letters, digits and dashes; Beam would make a bucket of its own"
        for name in ("temp_location", "staging_location")
        if not _BUCKET.fullmatch(getattr(cloud, name) or "")
        # Staging goes where temporary files go unless it is said.
        and not (name == "staging_location" and cloud.staging_location is None)
    ]
    if not _PROJECT.fullmatch(cloud.project or ""):
        found.append(f"--project: {_told(cloud.project)}, expected a project's id")
    if not cloud.region:
        found.append("--region: got none, expected one such as europe-west4; it decides the price")
    if not worker.sdk_container_image:
        found.append(
            "--sdk_container_image: got none, expected the image of docker/Dockerfile in a "
            "registry; Beam's own has neither the program nor its fonts"
        )
    found += _scoring_faults(options.view_as(ScoringOptions))
    if "://" not in out:
        found.append(f"--out: got {out}, which no worker shares; expected gs://BUCKET/FOLDER")
    if options.view_as(StandardOptions).streaming:
        found.append("--streaming: builds are batch jobs")
    if options.view_as(TestOptions).dry_run:
        found.append("--dry_run: stages would pass for done; `--dry-run` says what would be built")
    accelerators = [
        each for each in options.view_as(DebugOptions).experiments or () if "accelerator" in each
    ]
    if accelerators:
        found.append(
            f"--experiments={accelerators[0]}: would give every stage an accelerator; the scoring "
            "step asks for its own"
        )
    return found


def _scoring_faults(asked: ScoringOptions) -> list[str]:
    """Returns what is wrong with what the scoring step asks for."""
    found = []
    if asked.score_accelerator and not _ACCELERATOR.fullmatch(asked.score_accelerator):
        found.append(
            f"--score_accelerator: got {asked.score_accelerator}, expected a kind of GPU such as "
            "nvidia-l4, with nvidia-l4:2 for two a worker"
        )
    if asked.score_ram and not _RAM.fullmatch(asked.score_ram):
        found.append(f"--score_ram: got {asked.score_ram}, expected a size such as 16GB")
    return found


def _told(value: str | None) -> str:
    return f"got {value}" if value else "got none"
