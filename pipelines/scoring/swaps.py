"""Picked samples scored with each other's images, by Beam's RunInference."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from typing import Any

from apache_beam.ml.inference.base import ModelHandler, RunInference

from model.evaluate import auc, swap
from model.score import Score, Scorer
from pipelines import store
from pipelines.layout import Layout
from pipelines.scoring.batches import read_sample
from pipelines.scoring.files import measured_path
from pipelines.scoring.settings import Scoring
from sources.sample import Sample

_DIGITS = 3


def infer(layout: Layout, scoring: Scoring) -> RunInference[str, str]:
    """Returns the transform of paths of lists to those of what was measured with them."""
    return RunInference(SwapHandler(layout, scoring), model_identifier="swap")


class SwapHandler(ModelHandler[str, str, Scorer]):
    """Measures a list of samples at a time.

    Args:
        layout: of the corpus.
        scoring: which model, and how it runs.
    """

    def __init__(self, layout: Layout, scoring: Scoring) -> None:
        super().__init__()
        self._layout = layout
        self._scoring = scoring

    def load_model(self) -> Scorer:
        """Loads the model; one thread, as for scores."""
        return Scorer(self._scoring.model, dtype=self._scoring.dtype, device=self._scoring.device)

    def run_inference(
        self,
        batch: Sequence[str],
        model: Scorer,
        inference_args: Mapping[str, Any] | None = None,
    ) -> Iterator[str]:
        """Measures lists that are not measured yet; yields where the figures lie."""
        for picked in batch:
            path = measured_path(picked)
            if not store.exists(path):
                entry = path.rsplit("/", 1)[-1].removesuffix(".jsonl")
                told = tell_apart(list(_read(picked, self._layout)), model)
                store.write_lines(path, [{"entry": entry, **told}])
            yield path

    def batch_elements_kwargs(self) -> Mapping[str, int]:
        """One list at a time."""
        return {"min_batch_size": 1, "max_batch_size": 1}


def tell_apart(samples: Sequence[tuple[Sample, float]], model: Scorer) -> dict[str, Any]:
    """Scores samples with the images of others.

    Args:
        samples: each with what its own image is worth to it.
        model: scores them.

    Returns:
        `pairs`, how many there were of each kind, and their `auc`; None for no pairs.
    """
    own = {sample.key: worth for sample, worth in samples}
    true, swapped = [], []
    for other in model.score_apart(list(swap([sample for sample, _ in samples]))):
        if isinstance(other, Score) and other.image_worth is not None:
            true.append(own[other.key])
            swapped.append(other.image_worth)
    return {"pairs": len(true), "auc": round(auc(true, swapped), _DIGITS) if true else None}


def _read(picked: str, layout: Layout) -> Iterator[tuple[Sample, float]]:
    for shard, offset, size, worth in store.read_lines(picked):
        with closing(store.open_ranges(layout.corpus(f"{shard}.tar"))) as stream:
            yield read_sample(stream, offset, size), worth
