"""ScienceQA, its test split: school questions with options, half of them with a picture.

`problems.json` (one object, a question a key) with its pictures unpacked to `images/test/PID/`
beside it, or a table with the pictures inside. A record:

    "12": {"question": "Which ...?", "choices": ["a", "b"], "answer": 0, "hint": "...",
           "image": "image.png", "lecture": "...", "solution": "...", "split": "test", ...}

Quirks: the file holds all splits, of which only `test` is taken; tables have no `split`, so give
only those of the test. A lecture stands at many questions.
"""

from collections.abc import Iterator

from pipelines.leakage.benchmark import Benchmark, Item, pictures, words_of
from sources.readers import by_extension
from sources.source import Row


def items(row: Row) -> Iterator[Item]:
    """A question with its hint, options, solution and picture."""
    value = row.value
    if value.get("split", "test") != "test":
        return
    images = pictures(value, "image")
    yield Item(
        id=str(value.get("key", row.identity)),
        question=value["question"],
        texts=words_of(value.get("hint"), value.get("choices"), value.get("solution")),
        images=tuple(
            f"{value['key']}/{each}" if isinstance(each, str) and "key" in value else each
            for each in images
        ),
    )


BENCHMARK = Benchmark(
    title="ScienceQA, test split: school questions",
    homepage="https://scienceqa.github.io",
    files=("**/problems.json", "**/test*.parquet"),
    read=by_extension(),
    items=items,
    images="images/test",
)
