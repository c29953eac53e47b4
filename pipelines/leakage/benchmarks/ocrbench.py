"""OCRBench: reading text in pictures, questions from some thirty sets.

`OCRBench.json` with its pictures beside it, or a table with the pictures inside. A record:

    {"dataset_name": "IIIT5K", "id": 2843, "image_path": "IIIT5K/test/918_1.png",
     "question": "what is written in the image?", "answers": "CENTRE", "type": "..."}

Quirks: `answers` is a string or a list; `id` is unique only in its set; pictures of one word are so
plain that many are left out by their entropy.
"""

from collections.abc import Iterator

from pipelines.leakage.benchmark import Benchmark, Item, pictures, take, words_of
from sources.readers import by_extension
from sources.source import Row


def items(row: Row) -> Iterator[Item]:
    """A question with its answers and picture."""
    value = row.value
    group = take(value, "dataset_name", "dataset") or ""
    yield Item(
        id=f"{group}-{take(value, 'id', 'index') or row.place}",
        question=value["question"],
        texts=words_of(take(value, "answers", "answer")),
        images=pictures(value, "image") or pictures(value, "image_path"),
    )


BENCHMARK = Benchmark(
    title="OCRBench: reading text in pictures",
    homepage="https://github.com/Yuliang-Liu/MultimodalOCR",
    files=("**/OCRBench*.json", "**/OCRBench*.tsv", "**/*.parquet"),
    read=by_extension(),
    items=items,
    images="OCRBench_Images",
)
