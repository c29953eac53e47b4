"""HellaSwag: how a scene goes on.

`hellaswag_{val,test}.jsonl`, or a table with the same columns. A row:

    {"ind": 24, "activity_label": "Roof shingle removal", "ctx": "A man is sitting on a roof. he",
     "endings": ["is using wrap ...", ...], "source_id": "activitynet~v_-Jh...", "label": 3}

Quirks: an ending begins in the middle of the sentence that the context leaves open, so it is read
behind it. `label` is missing in the test split: all endings are taken.
"""

from collections.abc import Iterator

from pipelines.leakage.benchmark import Benchmark, Item
from sources.readers import by_extension
from sources.source import Row


def items(row: Row) -> Iterator[Item]:
    """A context, and the context with each of its endings."""
    value = row.value
    context = value["ctx"]
    endings = tuple(f"{context} {ending}" for ending in value["endings"])
    split = value.get("split") or ""
    yield Item(id=f"{split}-{value.get('ind', row.place)}", question=context, texts=endings)


BENCHMARK = Benchmark(
    title="HellaSwag: how a scene goes on",
    homepage="https://rowanzellers.com/hellaswag",
    files=("**/hellaswag_val.jsonl", "**/hellaswag_test.jsonl", "**/*.parquet"),
    read=by_extension(),
    items=items,
)
