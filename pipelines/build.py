"""A build: the five stages one after another, each only where its work is not done.

A stage's folder is named by a hash of all that it depends on. A finished one holds `done.json`; so
a build that was killed goes on, and one with another filter begins at plan.
"""

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from functools import partial
from hashlib import blake2b
from typing import Any

import apache_beam as beam

from pipelines import annotate, finish, progress, runners, spark, store
from pipelines.dedup import FindDuplicates
from pipelines.evaluation.apart import LeaveOut
from pipelines.ingest import StageUnits, index_fetch
from pipelines.job import STAGES, Job, lock, logging_to
from pipelines.layout import Layout, digest
from pipelines.leakage import index
from pipelines.leakage.stage import FindLeaks
from pipelines.mixing.budgets import MixtureError, Ruler, decide, shares
from pipelines.mixing.settings import Mixing
from pipelines.mixing.stages import FILE, FindEdges, SumAmounts, read_sums, write_budgets
from pipelines.near.components import Stage
from pipelines.near.search import searches
from pipelines.plan import PlanShards, survivors
from pipelines.thin import FILE as REMIX
from pipelines.thin import thin
from pipelines.units import list_units
from pipelines.write import WriteShards

# Later stages work by buckets of units: enough for many workers, few enough to list.
_BUCKETS = 256


def build(job: Job, watch: Callable[[str], None]) -> dict[str, Any]:
    """Builds a corpus and returns its manifest, or {} if it ends at an earlier stage.

    Args:
        job: what, where and how.
        watch: called twice a second with the stage at hand, on a local run.

    Raises:
        BuildError: it stopped.
        UsageError: it cannot start so.
    """
    check(job)
    with lock(job.out), logging_to(job.out) as log:
        if job.runner in runners.LOCAL:
            result: dict[str, Any] = runners.supervise(run_stages, job, watch, log)
            return result
        try:
            return _run_elsewhere(job, watch, log)
        except Exception as error:
            raise runners.BuildError(runners.cause(error)) from error


def check(job: Job) -> None:
    """Checks what can be checked before anything is done.

    Raises:
        UsageError: it cannot work so.
    """
    runners.check(job.runner, job.workers, list(job.arguments), job.out)
    if job.runner == runners.SPARK:
        job.cluster.check()
    scoring = job.recipe.scoring
    if scoring and (wrong := list(annotate.device_faults(scoring.device, job.runner))):
        raise runners.UsageError(wrong[0])


def _run_elsewhere(job: Job, say: Callable[[str], None], log: str) -> dict[str, Any]:
    if job.runner != runners.SPARK:
        return run_stages(job, say)

    def drive(preset: list[str]) -> dict[str, Any]:
        return run_stages(replace(job, arguments=(*preset, *job.arguments)), say, log)

    result: dict[str, Any] = spark.restarting(drive, job.cluster, log)
    return result


def run_stages(job: Job, say: Callable[[str], None], log: str = "") -> dict[str, Any]:
    """Runs the stages from this process; `say` is told of each, `log` is for other programs."""
    run = _Run(job, log)
    for stage in STAGES[: STAGES.index(job.until) + 1]:
        say(stage)
        getattr(run, stage)()
    if job.until != STAGES[-1]:
        return {}
    if run.standing:
        return run.standing
    say("finish")
    scores = run.scores.record if run.scores else None
    return finish.finish(
        job.recipe, run.layout, run.plan_folder, run.write_folder, run.receipts, scores
    )


class _Run:
    """The stages in order; each finds what the ones before it made."""

    receipts: list[str]
    plan_folder: str
    write_folder: str
    standing: dict[str, Any]

    def __init__(self, job: Job, log: str) -> None:
        self._job = job
        self._log = log
        self._recipe = job.recipe
        self.layout = Layout(out=job.out)
        # What people can ask of a build that has not ended, or failed, starts from here.
        self._state_record: dict[str, Any] = {
            "name": job.recipe.name,
            "recipe": job.recipe.raw,
            "sources": {stanza.name: stanza.source for stanza in job.recipe.stanzas},
        }
        progress.clear(self.layout)

    def ingest(self) -> None:
        """Stages every unit."""
        lists = list_units(self._recipe, self.layout)
        for stanza in self._recipe.stanzas:
            index_fetch(stanza, self.layout)
        self._note("units", [path.rsplit("/", 1)[-1] for path in lists])
        count = sum(1 for path in lists for _ in store.read_lines(path))
        progress.expect(self.layout, "ingest", count)
        self._buckets = min(_BUCKETS, count)
        folder = self.layout.build("ingest", digest([path.rsplit("/", 1)[-1] for path in lists]))
        stage = StageUnits(
            recipe=self._recipe,
            layout=self.layout,
            into=folder,
            buckets=self._buckets,
            retry=self._job.retry,
        )
        self.receipts = self._run("Ingest", folder, lists, stage, again=self._job.retry)
        self._state = digest(_content_hashes(self.receipts))

    def annotate(self) -> None:
        """Scores staged samples, if the recipe asks for it."""
        self.scores: annotate.Annotation | None = None
        self._scored: list[str] = []
        if self._recipe.scoring is None:
            return
        found = annotate.annotation(self._recipe.scoring, self.layout)
        folder = self.layout.build("annotate", digest([self._state, found.key]))
        stage = found.stage(folder, hints={})
        few = annotate.processes(found.scoring, self._job.workers)
        lists = self._run("Annotate", folder, self.receipts, stage, workers=few)
        store.remove([each.path for each in store.below(found.parts, "*")])
        self.scores, self._scored = found, _content_hashes(lists)
        self._note("scores", found.key)

    @property
    def _scores(self) -> str:
        """Names the folder of the scores; empty if there are none."""
        return self.scores.key if self.scores else ""

    def dedup(self) -> None:
        """Finds what leaks from evaluation sets, then duplicates among the rest."""
        leaks = tuple(self._leakage())
        names = tuple(stanza.name for stanza in self._recipe.stanzas)
        exact = self._recipe.dedup.exact
        depends = [self._state, names, exact, [each.rsplit("/", 1)[-1] for each in leaks]]
        folder = self.layout.build("dedup", digest(depends))
        stage = FindDuplicates(
            layout=self.layout,
            into=folder,
            removals=leaks,
            stanzas=names,
            buckets=self._buckets,
            exact=exact,
        )
        self._run("Dedup", folder, self.receipts, stage, small=True)
        before = (*leaks, folder)
        self._removals = (*before, *self._near(before), *self._apart())
        start = len(self.layout.build(""))
        self._note("removals", [each[start:] for each in self._removals])

    def _leakage(self) -> Iterator[str]:
        """Finds what leaks from evaluation sets; yields the folder of what is to be removed."""
        settings = self._recipe.leakage
        if settings is None:
            return
        files = index.identity(settings)
        known = self.layout.build("leakage", "index", digest(files))
        index.build(settings, known)
        depends = [self._state, files, {**asdict(settings), "fingerprints": None}]
        folder = self.layout.build("leakage", digest(depends))
        stage = FindLeaks(layout=self.layout, into=folder, index=known, settings=settings)
        self._run("Leakage", folder, self.receipts, stage)
        self._note("leakage_index", known.rsplit("/", 1)[-1])
        if settings.remove:
            yield folder

    def _near(self, removals: tuple[str, ...]) -> Iterator[str]:
        """Finds near-duplicates among what is not removed yet; yields the folders of removals."""
        for search in searches(self._recipe, self.layout):
            key = digest([removals[-1].rsplit("/", 1)[-1], search.settings])
            folder = self.layout.build("near", key)

            def run(
                name: str, inputs: list[str], make: Callable[[str], Stage], folder: str = folder
            ) -> list[str]:
                into = store.join(folder, name) if name else folder
                return self._stage(name or "near", into, inputs, make(into), workers=1)

            search.write(folder, removals, self.receipts, run, self._buckets)
            yield folder

    def _apart(self) -> Iterator[str]:
        """Keeps evaluation sets out of training; yields the folders of removals."""
        for held in self._recipe.evaluation:
            folder = self.layout.build("evaluation", digest([self._state, held.digest]))
            stage = LeaveOut(layout=self.layout, into=folder, folder=held.folder)
            self._stage("Evaluation", folder, self.receipts, stage, workers=1)
            yield folder

    def plan(self) -> None:
        """Filters, orders and cuts."""
        recipe = self._recipe
        self._thin()
        filters = [repr(each) for each in recipe.filters]
        removals = [folder.rsplit("/", 1)[-1] for folder in self._removals]
        depends = [removals, filters, recipe.seed, recipe.shard_size]
        mixing = [asdict(recipe.mixing)] if recipe.mixing else []
        folder = self.layout.build("plan", digest([*depends, self._state, self._scored, *mixing]))
        stage = PlanShards(
            layout=self.layout,
            into=folder,
            removals=self._removals,
            filters=recipe.filters,
            seed=recipe.seed,
            shard_size=recipe.shard_size,
            budgets=self._mix(recipe.mixing, folder) if recipe.mixing else "",
            scores=self._scores,
        )
        if not self._run("Plan", folder, self.receipts, stage, small=True):
            raise runners.BuildError(
                "no sample is left to write. Look at what left them out: "
                f"`shardwright inspect {self.layout.out}`"
            )
        if recipe.remix:
            told = store.read_json(store.join(self._removals[-1], REMIX))
            store.write_json(store.join(folder, REMIX), told)
        self.plan_folder = folder

    def _thin(self) -> None:
        """Finds what leaves because there is too much of it."""
        more: Any = (partial(self._run, small=True), self._left, self._buckets, self._scored)
        self._removals = thin(self._recipe, self.layout, self._removals, self.receipts, *more)
        start = len(self.layout.build(""))
        self._note("removals", [each[start:] for each in self._removals])

    def _left(self, removals: tuple[str, ...]) -> Callable[..., Iterator[dict[str, Any]]]:
        """Makes what reads the samples of a bucket that would be written."""
        filters, scores = self._recipe.filters, self._scores
        return partial(
            survivors, layout=self.layout, removals=removals, filters=filters, scores=scores
        )

    def _mix(self, mixing: Mixing, plan: str) -> str:
        """Decides what a mixture takes of each cell; returns the file that says so."""
        path = store.join(plan, FILE)
        if store.exists(path):
            return path
        recipe, key = self._recipe, plan.rsplit("/", 1)[-1]
        read = self._left(self._removals)
        ruler = Ruler(over=mixing.over, unit=mixing.unit, seed=recipe.seed)
        folder = self.layout.build("amounts", key)
        stage: Any = SumAmounts(read=read, ruler=ruler, into=folder)
        sums = read_sums(self._run("Amounts", folder, self.receipts, stage, small=True))
        try:
            decided = decide(mixing, sums)
        except MixtureError as error:
            raise runners.BuildError(str(error)) from error
        found = shares(decided, sums)
        folder = self.layout.build("edges", key)
        stage = FindEdges(read=read, ruler=ruler, shares=found, into=folder)
        edges = self._run("Edges", folder, self.receipts, stage, small=True)
        write_budgets(path, mixing, ruler, decided, found, edges)
        return path

    def write(self) -> None:
        """Writes the shards; what an earlier plan wrote is no corpus any more."""
        key = self.plan_folder.rsplit("/", 1)[-1]
        self._note("write", key)
        self.standing = finish.standing(self.layout, key)
        if self.standing:
            return
        folder = self.layout.build("write", key)
        finish.withdraw(self.layout, key)
        shards = store.join(self.plan_folder, "shards.jsonl")
        progress.expect(self.layout, "write", sum(1 for _ in store.read_lines(shards)))
        stage = WriteShards(layout=self.layout, plan=self.plan_folder, into=folder)
        self._run("Write", folder, [shards], stage, again=True)
        self.write_folder = folder

    def _run(
        self,
        name: str,
        folder: str,
        inputs: list[str],
        stage: Stage,
        again: bool = False,
        small: bool = False,
        workers: int | None = None,
    ) -> list[str]:
        """Runs one of the stages and notes its folder; returns the files it made."""
        self._note(name.lower(), folder.rsplit("/", 1)[-1])
        # References are too small for a second local process to be worth its start.
        few = 1 if small else workers
        return self._stage(name, folder, inputs, stage, again=again, workers=few)

    def _stage(
        self,
        name: str,
        folder: str,
        inputs: list[str],
        stage: Stage,
        *,
        again: bool = False,
        workers: int | None = None,
    ) -> list[str]:
        """Runs a stage as a pipeline, unless that is done; returns the files it made."""
        done = store.join(folder, "done.json")
        if again or not store.exists(done):
            with self._pipeline(self._job.workers if workers is None else workers) as pipeline:
                _ = pipeline | "Inputs" >> beam.Create(inputs) | name >> stage
            made = [found.path for found in store.below(folder, "*.jsonl")]
            store.write_json(done, [path.rsplit("/", 1)[-1] for path in made])
        return [store.join(folder, path) for path in store.read_json(done)]

    def _note(self, name: str, value: Any) -> None:
        """Writes down what the build at hand is made of, for `inspect` and `why`."""
        self._state_record[name] = value
        store.write_json(self.layout.build("state.json"), self._state_record)

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


def _content_hashes(paths: list[str]) -> list[str]:
    hashes = []
    for path in paths:
        with store.open_file(path) as stream:
            hashes.append(blake2b(stream.read(), digest_size=16).hexdigest())
    return hashes
