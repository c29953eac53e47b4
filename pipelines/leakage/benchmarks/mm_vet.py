"""MM-Vet: open questions about pictures that need several abilities at once.

`mm-vet.json` of its archive with `images/` beside it, or a table with the pictures inside. A
record:

    "v1_0": {"imagename": "v1_0.png", "question": "What is x in the equation?",
             "answer": "-1<AND>-5", "capability": ["ocr", "math"], "imagesource": "..."}

Quirks: answers join what is needed and what is allowed by `<AND>` and `<OR>`.
"""

import re
from collections.abc import Iterator

from pipelines.leakage.benchmark import Benchmark, Item, pictures, take, words_of
from sources.readers import by_extension
from sources.source import Row

_JOINED = re.compile("<AND>|<OR>")


def items(row: Row) -> Iterator[Item]:
    """A question with its answers and picture."""
    value = row.value
    answers = _JOINED.split(str(value.get("answer") or ""))
    yield Item(
        id=str(take(value, "key", "question_id", "index") or row.identity),
        question=value["question"],
        texts=words_of(answers),
        images=pictures(value, "image") or pictures(value, "imagename"),
    )


BENCHMARK = Benchmark(
    title="MM-Vet: open questions about pictures",
    homepage="https://github.com/yuweihao/MM-Vet",
    files=("**/mm-vet.json", "**/*.parquet", "**/MMVet*.tsv"),
    read=by_extension(),
    items=items,
    images="images",
)
