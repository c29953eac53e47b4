r"""CMMMU: questions of colleges about pictures, in Chinese.

Tables, one folder a subject, or a TSV of them. A row:

    {"id": 1, "type": "选择", "question": "... <img=\"image_1.png\"> ...", "option1": "...",
     "image_1": {"bytes": ...}, "answer": "B", "subcategory": "..."}

Quirks: pictures are named in the text by their files; unused fields hold null or `-`.
"""

from collections.abc import Iterator

from pipelines.leakage.benchmark import (
    Benchmark,
    Item,
    numbered,
    pictures,
    take,
    without_marks,
    words_of,
)
from sources.readers import by_extension
from sources.source import Row

_IMAGES = ("image", *(f"image_{number}" for number in range(1, 6)))


def items(row: Row) -> Iterator[Item]:
    """A question with its options and pictures."""
    value = row.value
    options = words_of(list(numbered(value, "option{}", 4)), value.get("analysis"))
    yield Item(
        id=str(take(value, "id", "index") or row.identity),
        question=without_marks(take(value, "question") or ""),
        texts=words_of([without_marks(text) for text in options if text != "-"]),
        images=pictures(value, *_IMAGES),
    )


BENCHMARK = Benchmark(
    title="CMMMU: questions of colleges about pictures, in Chinese",
    homepage="https://cmmmu-benchmark.github.io",
    files=("**/*.parquet", "**/*.tsv", "**/*.jsonl"),
    read=by_extension(),
    items=items,
)
