"""Keeps an evaluation set out of training: a list of removals a bucket, from facts alone."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import islice
from typing import Any

import apache_beam as beam
from apache_beam.pvalue import PCollection

from pipelines import store
from pipelines.dedup import Removal
from pipelines.evaluation.sets import FILE
from pipelines.layout import Layout
from pipelines.staging import Receipt, read_facts
from taxonomy.evaluation import REASONS, Apart, Question

_COLUMNS = ["key", "offset", "question", "image_hashes", "perceptual_hashes"]
_PART = 4096


@dataclass(slots=True, kw_only=True)
class LeaveOut(beam.PTransform[PCollection[str], PCollection[str]]):
    """Paths of receipt lists to the paths of one list of removals a bucket.

    Attributes:
        layout: of the build.
        into: folder for the lists.
        folder: of the evaluation set.
    """

    layout: Layout
    into: str
    folder: str

    def expand(self, lists: PCollection[str]) -> PCollection[str]:
        """Wires one pass over the facts."""
        return lists | "LeaveOut" >> beam.Map(leave_out, self.layout, self.into, self.folder)


def leave_out(path: str, layout: Layout, into: str, folder: str) -> str:
    """Publishes the removals of a bucket; returns their path."""
    to = store.join(into, path.rsplit("/", 1)[-1])
    with store.publishing(to) as stream:
        for record in store.read_lines(path):
            receipt = Receipt(**record)
            rows = read_facts(receipt, layout, _COLUMNS)
            while part := list(islice(rows, _PART)):
                stream.writelines(store.line(each) for each in _removals(part, receipt, folder))
    return to


def _removals(rows: list[dict[str, Any]], receipt: Receipt, folder: str) -> Iterator[Removal]:
    """Yields those of some samples that share key, image or question with the set."""
    held, kept = _held(folder)
    asked, owners = _asked(rows)
    gone: dict[int, tuple[int, str]] = {}
    for reason, place, at in held.shared(asked):
        found = REASONS.index(reason), kept[place]
        gone[owners[at]] = min(found, gone.get(owners[at], found))
    for at, (number, key) in sorted(gone.items()):
        told = f"evaluation_{REASONS[number]}"
        yield Removal(receipt.unit, rows[at]["offset"], rows[at]["key"], told, key)


def _asked(rows: list[dict[str, Any]]) -> tuple[list[Question], list[int]]:
    """What samples ask and show, a question for each image, and whose each is."""
    asked: list[Question] = []
    owners: list[int] = []
    for at, row in enumerate(rows):
        seen = list(zip(row["image_hashes"], row["perceptual_hashes"], strict=True))
        for nth, (image, looks) in enumerate(seen or [("", "")]):
            text = (row["question"] or "") if nth == 0 else ""
            asked.append(Question(key=row["key"], text=text, image=image, looks=looks))
            owners.append(at)
    return asked, owners


@cache
def _held(folder: str) -> tuple[Apart, tuple[str, ...]]:
    """The evaluation set, arranged for comparison, and the keys by place; once a process."""
    questions = []
    for row in store.read_lines(store.join(folder, FILE)):
        seen = list(zip(row["image_hashes"], row["perceptual_hashes"], strict=True))
        for nth, (image, looks) in enumerate(seen or [("", "")]):
            text = row["question"] if nth == 0 else ""
            questions.append(Question(key=row["key"], text=text, image=image, looks=looks))
    return Apart.of(questions), tuple(question.key for question in questions)
