"""Builds on Google's Dataflow: what its options must say before Beam acts on them.

Beam makes a bucket of its own where none is named, asks the network whether names exist, and
installs packages on every worker: each costs minutes or money. So all of it is to be said.
"""

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
_PROJECT = re.compile(r"([a-z0-9.-]+:)?[a-z][a-z0-9-]{4,28}[a-z0-9]")


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


def _told(value: str | None) -> str:
    return f"got {value}" if value else "got none"
