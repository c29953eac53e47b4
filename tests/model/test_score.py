"""Scores of samples, with weights drawn at random: what must hold whatever the weights say."""

from dataclasses import replace
from io import BytesIO
from math import exp
from pathlib import Path
from random import Random

import pytest
import torch
import torch.nn.functional as F

from model.material import draw
from model.preprocess import blank, decode, prepare, stack
from model.prompt import IGNORE, chat, encode, to_pieces
from model.score import Failure, Score, Scorer, ask
from sources.sample import Sample, Segment


@pytest.fixture(scope="module")
def scorer(folder: Path) -> Scorer:
    return Scorer(folder)


def picture(seed: int, kind: str = "scene") -> tuple[bytes, str]:
    drawing = draw(kind, seed)
    buffer = BytesIO()
    drawing.image.save(buffer, "PNG")
    return buffer.getvalue(), drawing.text


def pair(seed: int) -> Sample:
    image, text = picture(seed)
    return Sample(key=f"pair-{seed}", segments=(Segment(image=image), Segment(text=text)))


def talk(seed: int, **more: object) -> Sample:
    image, text = picture(seed)
    segments = (
        Segment(image=image, role="user"),
        Segment(text="Which one is it?", role="user"),
        Segment(text=text, role="assistant"),
    )
    return replace(Sample(key=f"talk-{seed}", segments=segments), **more)


def plain(seed: int) -> Sample:
    words = " ".join(Random(seed).choices(["red", "circle", "paper", "blue"], k=3 + seed % 40))
    return Sample(key=f"plain-{seed}", segments=(Segment(text=words),))


def quiz(seed: int) -> Sample:
    return talk(seed, key=f"quiz-{seed}", choices=("a cat", "a dog", "a star"), answer=seed % 3)


def one(scorer: Scorer, sample: Sample) -> Score:
    (result,) = scorer.score([sample])
    assert isinstance(result, Score), result
    return result


@pytest.fixture(scope="module")
def mixed() -> list[Sample]:
    return [kind(seed) for seed in range(6) for kind in (pair, talk, plain, quiz)]


@pytest.fixture(scope="module")
def together(scorer: Scorer, mixed: list[Sample]) -> list[Score | Failure]:
    return scorer.score(mixed)


def test_a_score_is_the_same_alone(
    scorer: Scorer, mixed: list[Sample], together: list[Score | Failure]
) -> None:
    assert [one(scorer, sample) for sample in mixed[:12]] == together[:12]


def test_a_score_is_the_same_in_any_batch(
    scorer: Scorer, mixed: list[Sample], together: list[Score | Failure]
) -> None:
    order = list(range(len(mixed)))
    Random(4).shuffle(order)
    for start in range(0, len(order), 7):
        part = order[start : start + 7]
        scores = scorer.score([mixed[index] for index in part])
        assert scores == [together[index] for index in part]


def test_the_loss_is_that_of_the_plain_model(scorer: Scorer) -> None:
    sample = plain(11)
    encoded = encode(to_pieces(sample), scorer.words, scorer.size.image_tokens)
    with torch.inference_mode():
        logits = scorer.model(torch.tensor(encoded.ids))
    targets = torch.tensor(encoded.labels)
    expected = F.cross_entropy(logits[:-1], targets[1:], ignore_index=IGNORE).item()
    score = one(scorer, sample)
    assert score.loss == pytest.approx(expected, abs=1e-4)
    assert score.perplexity == pytest.approx(exp(expected), rel=1e-3)


def test_lengths_and_counts(scorer: Scorer) -> None:
    score = one(scorer, pair(1))
    encoded = encode(to_pieces(pair(1)), scorer.words, 64)
    assert (score.length, score.tokens, score.images) == (len(encoded), encoded.supervised, 1)
    assert score.valid and not score.truncated and score.reason == ""


def test_worth_is_what_the_image_saves(scorer: Scorer) -> None:
    score = one(scorer, talk(2))
    assert score.blank_loss is not None and score.loss is not None
    assert score.image_worth == pytest.approx(score.blank_loss - score.loss, abs=1e-9)
    assert score.image_worth != 0


def test_text_alone_has_no_image_worth(scorer: Scorer) -> None:
    score = one(scorer, plain(3))
    assert (score.images, score.blank_loss, score.image_worth) == (0, None, None)


def test_options_are_weighed_under_letters(scorer: Scorer) -> None:
    score = one(scorer, quiz(1))
    assert len(score.choice_perplexities) == 3
    assert score.choice == min(range(3), key=score.choice_perplexities.__getitem__)
    assert score.choice_right == (score.choice == 1)


def test_an_option_costs_what_the_plain_model_says(scorer: Scorer) -> None:
    sample, score = quiz(4), one(scorer, quiz(4))
    with torch.inference_mode():
        features = scorer.model.encode(prepare(decode(sample.images[0].image), scorer.size))
        for letter, found in zip("ABC", score.choice_perplexities, strict=True):
            pieces = chat([*ask(sample), Segment(text=letter, role="assistant")])
            ids = encode(pieces, scorer.words, 64).ids[:-1]
            shares = scorer.model(torch.tensor(ids), features)[-2].log_softmax(-1)
            assert found == pytest.approx(exp(-shares[ids[-1]].item()), rel=1e-3)


def test_the_blank_loss_is_that_of_the_plain_model(scorer: Scorer) -> None:
    words = Segment(text="red paper")
    picture_of = Segment(image=picture(1)[0])
    late = Sample(key="late", segments=(words, picture_of, words, picture_of, words))
    early = Sample(key="early", segments=(picture_of, words, picture_of, words))
    given = [pair(3), talk(3), late, early]
    empty = scorer.model.encode(stack([blank(scorer.size)] * scorer.size.image_batch))[:1]
    for sample, score in zip(given, scorer.score(given), strict=True):
        assert isinstance(score, Score)
        prompt = encode(to_pieces(sample), scorer.words, 64)
        ids, labels = torch.tensor(prompt.ids), torch.tensor(prompt.labels)
        with torch.inference_mode():
            logits = scorer.model(ids, empty.expand(len(sample.images), -1, -1))
        loss = F.cross_entropy(logits[:-1], labels[1:], ignore_index=IGNORE)
        assert score.blank_loss == pytest.approx(loss.item(), abs=2e-4), sample.key


def test_options_are_listed_unless_the_question_holds_them() -> None:
    asked = ask(quiz(1))
    assert asked[-1] == Segment(text="A. a cat\nB. a dog\nC. a star", role="user")
    held = replace(quiz(1), segments=(Segment(text="a cat, a dog or a star?", role="user"),))
    assert ask(held) == list(held.segments)
    assert ask(replace(pair(1), choices=("a", "b"))) == []


def test_a_long_sample_is_cut_and_not_valid(scorer: Scorer) -> None:
    long = Sample(key="long", segments=(Segment(text="blue paper " * 900),))
    score = one(scorer, long)
    assert score.truncated and not score.valid and score.reason == "longer_than_context"
    assert score.length > scorer.size.trained_context == score.tokens + 1
    assert score.loss is not None


def test_no_image_is_cut_in_two(scorer: Scorer) -> None:
    image = Segment(image=picture(1)[0])
    many = Sample(key="many", segments=(Segment(text="red"), *[image] * 20))
    score = one(scorer, many)
    assert score.truncated and score.images == 20
    assert score.tokens == 1  # the end token fell off, and so did images that did not fit


def test_a_question_without_an_answer_has_nothing_to_score(scorer: Scorer) -> None:
    sample = Sample(key="asked", segments=(Segment(text="Why?", role="user"),))
    score = one(scorer, sample)
    assert (score.valid, score.reason, score.loss) == (False, "nothing_to_score", None)


@pytest.mark.parametrize(
    ("segments", "error"),
    [
        ((Segment(image=b"\xff\xd8\xff none"), Segment(text="x")), "cannot decode an image of 8"),
        ((Segment(text="a\ud800"),), "surrogates not allowed"),
        ((Segment(path="a.jpg"), Segment(text="x")), "the image 'a.jpg' has not been read"),
        ((Segment(text="x", role="assistant"),), "a chat is user, assistant"),
    ],
)
def test_a_broken_sample_fails_alone(
    segments: tuple[Segment, ...], error: str, scorer: Scorer
) -> None:
    broken = Sample(key="broken", segments=segments)
    first, failure, last = scorer.score([pair(1), broken, pair(2)])
    assert isinstance(failure, Failure) and failure.key == "broken" and error in failure.error
    assert [first, last] == [one(scorer, pair(1)), one(scorer, pair(2))]


def test_a_loss_that_is_not_finite_is_not_valid(folder: Path) -> None:
    poisoned = Scorer(folder)
    with torch.no_grad():
        poisoned.model.language.lm_head.weight[7] = float("nan")
    score = one(poisoned, quiz(1))
    assert (score.valid, score.reason) == (False, "loss_not_finite")
    assert (score.loss, score.image_worth, score.choice) == (None, None, None)


def test_each_distinct_image_is_encoded_once(
    scorer: Scorer, monkeypatch: pytest.MonkeyPatch
) -> None:
    batches = []
    encode_images = scorer.model.encode

    def count(pixels):  # type: ignore[no-untyped-def]
        batches.append(len(pixels))
        return encode_images(pixels)

    monkeypatch.setattr(scorer.model, "encode", count)
    scorer.score([pair(1), talk(1), quiz(1), pair(2), pair(1)])
    assert batches == [scorer.size.image_batch]


def test_placeholders_in_a_text_take_no_image(scorer: Scorer) -> None:
    text = Segment(text="<image_placeholder><image_placeholder>")
    assert one(scorer, Sample(key="tag", segments=(text,))).images == 0


def test_settings_that_cannot_be_are_refused(folder: Path) -> None:
    with pytest.raises(ValueError, match="no model 'huge': give `tiny`, or the path"):
        Scorer("huge")
    with pytest.raises(ValueError, match="dtype 'int3' is none of float32, bfloat16"):
        Scorer(folder, dtype="int3")


def test_nothing_gives_nothing(scorer: Scorer) -> None:
    assert scorer.score([]) == []


REAL = [
    "scene-text/korean.png",
    "records/mmbench/samples/CCBench/0.jpg",
    "records/im2latex/images/10c37c445e.png",
    "latex/evidential-regression/img/greg.png",
]


def test_real_images_of_all_modes_are_scored(scorer: Scorer, samples: Path) -> None:
    found = [
        Sample(key=f"real-{number}", segments=(Segment(image=image), Segment(text="what it is")))
        for number, image in enumerate((samples / name).read_bytes() for name in REAL)
    ]
    scores = scorer.score(found)
    assert all(isinstance(score, Score) and score.valid for score in scores)
    assert len({score.image_worth for score in scores if isinstance(score, Score)}) == len(REAL)
