"""Scoring against `transformers`' own model used plainly, on one thread, same weights and inputs.

The task: for each sample the loss of its text, and the same with the image blanked; for each second
sample the loss of three options too. The plain way runs the processor and one forward for each of
these, a sample at a time or in padded batches. Time is that of the processor, so that others on the
machine do not count.
"""

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from io import BytesIO
from pathlib import Path
from time import perf_counter, process_time

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
from model.prefix import split
from model.prompt import IGNORE, Encoded, chat, encode, to_pieces
from model.score import Failure, Score, Scorer, ask
from model.sizes import SIZES
from model.tiny import held_out, vocabulary
from sources.sample import Sample, Segment
from tests.benchmarks.conftest import Table
from tests.model.ports import Port, port_of
from tests.model.test_full_size import LOAD, noisy, run

pytestmark = [pytest.mark.bench, pytest.mark.timeout(3600)]


def available() -> int:
    """Bytes of memory that are free, or as good as."""
    return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


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
    checkpoint.save(noisy(size), folder, "transformers")
    vocabulary(200).save(folder)
    return folder


def prompt_tokens(scorer: Scorer, samples: list[Sample]) -> int:
    """What the plain way reads: the lengths of all its prompts."""
    return sum(len(prompt) for sample in samples for prompt, _ in forwards(sample, scorer))


def compare_ways(scorer: Scorer, samples: list[Sample], batches: tuple[int, ...]) -> list[float]:
    """Returns processor seconds: ours, then the plain way by size of batch; all warmed up."""
    port = port_of(scorer.model)
    # So the beginning that all samples share has been read, which happens once.
    ours: list[Score | Failure] = scorer.score(samples[:1])
    assert all(isinstance(score, Score) and score.tokens >= 0 for score in ours)
    plainly(scorer, port, samples[:1], 1)
    ways = [partial(plainly, scorer, port, samples, batch) for batch in batches]
    return [timed(way) for way in (partial(scorer.score, samples), *ways)]


@pytest.mark.parametrize(("name", "count"), [("tiny", 32), ("1.3b", 2)])
def test_scoring_against_transformers(name: str, count: int, tmp_path: Path, table: Table) -> None:
    released = name != "tiny"
    dtype = "bfloat16" if released else "float32"
    scorer = Scorer(drawn(name, tmp_path) if released else "tiny", dtype=dtype)
    samples = workload(count)
    ours, *others = compare_ways(scorer, samples, (1, 8))
    tokens = prompt_tokens(scorer, samples)
    for batch, seconds in zip((1, 8), others, strict=True):
        way = "a forward each" if batch == 1 else f"padded batches of {batch}"
        rates = " against ".join(f"{len(samples) / each:.2f}" for each in (ours, seconds))
        words = " against ".join(f"{tokens / each:.0f}" for each in (ours, seconds))
        figures = f"{rates} samples/s, {words} tokens/s, one thread, {dtype}, processor time"
        row = f"scoring at {name} against transformers, {way}"
        table.add(row, seconds / ours, ">= 2", figures)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU; none is here")
def test_scoring_at_7b_on_a_gpu(tmp_path: Path, table: Table) -> None:
    """Samples a second, use of the chip (MFU) and peak memory; `PEAK` is the chip's, in FLOP/s."""
    scorer = Scorer(drawn("7b", tmp_path), dtype="bfloat16", device="cuda", threads=None)
    samples = workload(64)
    scorer.score(samples)
    torch.cuda.synchronize()
    start = perf_counter()
    scorer.score(samples)
    torch.cuda.synchronize()
    seconds = perf_counter() - start
    weights = sum(weight.numel() for weight in scorer.model.language.parameters())
    # What was computed: two operations a weight and token that went through the language model.
    read = sum(len(to_run) for to_run in sequences(scorer, samples))
    share = 2 * weights * read / seconds / float(os.environ.get("PEAK", "989e12"))
    peak = torch.cuda.max_memory_allocated() / 1e9
    figures = f"{len(samples) / seconds:.1f} samples/s, peak memory {peak:.1f} GB"
    table.add(f"MFU of scoring at 7b, {torch.cuda.get_device_name()}", share, ">= 0.5", figures)


def sequences(scorer: Scorer, samples: list[Sample]) -> Iterator[Encoded]:
    """The prompts of ours: of a blanked one only what is its own."""
    for sample in samples:
        runs = forwards(sample, scorer)
        yield runs[0][0]
        if not sample.choices:
            yield split(runs[1][0], scorer.size.image_token, scorer.size.image_tokens).own


@pytest.mark.skipif(available() < 20e9, reason="needs 20 GB of free memory and of disk")
def test_memory_of_loading_the_7b(tmp_path: Path, table: Table) -> None:
    size = replace(SIZES["7b"], image_token=2)
    model = noisy(size)
    checkpoint.save(model, tmp_path, "original")
    weights = sum(weight.numel() for weight in model.parameters()) * 2
    del model
    vocabulary(100).save(tmp_path)
    peaks = json.loads(run(LOAD, tmp_path))
    used = peaks["after"] - peaks["before"]
    figures = f"{used / 1e9:.2f} GB for {weights / 1e9:.2f} GB of weights"
    table.add("peak memory of loading the 7b in bf16", used / weights, "<= 1.2", figures)
