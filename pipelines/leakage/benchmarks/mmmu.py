"""MMMU and MMMU-Pro: questions of colleges about one to seven pictures.

Tables, one folder a subject, or the authors' JSON Lines. A row:

    {"id": "validation_Accounting_1", "question": "<image 1> Each of ...", "options": "['a', 'b']",
     "explanation": "", "image_1": {"bytes": ...}, "answer": "B", "subfield": "..."}

Quirks: `options` and `img_type` are strings with a Python list inside; marks of pictures stand in
questions and options; answers of the test split are `?`.
"""

from collections.abc import Iterator

from pipelines.leakage.benchmark import (
    Benchmark,
    Item,
    listed,
    pictures,
    take,
    without_marks,
    words_of,
)
from sources.readers import by_extension
from sources.source import Row

_IMAGES = ("image", *(f"image_{number}" for number in range(1, 8)))


def items(row: Row) -> Iterator[Item]:
    """A question with its options, explanation and pictures."""
    value = row.value
    texts = words_of(listed(value.get("options")), value.get("explanation"))
    yield Item(
        id=str(value["id"]),
        question=without_marks(take(value, "question") or ""),
        texts=words_of([without_marks(text) for text in texts]),
        images=pictures(value, *_IMAGES),
    )


BENCHMARK = Benchmark(
    title="MMMU and MMMU-Pro: questions of colleges about pictures",
    homepage="https://mmmu-benchmark.github.io",
    files=("**/*.parquet", "**/*.jsonl"),
    read=by_extension(),
    items=items,
)
