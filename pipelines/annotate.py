"""Stage 2, annotate: the reference model says what it thinks of staged samples.

_build/scores/KEY/ab/UNIT.ATTEMPT.parquet   scores of a unit's samples, beside their facts
_build/scores/KEY/parts/*                   those of batches, until their unit is whole
_build/annotate/KEY/BUCKET.jsonl            a receipt a unit: which file, how many, its digest

KEY stands for model and settings alone, so a unit is scored once, whatever else a recipe changes.
"""

import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from model.weights import find
from pipelines import store
from pipelines.corpus.tarcheck import digest_of
from pipelines.layout import Layout, digest
from pipelines.near.components import Stage
from pipelines.near.edits import receipts
from pipelines.scoring.batches import Batch, cut
from pipelines.scoring.fields import FIELDS, named
from pipelines.scoring.files import scores_path
from pipelines.scoring.settings import Scoring
from pipelines.staging import Receipt, read_facts

# What scoring takes beside the weights, about, in bytes.
_ROOM = 700_000_000
_SCORES = pa.schema([("offset", pa.int64()), *FIELDS.items()])


@dataclass(frozen=True, slots=True, kw_only=True)
class Annotation:
    """Scores of a build.

    Attributes:
        layout: of the build.
        scoring: which model, and how it runs.
        record: all that decides scores.
    """

    layout: Layout
    scoring: Scoring
    record: Mapping[str, Any]

    @property
    def key(self) -> str:
        """Names the folder of the scores."""
        return digest(self.record)

    @property
    def parts(self) -> str:
        """Folder of the scores of batches whose unit is not whole yet."""
        return self.layout.build("scores", self.key, "parts")

    def stage(self, into: str, hints: Mapping[str, Any]) -> Stage:
        """Returns the transform of paths of receipt lists to paths of lists of score receipts.

        Args:
            into: folder for these lists.
            hints: what workers that run the model need.
        """
        # Beam's inference loads torch, for which no process that scores nothing should wait.
        from pipelines.scoring.stage import ScoreBatches

        return ScoreBatches(
            layout=self.layout,
            scoring=self.scoring,
            cut=partial(cut_list, annotation=self),
            collect=partial(collect_list, annotation=self, into=into),
            hints=hints,
        )


def annotation(scoring: Scoring, layout: Layout) -> Annotation:
    """Returns what is to be known of scores before they are there."""
    return Annotation(layout=layout, scoring=scoring, record=scoring.record())


def edited(found: Annotation, edits: str, into: str) -> list[str]:
    """Lists the receipts of documents that lost images; returns the paths of the lists.

    What a document said with its images is no score of one without some of them.

    Args:
        found: the scores of the build.
        edits: folder of the documents.
        into: folder for the lists.
    """
    lists = []
    for name, receipt in receipts(found.layout, edits):
        lists.append(store.join(into, "edited", name))
        store.write_lines(lists[-1], [asdict(receipt)])
    return lists


def processes(scoring: Scoring, workers: int) -> int:
    """Returns how many local processes can each hold a model; 0 workers stand for one a core."""
    if not scoring.device.startswith("cpu"):
        return 1
    weights = sum(file.stat().st_size for file in find(scoring.model).glob("*.safetensors"))
    free = os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return max(1, min(workers or os.cpu_count() or 1, free // (weights + _ROOM)))


def cut_list(path: str, annotation: Annotation) -> Iterator[Batch]:
    """Yields what is to be scored of a list of receipts: batches of units without scores."""
    for record in store.read_lines(path):
        receipt = Receipt(**record)
        if not store.exists(scores_path(receipt, annotation.layout, annotation.key)):
            yield from _cut_unit(path, receipt, annotation)


def _cut_unit(path: str, receipt: Receipt, annotation: Annotation) -> Iterator[Batch]:
    wanted, layout = annotation.scoring.categories, annotation.layout
    facts = read_facts(receipt, layout, ["category", "offset", "bytes"])
    places = (
        (row["offset"], row["bytes"]) for row in facts if not wanted or row["category"] in wanted
    )
    tar = receipt.path(layout, "tar")
    for number, packed in enumerate(cut(places, annotation.scoring.batch)):
        name = f"{receipt.unit}.{receipt.attempt}.{annotation.scoring.batch}.{number:06d}.jsonl"
        yield Batch(group=path, tar=tar, part=store.join(annotation.parts, name), places=packed)


def collect_list(path: str, annotation: Annotation, into: str) -> str:
    """Puts together the scores of each unit of a list; returns the path of their receipts."""
    told = []
    for record in store.read_lines(path):
        receipt = Receipt(**record)
        target = scores_path(receipt, annotation.layout, annotation.key)
        if not store.exists(target):
            _join_parts(list(_cut_unit(path, receipt, annotation)), target)
        told.append({"unit": receipt.unit, "attempt": receipt.attempt, "sha256": digest_of(target)})
    out = store.join(into, path.rsplit("/", 1)[-1])
    store.write_lines(out, told)
    return out


def _join_parts(batches: list[Batch], target: str) -> None:
    """Publishes the scores of a unit, and removes those of its batches."""
    rows = [
        {"offset": offset, **named(found)}
        for batch in batches
        for offset, *found in store.read_lines(batch.part)
    ]
    with store.publishing(target) as stream:
        pq.write_table(pa.Table.from_pylist(rows, schema=_SCORES), stream, compression="zstd")
    store.remove([batch.part for batch in batches])
