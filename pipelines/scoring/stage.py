"""Scoring as a transform: lists are cut into batches, batches are spread and scored, collected."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import apache_beam as beam
from apache_beam.ml.inference.base import RunInference
from apache_beam.pvalue import PCollection

from pipelines.layout import Layout
from pipelines.scoring.batches import Batch
from pipelines.scoring.handler import ScoreHandler
from pipelines.scoring.settings import Scoring


@dataclass(slots=True, kw_only=True)
class ScoreBatches(beam.PTransform[PCollection[str], PCollection[str]]):
    """Names of groups to what was collected of each.

    Attributes:
        layout: of the build.
        scoring: which model, and how it runs.
        cut: yields what is to be scored of a group; batches name it.
        collect: puts together the scores of a group and returns the path of their receipt.
        hints: what workers that run the model need, as Beam names it (`accelerator`, `min_ram`).
    """

    layout: Layout
    scoring: Scoring
    cut: Callable[[str], Iterator[Batch]]
    collect: Callable[[str], str]
    hints: Mapping[str, Any] = field(default_factory=dict)

    def expand(self, groups: PCollection[str]) -> PCollection[str]:
        """Wires cutting, inference and collecting; groups that are scored already are collected."""
        infer = RunInference(
            ScoreHandler(self.layout, self.scoring), model_identifier="score"
        ).with_resource_hints(**self.hints)
        scored = (
            groups
            | "CutBatches" >> beam.FlatMap(self.cut).with_output_types(Batch)
            | "SpreadBatches" >> beam.Reshuffle()
            | "Score" >> infer
            | "Scored" >> beam.Map(_counted, 1).with_output_types(tuple[str, int])
        )
        every = groups | "Every" >> beam.Map(_counted, 0).with_output_types(tuple[str, int])
        return (
            (every, scored)
            | "EveryAndScored" >> beam.Flatten()
            | "Whole" >> beam.CombinePerKey(sum)
            | "CollectScores" >> beam.MapTuple(partial(_collect, self.collect))
        )


def _counted(group: str, batches: int) -> tuple[str, int]:
    return group, batches


def _collect(collect: Callable[[str], str], group: str, _: int) -> str:
    return collect(group)
