r"""Geo170K: questions about figures of geometry, with worked answers; the part for tuning.

The files lie as `table_chart/geo170k` says; this source reads `qa_tuning.json`. A row:

    {"image": "geoqa_plus/1.png", "conversations": [
        {"from": "human", "value": "<image>\nAs shown in the figure, ... Choices: A:40 B:50 ..."},
        {"from": "gpt", "value": "..."}]}

Quirks: as there.
"""

from collections.abc import Iterator
from dataclasses import replace

from sources.sample import Sample, Skip
from sources.shapes import chat
from sources.source import Row
from sources.table_chart import geo170k

_TALK = chat(turns="conversations", image="images/{image}")


def parse(row: Row) -> Iterator[Sample | Skip]:
    """Makes a conversation about a figure."""
    if geo170k.is_test(row):
        yield Skip(reason="other_split", detail="test")
        return
    yield from _TALK(row)


SOURCE = replace(
    geo170k.SOURCE,
    title="Geo170K: questions of geometry",
    category="sft/table_chart",
    files=("**/qa_tuning.json",),
    parse=parse,
)
