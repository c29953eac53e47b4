"""POPE: whether a thing is in a picture.

`coco_pope_{random,popular,adversarial}.json`, which are JSON Lines, with the pictures of COCO's
val2014 in a folder beside them, or a table with the pictures inside. A row:

    {"question_id": 1, "image": "COCO_val2014_000000310196.jpg",
     "text": "Is there a snowboard in the image?", "label": "yes"}

Quirks: questions are made from one template, so only the 500 pictures tell that a sample is from
here: no text is taken.
"""

from collections.abc import Iterator

from pipelines.leakage.benchmark import Benchmark, Item, pictures, take
from sources.readers import by_extension
from sources.source import Row


def items(row: Row) -> Iterator[Item]:
    """The picture of a question."""
    value = row.value
    named = value.get("image_source") or value.get("image")
    number = take(value, "question_id", "id") or row.place
    name = str(named) if isinstance(named, str) else str(number)
    yield Item(id=name, images=pictures(value, "image"))


BENCHMARK = Benchmark(
    title="POPE: whether a thing is in a picture",
    homepage="https://github.com/RUCAIBox/POPE",
    files=("**/*pope*.json", "**/*POPE*.tsv", "**/*.parquet"),
    read=by_extension(),
    items=items,
    images="val2014",
)
