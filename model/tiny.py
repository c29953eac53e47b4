"""How the shipped weights of `tiny` were made: `python -m model.tiny FOLDER`.

The released models start from a trained SigLIP, SAM and language model. `tiny` has none of them, so
its parts learn together, from drawings of `model.material` alone: 16,000 of them, which takes one
core about a quarter of an hour. Beside the usual loss the towers are told which words stand for
what can be seen at each place; the layer that says so is thrown away.
"""

import argparse
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import cos, pi
from pathlib import Path
from random import Random
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from model import checkpoint, prompt, tokenizer
from model.material import KINDS, draw
from model.material.drawing import COLOURS, WORDS, Box, Drawing
from model.material.plot import SEEN_IN_PLOTS
from model.material.scene import SHAPES
from model.material.scene import SIZES as SIZES_OF_SHAPES
from model.pack import join, token_losses
from model.preprocess import Pixels, blank, fit, prepare, stack
from model.sizes import SIZES, Size
from model.tokenizer import Tokenizer
from model.train import optimizer
from model.vlm import VLM, build
from model.weights import digest
from sources.sample import Sample, Segment

SEED = 20240311
STEPS = 1000
BATCH = 16
RATE = 2e-3
WARMUP = 60
# Reading is the hardest to learn: every other drawing is a page.
_KINDS = ("page", "scene", "page", "plot")
# Held-out drawings have seeds from here on; training stays far below.
HELD_OUT = 10_000_000


@dataclass(frozen=True, slots=True)
class Batch:
    """One step's drawings.

    Attributes:
        pixels: of B images.
        samples: the text of each, as pair or as chat.
        seen: float[B, T, words], 1 where a word's mark lies on a token.
    """

    pixels: Pixels
    samples: list[prompt.Encoded]
    seen: Tensor


MARKS = tuple(sorted({*WORDS, *COLOURS, *SHAPES, *SIZES_OF_SHAPES, *SEEN_IN_PLOTS}))


def vocabulary(count: int = 4000) -> Tokenizer:
    """Trains the tokenizer over the texts of the first drawings of each kind."""
    drawings = (draw(kind, seed) for kind in KINDS for seed in range(count))
    frame = (prompt.SYSTEM, "User: ", "Assistant: ")
    lines = (line for drawing in drawings for line in (drawing.text, drawing.question, *frame))
    return tokenizer.train(lines, SIZES["tiny"].language.vocab)


def as_sample(drawing: Drawing, image: bytes, *, asked: bool) -> Sample:
    """Returns a drawing as a plain pair, or as a question with its answer."""
    if not asked:
        return Sample(segments=(Segment(image=image), Segment(text=drawing.text)))
    return Sample(
        segments=(
            Segment(image=image, role="user"),
            Segment(text=drawing.question, role="user"),
            Segment(text=drawing.text, role="assistant"),
        )
    )


def batches(size: Size, words: Tokenizer, steps: int, seed: int) -> Iterator[Batch]:
    """Draws the batches of a run: a seventh of the images blank, a quarter of the texts chats."""
    random = Random(seed)
    empty = blank(size)
    for step in range(steps):
        drawings = [
            draw(kind, step * BATCH + place)
            for place in range(BATCH)
            for kind in (_KINDS[place % len(_KINDS)],)
        ]
        shown = [random.random() > 1 / 7 for _ in drawings]
        pixels = [
            prepare(drawing.image, size) if show else empty
            for drawing, show in zip(drawings, shown, strict=True)
        ]
        samples = [
            prompt.encode(
                prompt.to_pieces(as_sample(drawing, b"drawn", asked=random.random() < 0.25)),
                words,
                size.image_tokens,
            )
            for drawing in drawings
        ]
        seen = torch.stack(
            [
                seen_words(drawing, size.low.grid) * show
                for drawing, show in zip(drawings, shown, strict=True)
            ]
        )
        yield Batch(stack(pixels), samples, seen)


def seen_words(drawing: Drawing, grid: int) -> Tensor:
    """Returns float[T, words]: 1 where a mark covers a good part of a token's cell."""
    seen = torch.zeros(grid, grid, len(MARKS))
    for mark in drawing.marks:
        rows, columns = _cells(mark.box, drawing.image.size, grid)
        seen[rows, columns, MARKS.index(mark.word)] = 1
    return seen.flatten(0, 1)


def _cells(box: Box, size: tuple[int, int], grid: int) -> tuple[slice, slice]:
    """Rows and columns of the cells that a box of an image covers by 40%, or else its centre's."""
    width, height = fit(*size, 1000)
    left, top = (1000 - width) // 2, (1000 - height) // 2
    across = [(x * width / size[0] + left) * grid / 1000 for x in (box[0], box[2])]
    down = [(y * height / size[1] + top) * grid / 1000 for y in (box[1], box[3])]
    spans = []
    for start, stop in (down, across):
        first, last = int(start + 0.6), int(stop + 0.6)
        middle = min(grid - 1, int((start + stop) / 2))
        spans.append(slice(first, last) if last > first else slice(middle, middle + 1))
    return spans[0], spans[1]


def rate(step: int, steps: int) -> float:
    """Warms up in a line, then falls in a cosine to a fiftieth."""
    if step < WARMUP:
        return (step + 1) / WARMUP
    return 0.02 + 0.49 * (1 + cos(pi * (step - WARMUP) / max(1, steps - WARMUP)))


def learn(model: VLM, batch: Batch, head: nn.Linear, weight: float) -> tuple[Tensor, Tensor]:
    """Returns the loss of the texts and that of the marks."""
    features = model.encode(batch.pixels)
    # Rare as marks are, most answers are no; rather than weighting them, the mean is taken over
    # tokens and summed over words.
    marks = F.binary_cross_entropy_with_logits(head(features), batch.seen, reduction="none")
    texts = token_losses(model, join(batch.samples), features).mean()
    return texts, weight * marks.sum(-1).mean()


def mark_head(size: Size) -> nn.Linear:
    """Returns the layer that names what is seen at a token; at first it says that nothing is."""
    head = nn.Linear(size.language.width, len(MARKS))
    nn.init.zeros_(head.weight)
    nn.init.constant_(head.bias, -5.0)
    return head


def train(folder: Path, steps: int = STEPS, seed: int = SEED) -> None:
    """Trains `tiny` from nothing, and writes it to a folder at every report and at the end."""
    size, words = SIZES["tiny"], vocabulary()
    model, head = build(size, seed).train(), mark_head(size)
    weights = [*model.parameters(), *head.parameters()]
    optimiser = optimizer(weights, RATE, decay=0.01)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: rate(step, steps))
    for step, batch in enumerate(batches(size, words, steps, seed), 1):
        texts, seen = learn(model, batch, head, weight=1.0)
        optimiser.zero_grad()
        torch.autograd.backward(texts + seen)
        nn.utils.clip_grad_norm_(weights, 1.0)
        optimiser.step()
        schedule.step()
        if step % 25 == 0:
            print(f"step {step} texts {texts.item():.4f} marks {seen.item():.4f}", flush=True)
        if step % 250 == 0 or step == steps:
            print(f"step {step} AUC {report(model.eval(), words)}", flush=True)
            checkpoint.save(model.train(), folder, "transformers")
            words.save(folder)


def held_out(kind: str, count: int) -> Sequence[Drawing]:
    """Returns drawings of a kind that training never saw."""
    return [draw(kind, HELD_OUT + index) for index in range(count)]


@torch.inference_mode()
def worths(model: VLM, words: Tokenizer, drawings: Sequence[Drawing], turn: int) -> Tensor:
    """Returns what an image is worth to each text: nats a token that it saves against a blank one.

    Args:
        model: the model.
        words: its tokenizer.
        drawings: of one kind.
        turn: 0 gives each text its own image, n that of the drawing n places on.
    """
    size = model.size
    samples = [
        prompt.encode(prompt.to_pieces(as_sample(one, b"", asked=False)), words, size.image_tokens)
        for one in drawings
    ]
    images = [prepare(drawing.image, size) for drawing in drawings]
    features = model.encode(stack(images[turn:] + images[:turn]))
    empty = model.encode(blank(size)).expand(len(samples), -1, -1)
    row = join(samples)
    losses = [token_losses(model, row, shown) for shown in (empty, features)]
    counts = [sample.supervised for sample in samples]
    return torch.stack([part.mean() for part in torch.split(losses[0] - losses[1], counts)])


def auc(true: Tensor, swapped: Tensor) -> float:
    """Chance that a true pair's worth is above a swapped one's, ties counted by half.

    >>> auc(torch.tensor([3.0, 1.0]), torch.tensor([0.0, 2.0]))
    0.75
    """
    gap = true[:, None] - swapped[None, :]
    return float(((gap > 0).double() + 0.5 * (gap == 0).double()).mean())


def report(model: VLM, words: Tokenizer, count: int = 50) -> dict[str, float]:
    """Returns the AUC of each kind: a true pair against one with another image of that kind."""
    scores = {}
    for kind in KINDS:
        drawings = held_out(kind, count)
        scores[kind] = auc(*(worths(model, words, drawings, turn) for turn in (0, 1)))
    return scores


def measure(folder: Path, count: int = 200) -> dict[str, Any]:
    """Returns what is shipped as `weights/measured.json` of a directory of weights."""
    found = report(checkpoint.load(folder), tokenizer.load(folder), count)
    last = HELD_OUT + count - 1
    return {
        "digest": digest(folder),
        "auc": {kind: round(value, 4) for kind, value in found.items()},
        "count": count,
        "source": f"`python -m model.tiny FOLDER --measure`, drawings {HELD_OUT} to {last} of each "
        "kind of model/material, which training never saw",
    }


def main(arguments: Sequence[str] | None = None) -> None:
    """Trains `tiny` and writes it with its tokenizer to a directory, or measures one."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--measure", action="store_true", help="print the AUC of a directory")
    chosen = parser.parse_args(arguments)
    torch.set_num_threads(1)  # the sums of several threads come in no fixed order
    if chosen.measure:
        print(json.dumps({chosen.folder.name: measure(chosen.folder)}, indent=1))
        return
    train(chosen.folder, chosen.steps, chosen.seed)


if __name__ == "__main__":
    main()
