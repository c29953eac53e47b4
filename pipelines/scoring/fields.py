"""The columns of scores: in files beside facts, in plans, and as the `score` of corpus indexes."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import pyarrow as pa

if TYPE_CHECKING:
    from model.score import Failure, Score

# Changes when the same model would give the same sample another score.
FORMAT = 1
# A score is called so in recipes: `score.image_worth`.
PREFIX = "score."
# The column of indexes, and what is in it; a sample that was not scored has none of it.
COLUMN = "score"
FIELDS: dict[str, pa.DataType] = {
    "valid": pa.bool_(),
    "reason": pa.string(),
    "error": pa.string(),
    "length": pa.int32(),
    "truncated": pa.bool_(),
    "images": pa.int32(),
    "tokens": pa.int32(),
    "loss": pa.float64(),
    "perplexity": pa.float64(),
    "blank_loss": pa.float64(),
    "image_worth": pa.float64(),
    "choice_perplexities": pa.list_(pa.float64()),
    "choice": pa.int32(),
    "choice_right": pa.bool_(),
}
TYPE = pa.struct(list(FIELDS.items()))
SCALARS = tuple(name for name, kind in FIELDS.items() if not pa.types.is_nested(kind))
NUMBERS = tuple(
    name for name, kind in FIELDS.items() if pa.types.is_integer(kind) or pa.types.is_floating(kind)
)
# Why a sample has no figures at all.
BROKEN = "broken"
_ERROR = 300


def row(result: "Score | Failure") -> dict[str, Any]:
    """Returns a result as a row of these columns."""
    told = asdict(result)
    if "error" in told:
        told = {"valid": False, "reason": BROKEN, "error": told["error"][:_ERROR]}
    return {name: told.get(name) for name in FIELDS}


def values(score: Mapping[str, Any]) -> list[Any]:
    """Returns a row as a list, which takes a third of the room."""
    return [score[name] for name in FIELDS]


def named(found: Sequence[Any]) -> dict[str, Any]:
    """Returns the row of `values`.

    >>> named(values(dict.fromkeys(FIELDS) | {"loss": 1.5}))["loss"]
    1.5
    """
    return dict(zip(FIELDS, found, strict=True))


def column(told: Iterable[str]) -> pa.StructArray:
    """Returns the column of an index, of lists of `values` in JSON; empty for no score."""
    return pa.array([named(json.loads(each)) if each else None for each in told], TYPE)
