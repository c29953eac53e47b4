"""Evaluation of a checkpoint on shards."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from model.evaluate import auc, evaluate, main, swap
from model.score import Score, Scorer
from model.tiny import auc as auc_of_tensors
from sources.sample import Sample, Segment
from tests.model.test_data import pair, write_shard
from tests.model.test_score import picture


@pytest.fixture(scope="module")
def scorer() -> Scorer:
    return Scorer("tiny")


def quiz(seed: int) -> Sample:
    image, text = picture(seed)
    segments = (Segment(image=image, role="user"), Segment(text="Which one?", role="user"))
    options = (text, "a dog", "a cat")
    return Sample(key=f"quiz-{seed}", segments=segments, choices=options, answer=0)


def test_tiny_knows_its_drawings_from_swapped_ones(scorer: Scorer) -> None:
    samples = [replace(pair(seed), key=f"p{seed}") for seed in range(10_000_000, 10_000_012)]
    quizzes = [quiz(seed) for seed in range(4)]
    broken = Sample(key="b", segments=(Segment(image=b"no image"), Segment(text="x")))
    found = evaluate(scorer, [*samples, *quizzes, broken])
    assert (found.samples, found.valid, found.broken) == (17, 12, 1)
    assert found.pairs == 12 and found.auc is not None and found.auc > 0.9
    scores = [each for each in scorer.score(samples) if isinstance(each, Score)]
    loss = sum((each.loss or 0) * each.tokens for each in scores) / found.tokens
    assert found.loss == pytest.approx(loss, abs=1e-4)
    rights = [each.choice_right for each in scorer.score(quizzes) if isinstance(each, Score)]
    assert (found.questions, found.chance) == (4, 0.3333)
    assert found.accuracy == sum(map(bool, rights)) / 4


def test_swapped_samples_keep_all_but_the_image() -> None:
    samples = [pair(1), pair(2), pair(2)]
    one, two, three = swap(samples)
    assert one.images[0].image == samples[1].images[0].image and one.texts == samples[0].texts
    assert two.images == three.images == samples[0].images
    assert list(swap([pair(1), pair(1)])) == []


def test_auc_is_that_of_all_pairs() -> None:
    true, swapped = [2.0, 1.0, 1.0, 0.5, -3.0], [1.0, 0.5, 0.0, 0.5]
    whole = auc_of_tensors(torch.tensor(true), torch.tensor(swapped))
    assert auc(true, swapped) == pytest.approx(whole)


def test_shards_are_evaluated_from_the_command_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_shard(tmp_path / "a.tar", [pair(seed) for seed in range(3)])
    main(["tiny", str(tmp_path / "a.tar"), "--limit", "2"])
    told = json.loads(capsys.readouterr().out)
    assert (told["samples"], told["pairs"], told["accuracy"]) == (2, 2, None)
