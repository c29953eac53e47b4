"""Shards to training steps: every global step of one modality, samples packed or one a row.

shards of text   -> samples -> prompts --+
                                         +-- which of the two a step takes is drawn -> rows
shards of images -> samples -> prompts --+
"""

import tarfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count, groupby, islice
from pathlib import Path
from random import Random
from typing import Literal

from model.pack import Row, cut, fill, join
from model.prompt import Encoded, encode, to_pieces
from model.sizes import Size
from model.tokenizer import Tokenizer
from sources.sample import Sample, from_members

Modality = Literal["language", "multimodal"]


@dataclass(frozen=True, slots=True)
class Example:
    """A sample as the model trains on it: its prompt, cut to the length, and its images."""

    prompt: Encoded
    images: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """One global step: packed rows, and of each the images in order."""

    modality: Modality
    rows: list[Row]
    images: list[tuple[bytes, ...]]

    @property
    def supervised(self) -> int:
        """How many tokens the step learns from."""
        return sum(int((row.labels >= 0).sum()) for row in self.rows)


def read_shard(path: Path) -> Iterator[Sample]:
    """Streams the samples of a tar; the members of one are adjacent and share its key.

    Raises:
        ValueError: a sample lacks its JSON or an image that this names.
    """
    with tarfile.open(path, "r|*") as tar:
        members = ((info.name, info) for info in tar if info.isfile())
        for _, group in groupby(members, lambda pair: pair[0].split(".", 1)[0]):
            content = {}
            for name, info in group:
                opened = tar.extractfile(info)
                content[name] = opened.read() if opened else b""
            yield from_members(content)


def endless(paths: Sequence[Path], seed: int) -> Iterator[Sample]:
    """Reads shards over and over, in another order each time.

    Raises:
        ValueError: there are no shards, or no sample in them.
    """
    for epoch in count():
        order = sorted(paths)
        Random(f"{seed} {epoch}").shuffle(order)
        empty = True
        for path in order:
            for sample in read_shard(path):
                empty = False
                yield sample
        if empty:
            raise ValueError(f"no samples in {len(paths)} shards: is the folder the right one?")


def examples(
    samples: Iterable[Sample], words: Tokenizer, size: Size, length: int
) -> Iterator[Example]:
    """Lays out samples, cut to a length; those with nothing left to learn are passed over."""
    for sample in samples:
        prompt, shown = cut(encode(to_pieces(sample), words, size.image_tokens), length, size)
        if prompt.supervised:
            images = tuple(part.image for part in sample.images if part.image is not None)
            yield Example(prompt, images[:shown])


def language_share(step: int, warmup: int, target: float = 0.7) -> float:
    """Returns the chance that a step is of language: 1 at first, falling to the target in a line.

    The paper gives the target and that the share falls gradually; the line is ours.

    >>> [round(language_share(step, 100), 2) for step in (0, 50, 100, 900)]
    [1.0, 0.85, 0.7, 0.7]
    """
    return 1 - (1 - target) * min(1.0, step / warmup if warmup else 1.0)


def modality(step: int, share: float, seed: int) -> Modality:
    """Draws the modality of a global step; every worker draws the same."""
    return "language" if Random(f"{seed} {step}").random() < share else "multimodal"


def steps(
    streams: dict[Modality, Iterator[Example]],
    *,
    batch: int,
    length: int,
    packing: bool,
    warmup: int,
    target: float = 0.7,
    seed: int = 0,
) -> Iterator[Step]:
    """Yields global steps without end.

    Args:
        streams: examples of each modality; one that is missing has its steps taken by the other.
        batch: sequences a step.
        length: tokens a sequence.
        packing: whether a sequence is filled with samples, or is one sample.
        warmup: steps over which the share of language falls to its target.
        target: share of language steps after that.
        seed: of the draw.
    """
    for step in count():
        drawn = modality(step, language_share(step, warmup, target), seed)
        kind = drawn if drawn in streams else next(iter(streams))
        taken = _take(streams[kind], batch, length) if packing else islice(streams[kind], batch)
        members = list(taken)
        groups = (
            fill([len(one.prompt) for one in members], length)
            if packing
            else [[index] for index in range(len(members))]
        )
        yield Step(
            kind,
            [join([members[index].prompt for index in group]) for group in groups],
            [tuple(image for i in group for image in members[i].images) for group in groups],
        )


def _take(stream: Iterator[Example], batch: int, length: int) -> Iterator[Example]:
    """Examples that fill a batch of packed sequences; the last one may open one more."""
    room = batch * length
    while room > 0:
        example = next(stream)
        room -= len(example.prompt)
        yield example
