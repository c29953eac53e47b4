"""How a build runs its stages: as pipelines, each in a folder that tells when it is done.

A stage's folder is named by a hash of all that it depends on, and a finished one holds `done.json`.
"""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import apache_beam as beam

from pipelines import runners, spark, store
from pipelines.job import Job
from pipelines.layout import Layout
from pipelines.near.components import Stage


class Stages:
    """Runs stages that are not done yet and notes what the build at hand is made of."""

    def __init__(self, job: Job, layout: Layout, log: str) -> None:
        self._job = job
        self._layout = layout
        self._log = log
        # What people can ask of a build that has not ended, or failed, starts from here.
        self._state: dict[str, Any] = {
            "name": job.recipe.name,
            "recipe": job.recipe.raw,
            "sources": {stanza.name: stanza.source for stanza in job.recipe.stanzas},
        }

    def note(self, name: str, value: Any) -> None:
        """Writes down what the build at hand is made of, for `inspect` and `why`."""
        self._state[name] = value
        store.write_json(self._layout.build("state.json"), self._state)

    def note_folders(self, name: str, folders: tuple[str, ...]) -> None:
        """Writes down folders by their paths below that of the build's own files."""
        start = len(self._layout.build(""))
        self.note(name, [each[start:] for each in folders])

    def run(
        self,
        name: str,
        folder: str,
        inputs: list[str],
        stage: Stage,
        *,
        again: bool = False,
        workers: int | None = None,
    ) -> list[str]:
        """Runs a stage and notes its folder; returns the files it made.

        Args:
            name: of the stage.
            folder: that it writes into.
            inputs: paths that it starts from.
            stage: what it does with them.
            again: whether it runs even when it is done.
            workers: local processes, if not as many as the job asks for; one, where a second would
                not be worth its start.
        """
        self.note(name.lower(), folder.rsplit("/", 1)[-1])
        return self.run_part(name, folder, inputs, stage, again=again, workers=workers)

    def run_part(
        self,
        name: str,
        folder: str,
        inputs: list[str],
        stage: Stage,
        *,
        again: bool = False,
        workers: int | None = 1,
    ) -> list[str]:
        """Runs what is a part of a stage, unless that is done; returns the files it made."""
        done = store.join(folder, "done.json")
        if again or not store.exists(done):
            with self._pipeline(self._job.workers if workers is None else workers) as pipeline:
                _ = pipeline | "Inputs" >> beam.Create(inputs) | name >> stage
            made = [found.path for found in store.below(folder, "*.jsonl")]
            store.write_json(done, [path.rsplit("/", 1)[-1] for path in made])
        return [store.join(folder, path) for path in store.read_json(done)]

    @contextmanager
    def _pipeline(self, workers: int) -> Iterator[beam.Pipeline]:
        """Gives an empty pipeline and runs what it has become."""
        job = self._job
        with tempfile.TemporaryDirectory() as folder:
            jar, arguments = os.path.join(folder, "stage.jar"), list(job.arguments)
            if job.cluster.submit:
                arguments.append(f"--output_executable_path={jar}")
            with beam.Pipeline(options=runners.options(job.runner, workers, arguments)) as pipeline:
                yield pipeline
            if job.cluster.submit:
                spark.submit(job.cluster.submit, jar, self._log)
