r"""GSM8K: sums of primary school in words, with their solutions.

`test.jsonl` of the repository, or a table with the same columns. A row:

    {"question": "Janet's ducks lay 16 eggs ...", "answer": "... <<16-3-4=9>>9 ...\n#### 18"}

Quirks: marks of a calculator, `<<16-3-4=9>>`, and the line with the result are no part of what
others quote. The socratic files ask the same questions.
"""

import re
from collections.abc import Iterator

from pipelines.leakage.benchmark import Benchmark, Item, words_of
from sources.readers import by_extension
from sources.source import Row

_MARKS = re.compile(r"<<.*?>>|####.*| \*\* ")


def items(row: Row) -> Iterator[Item]:
    """A question and its solution."""
    solution = _MARKS.sub(" ", row.value.get("answer") or "")
    yield Item(id=row.identity, question=row.value["question"], texts=words_of(solution))


BENCHMARK = Benchmark(
    title="GSM8K: sums of primary school",
    homepage="https://github.com/openai/grade-school-math",
    files=("**/test*.jsonl", "**/test*.parquet"),
    read=by_extension(),
    items=items,
)
