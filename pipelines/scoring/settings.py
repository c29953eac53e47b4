"""What a recipe, or the command `score`, says of scoring: which model, how it runs, for whom."""

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from model.weights import digest as weights_digest
from model.weights import find
from pipelines import runners
from pipelines.scoring.fields import FORMAT, NUMBERS, PREFIX, SCALARS
from taxonomy.categories import categories

TINY = "tiny"
DTYPES = ("float32", "bfloat16", "float16")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scoring:
    """How samples are scored.

    Attributes:
        model: `tiny`, or a checkpoint directory, which every worker must find.
        dtype: of the weights, one of `DTYPES`.
        device: as torch names it.
        categories: whose samples are scored; none for all.
        batch: samples that are scored together; no score depends on it.
    """

    model: str = TINY
    dtype: str = "float32"
    device: str = "cpu"
    categories: tuple[str, ...] = ()
    batch: int = 32

    def record(self) -> dict[str, Any]:
        """Returns all that decides scores, for the manifest: the same on every machine."""
        return {
            "model": os.path.basename(self.model.rstrip("/")),
            "model_digest": weights_digest(find(self.model)),
            "dtype": self.dtype,
            "device": self.device.split(":")[0],
            "categories": sorted(self.categories),
            "format": FORMAT,
        }


def read_scoring(raw: Mapping[str, Any], absolute: Callable[[str], str]) -> Scoring:
    """Returns the settings of a recipe's `score`.

    Args:
        raw: as it is written, after it met the schema.
        absolute: makes a path that is relative to the recipe absolute.
    """
    told = dict(raw)
    if told.get("model", TINY) != TINY:
        told["model"] = absolute(told["model"])
    told["categories"] = tuple(told.get("categories", ()))
    return Scoring(**told)


def scoring_faults(
    raw: Mapping[str, Any], absolute: Callable[[str], str]
) -> Iterator[tuple[tuple[Any, ...], str]]:
    """Yields what is wrong with scoring in a recipe, with the path of keys that leads to it.

    Args:
        raw: the whole recipe, after it met the schema.
        absolute: makes a path that is relative to the recipe absolute.
    """
    for number, each in enumerate(raw.get("filters", ())):
        where, fact = ("filters", number, "fact"), each.get("fact", "")
        if "score" not in raw and fact.startswith(PREFIX):
            told = f"{fact} is given by a model: add a `score` section, such as `score: {{}}`"
            yield where, told
        elif fact.startswith(PREFIX) and fact.removeprefix(PREFIX) not in SCALARS:
            choice = ", ".join(f"{PREFIX}{name}" for name in SCALARS)
            yield where, f"unknown score {fact!r}; there are: {choice}"
    yield from _quality_faults(raw.get("dedup", {}).get("quality", ""), "score" in raw)
    score = raw.get("score", {})
    for message in faults(score, score.get("model", TINY), absolute):
        yield ("score",), f"score: {message}"


def _quality_faults(quality: str, scored: bool) -> Iterator[tuple[tuple[Any, ...], str]]:
    """Yields what is wrong with a score that tells which of two duplicates stays."""
    if not quality.startswith(PREFIX):
        return
    if not scored:
        told = f"{quality} is given by a model: add a `score` section, such as `score: {{}}`"
        yield ("dedup", "quality"), told
    elif quality.removeprefix(PREFIX) not in NUMBERS:
        choice = ", ".join(f"{PREFIX}{name}" for name in NUMBERS)
        yield ("dedup", "quality"), f"unknown score {quality!r}; there are these numbers: {choice}"


def faults(
    score: Mapping[str, Any], model: str, absolute: Callable[[str], str] = os.path.abspath
) -> Iterator[str]:
    """Yields what is wrong with settings, before anything is loaded."""
    known = categories()
    for category in score.get("categories", ()):
        if category not in known:
            yield f"unknown category {category!r}; there are: {', '.join(known)}"
    if model == TINY:
        return
    try:
        folder = find(absolute(model))
    except ValueError as error:
        yield str(error)
        return
    missing = [name for name in ("config.json", "tokenizer.json") if not (folder / name).is_file()]
    if missing:
        yield f"{folder} is no checkpoint directory: it lacks {' and '.join(missing)}"


def device_faults(device: str, runner: str) -> Iterator[str]:
    """Yields what is wrong with a device, as far as this machine can tell."""
    if device == "cpu" or runner not in runners.LOCAL:
        return
    from model.score import devices

    if device not in (found := devices()):
        yield f"device {device!r}: this machine has {', '.join(found)}"
