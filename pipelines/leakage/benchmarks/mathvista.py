"""MathVista: mathematics in pictures, questions from 31 sets.

`testmini.json` and `test.json`, an object of records, with `images/` beside `data/`, or a table
with the pictures inside. A record:

    "23": {"pid": "23", "question": "The derivative ...", "image": "images/23.jpg",
           "choices": ["larger than", ...], "answer": "equal to", "metadata": {...}, "query": "..."}

Quirks: `choices` may be null; the files of solutions and of sources beside it are none of its.
"""

from collections.abc import Iterator

from pipelines.leakage.benchmark import Benchmark, Item, pictures, words_of
from sources.readers import by_extension
from sources.source import Row


def items(row: Row) -> Iterator[Item]:
    """A question with its options and picture."""
    value = row.value
    if "question" not in value:
        return
    yield Item(
        id=str(value["pid"]),
        question=value["question"],
        texts=words_of(value.get("choices"), value.get("answer")),
        images=pictures(value, "decoded_image") or pictures(value, "image"),
    )


BENCHMARK = Benchmark(
    title="MathVista: mathematics in pictures",
    homepage="https://mathvista.github.io",
    files=("**/testmini*.json", "**/test.json", "**/test*.parquet"),
    read=by_extension(),
    items=items,
    images="..",
)
