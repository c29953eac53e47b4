"""Beam's RunInference with the reference model: batches of references in, files of scores out.

Beam would cut batches by bundle, and each runner cuts bundles in its own way. So batches are cut
beforehand, along the tars, and each is one element here. Its samples are read, scored and dropped
within one call; what leaves is the name of its group. A batch with scores is not scored again.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from typing import TYPE_CHECKING, Any

from apache_beam.ml.inference.base import ModelHandler

from pipelines import store
from pipelines.layout import Layout
from pipelines.progress import Meter
from pipelines.scoring.batches import Batch, read_sample
from pipelines.scoring.fields import row, values
from pipelines.scoring.settings import Scoring

if TYPE_CHECKING:
    from model.score import Score, Scorer
    from sources.sample import Sample


class ScoreHandler(ModelHandler[Batch, str, Any]):
    """Loads the model once a process and scores batches.

    Args:
        layout: of the build; progress is told there.
        scoring: which model, and how it runs.
    """

    def __init__(self, layout: Layout, scoring: Scoring) -> None:
        super().__init__()
        self._layout = layout
        self._scoring = scoring

    def load_model(self) -> "Scorer":
        """Loads the model; one thread, for each process has one of its own."""
        from model.score import Scorer

        self._meter = Meter(self._layout, "annotate")
        return Scorer(self._scoring.model, dtype=self._scoring.dtype, device=self._scoring.device)

    def run_inference(
        self,
        batch: Sequence[Batch],
        model: "Scorer",
        inference_args: Mapping[str, Any] | None = None,
    ) -> Iterator[str]:
        """Writes the scores of batches, where they are not there yet; yields their groups."""
        for each in batch:
            if not store.exists(each.part):
                scored = list(score(each, model))
                store.write_lines(each.part, scored)
                self._count(len(scored))
            yield each.group

    def batch_elements_kwargs(self) -> Mapping[str, int]:
        """One element at a time: it is a batch."""
        return {"min_batch_size": 1, "max_batch_size": 1}

    def get_num_bytes(self, batch: Sequence[Batch]) -> int:
        """How large the samples are."""
        return sum(size for each in batch for _, size in each.samples())

    def get_metrics_namespace(self) -> str:
        """Where Beam's own metrics of inference are found."""
        return "Score"

    def _count(self, samples: int) -> None:
        self._meter.count(samples=samples)
        self._meter.flush()


def score(batch: Batch, model: "Scorer") -> Iterator[list[Any]]:
    """Reads the samples of a batch and yields offset and score of each, in order."""
    from model.score import Failure

    read: list[tuple[int, Sample | Failure]] = []
    with closing(store.open_ranges(batch.tar)) as stream:
        for offset, size in batch.samples():
            try:
                read.append((offset, read_sample(stream, offset, size)))
            except ValueError as error:
                read.append((offset, Failure(key="", error=str(error))))
    whole = [sample for _, sample in read if not isinstance(sample, Failure)]
    scores: Iterator[Score | Failure] = iter(model.score_apart(whole))
    for offset, sample in read:
        result = sample if isinstance(sample, Failure) else next(scores)
        yield [offset, *values(row(result))]
