"""What a corpus holds, summed up from its indexes in one pass: counts, never samples."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from pipelines import store
from pipelines.corpus.state import Corpus, batches
from pipelines.corpus.talks import COLUMNS as OF_TALKS
from pipelines.corpus.talks import TalkCensus

COLUMNS = [
    "category",
    "parts",
    "source",
    "language",
    "stated_language",
    "code_language",
    "licence",
    "taxonomy",
    "texts",
    "characters",
    "tokens",
    "images",
    "image_bytes",
    "bytes",
    "widths",
    "heights",
    "formats",
    *OF_TALKS,
]


@dataclass(slots=True, kw_only=True)
class Sums:
    """Totals of one folder of shards; `most_texts` is the largest number of texts of a sample."""

    samples: int = 0
    most_texts: int = 0
    images: int = 0
    characters: int = 0
    tokens: int = 0
    image_bytes: int = 0
    bytes: int = 0

    def add(self, row: dict[str, Any]) -> None:
        """Counts a sample."""
        self.samples += 1
        self.most_texts = max(self.most_texts, row["texts"])
        self.images += row["images"]
        self.characters += row["characters"]
        self.tokens += row["tokens"] or 0
        self.image_bytes += row["image_bytes"]
        self.bytes += row["bytes"]


@dataclass(slots=True, kw_only=True)
class Census:
    """Counts over samples.

    Attributes:
        groups: totals by folder of shards, category and part set.
        languages: samples by language of their text: what the source states, else what was seen.
        code_languages: samples of code by programming language.
        licences: samples by licence.
        use_cases: samples by path of their use case; empty for those without one.
        formats: images by format.
        sides: images by power of two below their longer side.
        characters: samples by power of two below their number of characters.
        talks: what conversations are like, and whether model and labeller agree.
    """

    groups: dict[str, Sums] = field(default_factory=dict)
    languages: Counter[str] = field(default_factory=Counter)
    code_languages: Counter[str] = field(default_factory=Counter)
    licences: Counter[str] = field(default_factory=Counter)
    sources: Counter[str] = field(default_factory=Counter)
    use_cases: Counter[str] = field(default_factory=Counter)
    formats: Counter[str] = field(default_factory=Counter)
    sides: Counter[int] = field(default_factory=Counter)
    characters: Counter[int] = field(default_factory=Counter)
    talks: TalkCensus = field(default_factory=TalkCensus)

    def add(self, row: dict[str, Any]) -> None:
        """Counts a sample by its facts."""
        group = f"{row['category']}/{row['parts']}"
        self.groups.setdefault(group, Sums()).add(row)
        if row["code_language"]:
            self.code_languages[row["code_language"]] += 1
        else:
            self.languages[language(row)] += 1
        self.licences[row["licence"] or "unknown"] += 1
        self.sources[row["source"]] += 1
        self.use_cases[row["taxonomy"] or ""] += 1
        self.formats.update(row["formats"])
        longer = map(max, zip(row["widths"], row["heights"], strict=True))
        self.sides.update(map(power, longer))
        self.characters[power(row["characters"])] += 1
        self.talks.add(row)


def language(row: dict[str, Any]) -> str:
    """Returns the language of a sample's text."""
    told: str = row["stated_language"] or row["language"] or "unknown"
    return told


def power(number: int) -> int:
    """Returns the largest power of two that is not above a number; 0 for 0.

    >>> [power(number) for number in (0, 1, 3, 4, 1023)]
    [0, 1, 2, 4, 512]
    """
    return 1 << number.bit_length() - 1 if number else 0


def take(rows: Iterable[pa.RecordBatch]) -> Census:
    """Counts all samples of a stream of facts."""
    census = Census()
    for batch in rows:
        for row in batch.to_pylist():
            census.add(row)
    return census


def of_shards(corpus: Corpus) -> Iterator[pa.RecordBatch]:
    """Streams the facts of every written sample."""
    for shard in corpus.shards():
        yield from corpus.index(shard.name, COLUMNS)


def of_staged(corpus: Corpus) -> Iterator[pa.RecordBatch]:
    """Streams the facts of every staged sample, for a build that has no shards yet."""
    for receipt in corpus.receipts():
        path = receipt.path(corpus.layout, "parquet")
        if store.exists(path):
            yield from batches(path, COLUMNS)
