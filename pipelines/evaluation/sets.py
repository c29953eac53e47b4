"""Evaluation sets on disk: what they are known by."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from pipelines import store

FILE, MANIFEST = "questions.jsonl", "manifest.json"


class NoEvaluationSet(ValueError):
    """A folder that holds no evaluation set; the message says what to do."""


def identity(folder: str) -> str:
    """Returns the digest of an evaluation set.

    Raises:
        NoEvaluationSet: there is none.
    """
    path = store.join(folder, MANIFEST)
    if not store.exists(path) or store.read_json(path).get("kind") != "evaluation":
        raise NoEvaluationSet(
            f"{folder} holds no evaluation set: write one by `shardwright evaluation-set`"
        )
    return str(store.read_json(path)["digest"])


def faults(
    raw: Mapping[str, Any], absolute: Callable[[str], str]
) -> Iterator[tuple[tuple[Any, ...], str]]:
    """Yields a fault for each evaluation set of a recipe that is none, with its place."""
    for index, name in enumerate(raw.get("evaluation", ())):
        try:
            identity(absolute(name))
        except NoEvaluationSet as error:
            yield ("evaluation", index), str(error)
