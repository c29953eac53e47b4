"""Scores of a corpus that stands: they join its Parquet indexes, and no tar is touched.

_build/rescored/KEY/parts/SHARD/*        scores of batches, until their shard is whole
_build/rescored/KEY/SHARD.json           the receipt of a shard whose index has its scores

Indexes are replaced once all scores are there, the manifest last. Whatever is killed on the way,
the same command goes on.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import Any

import apache_beam as beam
import pyarrow as pa
import pyarrow.parquet as pq
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.pvalue import PCollection

from pipelines import dataflow, funnel, runners, store
from pipelines.corpus import publish
from pipelines.corpus.state import ROWS, CorpusError, batches, open_corpus
from pipelines.corpus.tarcheck import digest_of
from pipelines.finish import sweep_unfinished
from pipelines.layout import Layout, digest
from pipelines.near.components import Stage
from pipelines.scoring.batches import Batch, cut
from pipelines.scoring.fields import COLUMN, TYPE, named
from pipelines.scoring.settings import Scoring
from pipelines.scoring.trust import TellApart, measure
from pipelines.shard import INDEX, HashingSink, ShardReceipt


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One call of the command.

    Attributes:
        out: folder or URL of the corpus.
        scoring: which model, and how it runs.
        runner: engine.
        workers: processes on this machine.
        arguments: further Beam options.
    """

    out: str
    scoring: Scoring
    runner: str = "DirectRunner"
    workers: int = 1
    arguments: tuple[str, ...] = ()


@dataclass(slots=True, kw_only=True)
class ScoreShards(beam.PTransform[PCollection[str], PCollection[str]]):
    """The path of a list of shards to the paths of the receipts of their new indexes.

    Attributes:
        layout: of the corpus.
        scoring: which model, and how it runs.
        into: folder for receipts.
        hints: what workers that run the model need.
    """

    layout: Layout
    scoring: Scoring
    into: str
    hints: Mapping[str, Any]

    def expand(self, lists: PCollection[str]) -> PCollection[str]:
        """Wires reading the list, scoring, and the rewriting of indexes."""
        # Beam's inference loads torch, for which no process that scores nothing should wait.
        from pipelines.scoring.stage import ScoreBatches

        places: dict[str, Any] = {"layout": self.layout, "scoring": self.scoring, "into": self.into}
        return (
            lists
            | "ReadShards" >> beam.FlatMap(store.read_lines).with_output_types(str)
            | "ScoreShards"
            >> ScoreBatches(
                layout=self.layout,
                scoring=self.scoring,
                cut=partial(cut_shard, **places),
                collect=partial(join_shard, **places),
                hints=self.hints,
            )
        )


def check(job: Job) -> None:
    """Checks what can be checked before anything is done.

    Raises:
        CorpusError: there is no finished corpus.
        UsageError: the runner's options make no sense.
    """
    runners.check(job.runner, job.workers, list(job.arguments), job.out)
    if open_corpus(job.out).manifest is None:
        raise CorpusError(
            f"{job.out} is not finished: the same `build` command goes on; to score while building "
            "add a `score` section to the recipe"
        )


def score(job: Job, say: Callable[[str], None]) -> dict[str, Any]:
    """Scores a finished corpus and returns its new manifest; `say` is told of each stage."""
    corpus = open_corpus(job.out)
    manifest = corpus.manifest or {}
    say("annotate")
    sweep_unfinished(corpus.layout)
    record, layout, shards = job.scoring.record(), corpus.layout, corpus.shards()
    tars = [[shard.name, shard.sha256] for shard in shards]
    into = layout.build("rescored", digest([record, tars]))
    names = store.join(into, "shards.jsonl")
    store.write_lines(names, [shard.name for shard in shards])
    hints = dataflow.scoring_hints(_options(job, job.workers))
    stage = ScoreShards(layout=layout, scoring=job.scoring, into=into, hints=hints)
    _run(job, job.workers, [names], stage)
    apart = TellApart(layout=layout, scoring=job.scoring, hints=hints)
    told = measure(
        layout, shards, record, apart, lambda _, lists, found: _run(job, 1, lists, found)
    )
    say("finish")
    return _finish(layout, manifest, shards, told, into)


def _options(job: Job, workers: int) -> PipelineOptions:
    return runners.options(job.runner, workers, list(job.arguments))


def _run(job: Job, workers: int, inputs: list[str], stage: Stage) -> None:
    with beam.Pipeline(options=_options(job, workers)) as pipeline:
        _ = pipeline | "Inputs" >> beam.Create(inputs) | "Score" >> stage


def cut_shard(name: str, layout: Layout, scoring: Scoring, into: str) -> Iterator[Batch]:
    """Yields what is to be scored of a shard, unless its index has these scores."""
    if _standing(name, layout, into):
        return
    wanted = scoring.categories
    places = (
        (row["offset"], row["bytes"])
        for batch in batches(layout.corpus(f"{name}.parquet"), ["category", "offset", "bytes"])
        for row in batch.to_pylist()
        if not wanted or row["category"] in wanted
    )
    for number, packed in enumerate(cut(places, scoring.batch)):
        part = store.join(into, "parts", name, f"{scoring.batch}.{number:06d}.jsonl")
        yield Batch(group=name, tar=layout.corpus(f"{name}.tar"), part=part, places=packed)


def join_shard(name: str, layout: Layout, scoring: Scoring, into: str) -> str:
    """Writes a shard's index anew, with its scores; returns the path of the receipt."""
    receipt = store.join(into, f"{name}.json")
    if _standing(name, layout, into):
        return receipt
    parts = [batch.part for batch in cut_shard(name, layout, scoring, into)]
    scores = {offset: named(found) for part in parts for offset, *found in store.read_lines(part)}
    path = layout.corpus(f"{name}.parquet")
    with store.publishing(path) as stream:
        sink = HashingSink(stream)
        _write(batches(path), scores, sink)
    store.write_json(receipt, {"index_sha256": sink.hexdigest})
    store.remove(parts)
    return receipt


def _write(rows: Iterator[pa.RecordBatch], scores: dict[int, Any], sink: Any) -> None:
    writer = None
    for batch in rows:
        found = [scores.get(offset) for offset in batch["offset"].to_pylist()]
        kept = pa.Table.from_batches([batch])
        if COLUMN in kept.schema.names:
            kept = kept.drop_columns([COLUMN])
        table = kept.append_column(COLUMN, pa.array(found, TYPE))
        if table.schema.names == INDEX.names:
            # Without the ids of fields that the reader found: then it is what a build writes.
            table = table.cast(INDEX)
        writer = writer or pq.ParquetWriter(sink, table.schema, compression="zstd")
        writer.write_table(table, row_group_size=ROWS)
    if writer is not None:
        writer.close()


def _standing(name: str, layout: Layout, into: str) -> bool:
    """Whether a shard's index is the one that was written with these scores."""
    receipt = store.join(into, f"{name}.json")
    if not store.exists(receipt):
        return False
    told: str = store.read_json(receipt)["index_sha256"]
    return told == digest_of(layout.corpus(f"{name}.parquet"))


def _finish(
    layout: Layout,
    manifest: dict[str, Any],
    shards: list[ShardReceipt],
    record: dict[str, Any],
    into: str,
) -> dict[str, Any]:
    """Writes what tells of the indexes: receipts, the files beside the shards, the manifest."""
    scored = [
        replace(shard, **store.read_json(store.join(into, f"{shard.name}.json")))
        for shard in shards
    ]
    told = [asdict(shard) for shard in scored]
    published = store.read_json(layout.published) if store.exists(layout.published) else {}
    written = layout.build("write", published.get("plan", ""))
    for shard in told if published else ():
        path = store.join(written, f"{shard['name']}.json")
        if store.exists(path):
            store.write_json(path, shard)
    if published and store.exists(store.join(written, "shards.jsonl")):
        store.write_lines(store.join(written, "shards.jsonl"), told)
    manifest |= {"shards": told, "digest": funnel.digest(scored), "scores": record}
    manifest["files"] = publish.publish(layout, manifest, published)
    store.write_json(layout.manifest, manifest)
    return manifest
