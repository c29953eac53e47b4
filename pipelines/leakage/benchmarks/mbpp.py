"""MBPP: small Python functions by what they shall do.

`mbpp.jsonl`, or a table with the same columns. A row:

    {"task_id": 11, "text": "Write a python function to ...", "code": "def ...",
     "test_list": ["assert ..."], "challenge_test_list": []}

Quirks: the test split is tasks 11 to 510; all are taken, as the few others are prompts of the test.
Code has line ends of Windows and tabs, which n-grams of words do not see. In tables of the
sanitised half the text is `prompt`.
"""

from collections.abc import Iterator

from pipelines.leakage.benchmark import Benchmark, Item, take, words_of
from sources.readers import by_extension
from sources.source import Row


def items(row: Row) -> Iterator[Item]:
    """A task, its solution and its tests."""
    value = row.value
    tests = "\n".join(words_of(value.get("test_list"), value.get("challenge_test_list")))
    yield Item(
        id=str(value.get("task_id", row.identity)),
        question=take(value, "text", "prompt") or "",
        texts=words_of(value.get("code"), tests),
    )


BENCHMARK = Benchmark(
    title="MBPP: small Python functions",
    homepage="https://github.com/google-research/google-research/tree/master/mbpp",
    files=("**/mbpp*.jsonl", "**/*mbpp*.json", "**/test*.parquet"),
    read=by_extension(),
    items=items,
)
