"""Scoring against `transformers`' own model used plainly, on one thread, same weights and inputs.

The task: for each sample the loss of its text, and the same with the image blanked; for each second
sample the loss of three options too. The plain way runs the processor and one forward for each of
these, a sample at a time or in padded batches. Time is that of the processor, so that others on the
machine do not count. Ratios are printed: `pytest -m bench -s`.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from io import BytesIO
from pathlib import Path
from time import process_time

import pytest
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor
from transformers.models.deepseek_vl.image_processing_pil_deepseek_vl import (
    DeepseekVLImageProcessorPil,
)
from transformers.models.deepseek_vl_hybrid.image_processing_pil_deepseek_vl_hybrid import (
    DeepseekVLHybridImageProcessorPil,
)

from model import checkpoint
from model.prompt import IGNORE, Encoded, chat, encode, to_pieces
from model.score import Failure, Score, Scorer, ask
from model.sizes import SIZES
from model.tiny import held_out, report, vocabulary
from model.vlm import build
from model.weights import find
from sources.sample import Sample, Segment
from tests.model.ports import Port, port_of

pytestmark = [pytest.mark.bench, pytest.mark.timeout(3600)]


def workload(count: int) -> list[Sample]:
    """Captions, and questions with options about every second image."""
    samples = []
    for number, drawing in enumerate(held_out("scene", count)):
        buffer = BytesIO()
        drawing.image.resize((640, 480)).save(buffer, "PNG")
        image, text = Segment(image=buffer.getvalue()), Segment(text=drawing.text)
        samples.append(Sample(key=f"c{number}", segments=(image, text)))
        if number % 2:
            asked = (replace(image, role="user"), Segment(text="What is it?", role="user"))
            choices = ("a red circle", "a blue star", "a gray page")
            samples.append(Sample(key=f"q{number}", segments=asked, choices=choices, answer=0))
    return samples


def forwards(sample: Sample, scorer: Scorer) -> list[tuple[Encoded, bytes | None]]:
    """What is run for a sample: prompt and image, None for the blank one."""
    tokens, image = scorer.size.image_tokens, sample.images[0].image
    if sample.choices:
        runs = [[*ask(sample), Segment(text=c, role="assistant")] for c in "ABC"]
        return [(encode(chat(run)[:-1], scorer.words, tokens), image) for run in runs]
    prompt = encode(to_pieces(sample), scorer.words, tokens)
    return [(prompt, image), (prompt, None)]


def plainly(scorer: Scorer, port: Port, samples: list[Sample], batch: int) -> list[float]:
    """Losses of every forward, as one writes it with `transformers`."""
    folder_kind = (
        DeepseekVLHybridImageProcessorPil if scorer.size.high else DeepseekVLImageProcessorPil
    )
    low, high = scorer.size.low.image, scorer.size.input_side
    more = {"high_res_size": {"height": high, "width": high}} if scorer.size.high else {}
    processor = folder_kind(size={"height": low, "width": low}, **more)
    blank = Image.new("RGB", (high, high), scorer.size.background)
    runs = [run for sample in samples for run in forwards(sample, scorer)]
    losses = []
    for start in range(0, len(runs), batch):
        group = runs[start : start + batch]
        shown = [Image.open(BytesIO(data)).convert("RGB") if data else blank for _, data in group]
        pixels = processor(shown, return_tensors="pt")
        images = {name: image.to(port.dtype) for name, image in pixels.items()}
        losses += _losses(port, [prompt for prompt, _ in group], images)
    return losses


def _losses(port: Port, prompts: list[Encoded], images: dict[str, Tensor]) -> Iterator[float]:
    longest = max(map(len, prompts))
    ids = torch.tensor([prompt.ids + [1] * (longest - len(prompt)) for prompt in prompts])
    mask = torch.tensor([[1] * len(p) + [0] * (longest - len(p)) for p in prompts])
    with torch.inference_mode():
        logits = port(input_ids=ids, attention_mask=mask, use_cache=False, **images).logits.float()
    for row, prompt in zip(logits, prompts, strict=True):
        targets = torch.tensor(prompt.labels[1:])
        yield F.cross_entropy(row[: len(prompt) - 1], targets, ignore_index=IGNORE).item()


def timed(run: Callable[[], object]) -> float:
    start = process_time()
    run()
    return process_time() - start


def drawn(name: str, folder: Path) -> Path:
    """A released size with drawn weights, and the small tokenizer, whose image token is 2."""
    size = replace(SIZES[name], image_token=2)
    checkpoint.save(build(size, seed=1, alpha=0.5).bfloat16(), folder, "transformers")
    vocabulary(200).save(folder)
    return folder


@pytest.mark.parametrize(("name", "count"), [("tiny", 32), ("1.3b", 2)])
def test_samples_a_second_against_transformers(name: str, count: int, tmp_path: Path) -> None:
    released = name != "tiny"
    dtype = "bfloat16" if released else "float32"
    scorer = Scorer(drawn(name, tmp_path) if released else "tiny", dtype=dtype)
    port, samples = port_of(scorer.model), workload(count)
    ours: list[Score | Failure] = scorer.score(samples)  # warm
    times = {"ours": timed(lambda: scorer.score(samples))}
    for batch in (1, 8):
        times[f"plain, batch {batch}"] = timed(partial(plainly, scorer, port, samples, batch))
    print(f"\n{name}: {len(samples)} samples, one thread")
    for way, seconds in times.items():
        ratio = seconds / times["ours"]
        print(f"  {way:16} {len(samples) / seconds:8.2f} samples/s  x{ratio:.2f} our time")
    assert all(isinstance(score, Score) and score.tokens >= 0 for score in ours)


def test_true_pairs_against_swapped_ones() -> None:
    scorer = Scorer("tiny")
    found = report(scorer.model, scorer.words, count=200)
    print(f"\nAUC of true against swapped pairs, 200 held out of each kind: {found}")
    assert min(found.values()) >= 0.9
    assert find("tiny").is_dir()
