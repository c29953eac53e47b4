"""How good a checkpoint is on shards: `python -m model.evaluate MODEL SHARD.tar ...`.

Over all samples the loss of their text. Over questions with options, how often the option of the
least perplexity is the right one. Over samples with one image, how well what the image is worth
tells the sample from one with the image of another.
"""

import argparse
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import islice
from math import exp
from pathlib import Path

from model.data import read_shard
from model.score import Failure, Score, Scorer
from sources.sample import Sample

# Samples scored at once; images of swapped ones come from the same batch, so they meet twice.
_BATCH = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What an evaluation gives; None where no sample can tell.

    Attributes:
        samples: read.
        valid: of them, by the verdict of their scores.
        broken: could not be scored at all.
        tokens: supervised tokens of valid samples.
        loss: mean over these tokens, in nats.
        perplexity: exp of it.
        questions: with options and a known answer.
        accuracy: share of them answered rightly.
        chance: what guessing would give.
        pairs: samples with one image that were also scored with the image of another.
        auc: chance that an image is worth more to its own text than to another one's.
    """

    samples: int
    valid: int
    broken: int
    tokens: int
    loss: float | None
    perplexity: float | None
    questions: int
    accuracy: float | None
    chance: float | None
    pairs: int
    auc: float | None


def evaluate(scorer: Scorer, samples: Iterable[Sample]) -> Report:
    """Evaluates a model on samples, a batch at a time."""
    found: list[tuple[int, Score | Failure]] = []
    true: list[float] = []
    swapped: list[float] = []
    for batch in _batches(samples):
        scores = scorer.score_apart(batch)
        options = [len(sample.choices) for sample in batch]
        found += zip(options, scores, strict=True)
        worth = {s.key: s.image_worth for s in scores if isinstance(s, Score)}
        others = list(swap(batch))
        for other in scorer.score_apart(others):
            mine = worth.get(other.key)
            if isinstance(other, Score) and other.image_worth is not None and mine is not None:
                true.append(mine)
                swapped.append(other.image_worth)
    return _report(found, true, swapped)


def swap(samples: Sequence[Sample]) -> Iterator[Sample]:
    """Yields the samples with one image, each with the image of the next that has another."""
    single = [each for each in samples if len(each.images) == 1]
    for place, sample in enumerate(single):
        mine = sample.images[0].image
        following = (one.images[0].image for one in single[place + 1 :] + single[:place])
        other = next((image for image in following if image != mine), None)
        if other is not None:
            segments = tuple(
                replace(part, image=other) if part.is_image else part for part in sample.segments
            )
            yield replace(sample, segments=segments)


def auc(true: Sequence[float], swapped: Sequence[float]) -> float:
    """Chance that one of the first is above one of the second, ties counted by half.

    >>> auc([3.0, 1.0], [0.0, 2.0])
    0.75
    """
    ranked = sorted([(value, 0) for value in swapped] + [(value, 1) for value in true])
    above, below, start = 0.0, 0, 0
    while start < len(ranked):
        stop = start
        while stop < len(ranked) and ranked[stop][0] == ranked[start][0]:
            stop += 1
        trues = sum(kind for _, kind in ranked[start:stop])
        ties = stop - start - trues
        above += trues * (below + ties / 2)
        below += ties
        start = stop
    return above / (len(true) * len(swapped))


def _batches(samples: Iterable[Sample]) -> Iterator[list[Sample]]:
    stream = iter(samples)
    while batch := list(islice(stream, _BATCH)):
        yield batch


def _report(
    found: list[tuple[int, Score | Failure]], true: list[float], swapped: list[float]
) -> Report:
    scores = [score for _, score in found if isinstance(score, Score)]
    valid = [score for score in scores if score.valid]
    tokens = sum(score.tokens for score in valid)
    total = sum((score.loss or 0.0) * score.tokens for score in valid)
    asked = [
        (options, score.choice_right)
        for options, score in found
        if isinstance(score, Score) and score.choice_right is not None
    ]
    return Report(
        samples=len(found),
        valid=len(valid),
        broken=len(found) - len(scores),
        tokens=tokens,
        loss=round(total / tokens, 4) if tokens else None,
        perplexity=round(exp(min(total / tokens, 700.0)), 4) if tokens else None,
        questions=len(asked),
        accuracy=_mean([float(right) for _, right in asked]),
        chance=_mean([1 / options for options, _ in asked]),
        pairs=len(true),
        auc=round(auc(true, swapped), 4) if true else None,
    )


def _mean(values: list[float]) -> float | None:
    return round(sum(values) / len(values), 4) if values else None


def main(arguments: Sequence[str] | None = None) -> None:
    """Prints how good a checkpoint is on shards, as JSON."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("model", help="`tiny`, or a checkpoint directory")
    parser.add_argument("shards", nargs="+", type=Path, help="tars of a corpus")
    parser.add_argument("--limit", type=int, help="samples at most")
    parser.add_argument("--dtype", choices=("float32", "bfloat16", "float16"), default="float32")
    parser.add_argument("--device", default="cpu", help="as torch names it")
    chosen = parser.parse_args(arguments)
    scorer = Scorer(chosen.model, dtype=chosen.dtype, device=chosen.device, threads=None)
    samples = (sample for shard in chosen.shards for sample in read_shard(shard))
    print(json.dumps(asdict(evaluate(scorer, islice(samples, chosen.limit))), indent=1))


if __name__ == "__main__":
    main()
