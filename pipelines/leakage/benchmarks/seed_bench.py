"""SEED-Bench: questions with four options about pictures and films.

`SEED-Bench.json` with its pictures beside it, or a table of it. A record of `questions`:

    {"question_id": "101669", "question": "How many ...?", "choice_a": "One", "choice_b": "Two",
     "choice_c": "...", "choice_d": "...", "answer": "A", "data_id": "1454426_2591111986",
     "data_type": "image", "question_type_id": 5}

Quirks: the pictures of the first version are files without extension, named by `data_id`, which is
a list where there are several; films are not read.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from pipelines.leakage.benchmark import Benchmark, Item, pictures, take, words_of
from sources.readers import Csv, JsonArray, Parquet
from sources.readers.files import ByExtension
from sources.source import Row


def items(row: Row) -> Iterator[Item]:
    """A question with its options and picture."""
    value = row.value
    yield Item(
        id=str(take(value, "question_id", "index") or row.identity),
        question=take(value, "question") or "",
        texts=words_of(*_options(value)),
        images=pictures(value, "image") or _named(value),
    )


def _options(value: Mapping[str, Any]) -> tuple[Any, ...]:
    letters = "abcd" if "choice_a" in value else "ABCD"
    name = "choice_{}" if "choice_a" in value else "{}"
    return tuple(value.get(name.format(letter)) for letter in letters)


def _named(value: Mapping[str, Any]) -> tuple[Any, ...]:
    if value.get("data_type", "image") != "image":
        return ()
    return pictures(value, "data_id")


BENCHMARK = Benchmark(
    title="SEED-Bench: questions about pictures and films",
    homepage="https://github.com/AILab-CVC/SEED-Bench",
    files=("**/SEED-Bench*.json", "**/SEEDBench*.tsv", "**/*.parquet"),
    read=ByExtension(
        readers={
            ".json": JsonArray(at="questions"),
            ".tsv": Csv(delimiter="\t"),
            ".parquet": Parquet(),
        }
    ),
    items=items,
    images="SEED-Bench-image",
)
