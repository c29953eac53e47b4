"""Scores as they lie beside facts: where those of a unit are, and how both are read together."""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import pyarrow.parquet as pq

from pipelines import store
from pipelines.layout import Layout
from pipelines.scoring.fields import COLUMN
from pipelines.staging import Receipt, read_facts


def scores_path(receipt: Receipt, layout: Layout, scores: str) -> str:
    """Where the scores of a unit lie."""
    name = f"{receipt.unit}.{receipt.attempt}.parquet"
    return layout.build("scores", scores, receipt.unit[:2], name)


def read_scores(receipt: Receipt, layout: Layout, scores: str) -> dict[int, dict[str, Any]]:
    """Returns the scores of a unit's samples by where they lie; none for those left out."""
    with store.open_file(scores_path(receipt, layout, scores)) as stream:
        rows = pq.read_table(stream).to_pylist()
    return {row.pop("offset"): row for row in rows}


@lru_cache(maxsize=4)
def read_column(path: str, name: str) -> dict[int, float | None]:
    """Returns one figure of a unit's samples by where they lie; what is asked in turn is kept."""
    with store.open_file(path) as stream:
        table = pq.read_table(stream, columns=["offset", name])
    return dict(zip(table["offset"].to_pylist(), table[name].to_pylist(), strict=True))


def read_scored(
    receipt: Receipt, layout: Layout, columns: list[str], scores: str
) -> Iterator[dict[str, Any]]:
    """Streams facts of a unit's samples in the order of its tar, each with its score.

    Args:
        receipt: of the unit.
        layout: of the build.
        columns: facts to read, `offset` among them; `score` is no fact and is passed over.
        scores: key of the scores; empty for a build without.
    """
    found = read_scores(receipt, layout, scores) if scores else {}
    for facts in read_facts(receipt, layout, [name for name in columns if name != COLUMN]):
        facts[COLUMN] = found.get(facts["offset"])
        yield facts


def measured_path(picked: str) -> str:
    """Where the figures of a list of picked samples lie.

    >>> measured_path("_build/trust/k/picked/captions.jsonl")
    '_build/trust/k/captions.jsonl'
    """
    folder, _, name = picked.rsplit("/", 2)
    return f"{folder}/{name}"
