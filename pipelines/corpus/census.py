"""What a corpus holds, summed up from its indexes in one pass: counts, never samples."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import reduce
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

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

    def add(self, other: "Sums") -> None:
        """Counts the samples of other totals, too."""
        self.samples += other.samples
        self.most_texts = max(self.most_texts, other.most_texts)
        for name in _SUMMED:
            setattr(self, name, getattr(self, name) + getattr(other, name))


_SUMMED = ("images", "characters", "tokens", "image_bytes", "bytes")
# Null for samples that are no talk; earlier releases lack them.
_OF_A_TALK = ("answers", "use_cases_agree")


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

    def add(self, batch: pa.RecordBatch) -> None:
        """Counts samples by their facts, by columns: one by one takes seven times as long."""
        for group, sums in _groups(batch):
            self.groups.setdefault(group, Sums()).add(sums)
        code = _told(batch["code_language"])
        language = pc.coalesce(_told(batch["stated_language"]), _told(batch["language"]), "unknown")
        _count(self.code_languages, code.drop_null())
        _count(self.languages, language.filter(code.is_null()))
        _count(self.licences, pc.coalesce(_told(batch["licence"]), "unknown"))
        _count(self.sources, batch["source"])
        _count(self.use_cases, pc.coalesce(batch["taxonomy"], ""))
        _count(self.formats, batch["formats"].flatten())
        widths, heights = batch["widths"].flatten(), batch["heights"].flatten()
        _count_powers(self.sides, pc.max_element_wise(widths, heights))
        _count_powers(self.characters, batch["characters"])
        for row in _talks(batch):
            self.talks.add(row)


def _talks(batch: pa.RecordBatch) -> Iterator[dict[str, Any]]:
    """Yields the facts of talks: few samples are any, so these may go one by one."""
    told = [batch[name].is_valid() for name in _OF_A_TALK if name in batch.schema.names]
    if told:
        yield from batch.filter(reduce(pc.or_, told)).to_pylist()


def _groups(batch: pa.RecordBatch) -> Iterator[tuple[str, Sums]]:
    """Yields the folders of shards that some samples belong to, with their totals."""
    sums = [(name, "sum") for name in _SUMMED]
    grouped = pa.table(batch).group_by(["category", "parts"], use_threads=False)
    for row in grouped.aggregate([([], "count_all"), ("texts", "max"), *sums]).to_pylist():
        totals = {name: row[f"{name}_sum"] or 0 for name in _SUMMED}
        most = row["texts_max"]
        found = Sums(samples=row["count_all"], most_texts=most, **totals)
        yield f"{row['category']}/{row['parts']}", found


def _told(column: pa.Array) -> pa.Array:
    """The texts of a column; null where they are empty."""
    return pc.if_else(pc.equal(column, ""), None, column)


def _count(counter: Counter[Any], values: pa.Array) -> None:
    for pair in values.value_counts().to_pylist():
        counter[pair["values"]] += pair["counts"]


def _count_powers(counter: Counter[int], numbers: pa.Array) -> None:
    """Counts numbers by the largest power of two that is not above them."""
    for pair in numbers.value_counts().to_pylist():
        counter[power(pair["values"])] += pair["counts"]


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
        census.add(batch)
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
