"""A build: the five stages one after another, each only where its work is not done.

What is done stays done: a killed build goes on, and one with another filter begins at plan.
"""

from collections.abc import Callable, Iterator
from dataclasses import asdict
from functools import partial
from hashlib import blake2b
from typing import Any

from pipelines import annotate, dataflow, finish, progress, runners, store
from pipelines.ingest import StageUnits, index_fetch
from pipelines.job import STAGES, Job
from pipelines.layout import Layout, digest
from pipelines.mixing.budgets import MixtureError, Ruler, decide, shares
from pipelines.mixing.settings import Mixing
from pipelines.mixing.stages import FILE, FindEdges, SumAmounts, read_sums, write_budgets
from pipelines.plan import PlanShards, survivors
from pipelines.removals import Finder
from pipelines.scoring.trust import TellApart, measure
from pipelines.shard import ShardReceipt
from pipelines.stages import Stages
from pipelines.thin import FILE as REMIX
from pipelines.thin import thin
from pipelines.units import list_units
from pipelines.write import WriteShards

# Later stages work by buckets of units: enough for many workers, few enough to list.
_BUCKETS = 256
# Bytes of a corpus from which on local processes are worth their start: one copies some 400 MB/s,
# and another takes two seconds to be there.
_WORTH_WORKERS = 2 * 10**9


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
    return finish.finish(
        job.recipe, run.layout, run.plan_folder, run.write_folder, run.receipts, run.trust()
    )


class _Run:
    """The stages in order; each finds what the ones before it made."""

    receipts: list[str]
    plan_folder: str
    write_folder: str
    standing: dict[str, Any]

    def __init__(self, job: Job, log: str) -> None:
        self._job = job
        self._recipe = job.recipe
        self.layout = Layout(out=job.out)
        self._stages = Stages(job, self.layout, log)
        progress.clear(self.layout)

    def ingest(self) -> None:
        """Stages every unit."""
        lists = list_units(self._recipe, self.layout)
        for stanza in self._recipe.stanzas:
            index_fetch(stanza, self.layout)
        self._stages.note("units", [path.rsplit("/", 1)[-1] for path in lists])
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
        self.receipts = self._stages.run("Ingest", folder, lists, stage, again=self._job.retry)
        self._state = digest(_content_hashes(self.receipts))

    def annotate(self) -> None:
        """Scores staged samples, if the recipe asks for it."""
        self.scores: annotate.Annotation | None = None
        self._scored: list[str] = []
        if self._recipe.scoring is None:
            return
        found = annotate.annotation(self._recipe.scoring, self.layout)
        folder = self.layout.build("annotate", digest([self._state, found.key]))
        stage = found.stage(folder, hints=self._hints())
        few = annotate.processes(found.scoring, self._job.workers)
        lists = self._stages.run("Annotate", folder, self.receipts, stage, workers=few)
        store.remove([each.path for each in store.below(found.parts, "*")])
        self.scores, self._scored = found, _content_hashes(lists)
        self._stages.note("scores", found.key)

    def _hints(self) -> dict[str, Any]:
        """What workers that run the model need."""
        job = self._job
        return dataflow.scoring_hints(runners.options(job.runner, job.workers, list(job.arguments)))

    @property
    def _scores(self) -> str:
        """Names the folder of the scores; empty if there are none."""
        return self.scores.key if self.scores else ""

    def dedup(self) -> None:
        """Finds what leaks from evaluation sets, then duplicates among the rest."""
        found = Finder(
            recipe=self._recipe,
            layout=self.layout,
            stages=self._stages,
            receipts=self.receipts,
            state=self._state,
            buckets=self._buckets,
            scores=self._scores,
        ).find()
        self._removals, self._edits = found.folders, found.edits
        if found.edits:
            self._annotate_edited()

    def _annotate_edited(self) -> None:
        """Scores the documents that lost images anew."""
        found, into = self.scores, store.join(self._edits, "scores", self._scores)
        if found and (lists := annotate.edited(found, self._edits, into)):
            self._stages.run_part("Annotate", into, lists, found.stage(into, self._hints()))

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
            edits=self._edits,
        )
        if not self._stages.run("Plan", folder, self.receipts, stage, workers=1):
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
        more: Any = (partial(self._stages.run, workers=1), self._left, self._buckets, self._scored)
        self._removals = thin(self._recipe, self.layout, self._removals, self.receipts, *more)
        self._stages.note_folders("removals", self._removals)

    def _left(self, removals: tuple[str, ...]) -> Callable[..., Iterator[dict[str, Any]]]:
        """Makes what reads the samples of a bucket that would be written."""
        return partial(
            survivors,
            layout=self.layout,
            removals=removals,
            filters=self._recipe.filters,
            scores=self._scores,
            edits=self._edits,
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
        sums = read_sums(self._stages.run("Amounts", folder, self.receipts, stage, workers=1))
        try:
            decided = decide(mixing, sums)
        except MixtureError as error:
            raise runners.BuildError(str(error)) from error
        found = shares(decided, sums)
        folder = self.layout.build("edges", key)
        stage = FindEdges(read=read, ruler=ruler, shares=found, into=folder)
        edges = self._stages.run("Edges", folder, self.receipts, stage, workers=1)
        write_budgets(path, mixing, ruler, decided, found, edges)
        return path

    def write(self) -> None:
        """Writes the shards; what an earlier plan wrote is no corpus any more."""
        key = self.plan_folder.rsplit("/", 1)[-1]
        self._stages.note("write", key)
        self.standing = finish.standing(self.layout, key)
        if self.standing:
            return
        folder = self.layout.build("write", key)
        finish.withdraw(self.layout, key)
        shards = store.join(self.plan_folder, "shards.jsonl")
        sizes = [shard["bytes"] for shard in store.read_lines(shards)]
        progress.expect(self.layout, "write", len(sizes))
        stage = WriteShards(layout=self.layout, plan=self.plan_folder, into=folder)
        workers = 1 if sum(sizes) < _WORTH_WORKERS else None
        self._stages.run("Write", folder, [shards], stage, again=True, workers=workers)
        self.write_folder = folder

    def trust(self) -> dict[str, Any] | None:
        """Returns what decided the scores and how far they go; None for a build without."""
        if self.scores is None:
            return None
        lines = store.read_lines(store.join(self.write_folder, "shards.jsonl"))
        stage = TellApart(layout=self.layout, scoring=self.scores.scoring, hints=self._hints())
        shards, run = [ShardReceipt(**each) for each in lines], self._stages.run_part
        return measure(self.layout, shards, self.scores.record, stage, partial(run, "Trust"))


def _content_hashes(paths: list[str]) -> list[str]:
    hashes = []
    for path in paths:
        with store.open_file(path) as stream:
            hashes.append(blake2b(stream.read(), digest_size=16).hexdigest())
    return hashes
