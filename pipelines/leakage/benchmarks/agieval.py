"""AGIEval: questions of entrance examinations, in English and Chinese.

The files of `data/v1`, one a task. A row:

    {"passage": null, "question": "...", "options": ["(A)...", "(B)..."], "label": "C",
     "answer": null, "other": {"source": "...", "solution": "..."}}

Quirks: `label` is a letter, a list of letters, or null with the answer in `answer`; `options` may
be null, and stand with their letters; several questions share a passage.
"""

import re
from collections.abc import Iterator

from pipelines.leakage.benchmark import Benchmark, Item, listed, take, words_of
from sources.readers import by_extension
from sources.source import Row

_LETTER = re.compile(r"^\([A-Z]\)")


def items(row: Row) -> Iterator[Item]:
    """A question with its passage, options, answer and solution."""
    value = row.value
    options = [_LETTER.sub("", option) for option in listed(value.get("options"))]
    solution = (value.get("other") or {}).get("solution")
    texts = words_of(value.get("passage"), options, value.get("answer"), solution)
    yield Item(id=row.identity, question=take(value, "question") or "", texts=texts)


BENCHMARK = Benchmark(
    title="AGIEval: entrance examinations",
    homepage="https://github.com/ruixiangcui/AGIEval",
    files=("**/*.jsonl",),
    read=by_extension(),
    items=items,
)
