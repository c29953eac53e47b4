"""The shipped weights, and how they were made."""

from io import BytesIO

import pytest
import torch

from model import checkpoint, tokenizer
from model.material import KINDS, draw
from model.score import Score, Scorer
from model.sizes import SIZES
from model.tiny import (
    BATCH,
    MARKS,
    auc,
    batches,
    held_out,
    learn,
    mark_head,
    report,
    seen_words,
    vocabulary,
)
from model.vlm import build
from model.weights import digest, find, measured
from sources.sample import Sample, Segment


def test_the_weights_are_small_and_whole() -> None:
    folder = find("tiny")
    assert (folder / "model.safetensors").stat().st_size < 15_000_000
    assert checkpoint.load(folder).size == SIZES["tiny"]
    words = tokenizer.load(folder)
    assert len(words) <= SIZES["tiny"].language.vocab and words.image == 2


def test_true_pairs_are_told_from_swapped_ones() -> None:
    folder = find("tiny")
    model, words = checkpoint.load(folder), tokenizer.load(folder)
    found = report(model, words, count=40)
    print("\nAUC of true against swapped pairs, held out:", found)
    assert all(found[kind] >= 0.9 for kind in KINDS)
    # What reports show was measured of these very weights.
    told = measured(digest(folder))
    assert told is not None and told["count"] == 200
    assert found == pytest.approx(told["auc"], abs=0.05)


def test_an_image_is_worth_something_to_its_own_text_alone() -> None:
    scorer = Scorer("tiny")
    blobs = []
    for drawing in held_out("scene", 8):
        buffer = BytesIO()
        drawing.image.save(buffer, "PNG")
        blobs.append((buffer.getvalue(), drawing.text))
    true = [Sample(segments=(Segment(image=b), Segment(text=t))) for b, t in blobs]
    swapped = [
        Sample(segments=(Segment(image=b), Segment(text=t)))
        for (b, _), (_, t) in zip(blobs, blobs[1:] + blobs[:1], strict=True)
    ]
    worths = [s.image_worth for s in scorer.score(true + swapped) if isinstance(s, Score)]
    assert all(worth is not None and worth > 0.2 for worth in worths[:8])
    assert sum(worth is not None and worth < 0 for worth in worths[8:]) >= 6


def test_auc_counts_pairs() -> None:
    assert auc(torch.tensor([2.0, 3.0]), torch.tensor([0.0, 1.0])) == 1.0
    assert auc(torch.tensor([1.0]), torch.tensor([1.0])) == 0.5


def test_marks_fall_on_their_cells() -> None:
    drawing = draw("page", 4)  # 256 x 208, so 24 rows of padding above it
    assert drawing.text == "bridge cloud\nstone turtle\ntomato autumn"
    seen = seen_words(drawing, 8).view(8, 8, len(MARKS))
    cells = {word: seen[:, :, MARKS.index(word)].nonzero().tolist() for word in ("stone", "cloud")}
    assert cells == {"stone": [[3, 1], [3, 2]], "cloud": [[1, 4], [1, 5]]}


def test_two_steps_of_training_repeat() -> None:
    words, size = vocabulary(60), SIZES["tiny"]

    def two_steps() -> list[float]:
        model = build(size, 1).train()
        head = mark_head(size)
        losses = []
        for batch in batches(size, words, 2, 9):
            texts, seen = learn(model, batch, head, 0.3)
            losses += [texts.item(), seen.item()]
            assert len(batch.samples) == BATCH
        return losses

    first = two_steps()
    assert first[0] == pytest.approx(7.0, abs=0.5) and first == two_steps()
