"""Reads a recipe: a YAML file that says what to build, checked whole before anything runs."""

import json
import os
import re
from collections.abc import Callable, Iterator
from functools import partial
from importlib.resources import files
from typing import Any

import yaml

import sources
from pipelines import fetched, second_opinion, store, tokens
from pipelines.earlier import earlier_faults
from pipelines.evaluation import sets as apart
from pipelines.leakage.settings import leakage_faults, read_leakage
from pipelines.measures.presets import expand
from pipelines.mixing.remix import Remix
from pipelines.mixing.settings import read_mixing
from pipelines.near.repeats import Repeats
from pipelines.recipe import (
    Dedup,
    Evaluation,
    Filter,
    Limits,
    NearImages,
    NearQuestions,
    NearTexts,
    Recipe,
    Stanza,
)
from pipelines.recipe_faults import faults, fetch_faults, line
from pipelines.scoring.settings import read_scoring, scoring_faults

_UNITS = {"B": 1, "kB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}
# Keys of an entry that are taken as they stand.
_PLAIN = ("images", "licence", "language", "orient", "drop_missing")


class RecipeError(ValueError):
    """A recipe that cannot be built; the message has a line for each fault."""


def schema() -> dict[str, Any]:
    """Returns the JSON Schema of recipes, with the names of the sources that are installed."""
    text = files(__package__).joinpath("recipe.schema.json").read_text(encoding="utf-8")
    value: dict[str, Any] = json.loads(text)
    known = sorted({*sources.names(), *(name.rsplit("/", 1)[-1] for name in sources.names())})
    value["properties"]["sources"]["items"]["properties"]["source"]["examples"] = known
    return value


def read_recipe(path: str, *, before_fetch: bool = False) -> Recipe:
    """Reads and checks a recipe.

    Args:
        path: of the recipe.
        before_fetch: whether it is read to fetch its images, so that they need not be there yet.

    Raises:
        RecipeError: it is not YAML, breaks the schema, or names what does not exist.
    """
    try:
        with store.open_file(path) as stream:
            text = stream.read().decode("utf-8")
    except OSError as error:
        raise RecipeError(f"{path}: cannot be read: {error.strerror or error}") from None
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        raw = yaml.safe_load(text)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise RecipeError(f"{path}: is not YAML: {error}") from None
    folder = os.path.dirname(os.path.abspath(path)) if store.is_local(path) else ""
    absolute = partial(_absolute, folder)
    found = list(faults(raw, schema()))
    if not found:
        found = list(scoring_faults(raw, absolute))
    if not found and not before_fetch:
        found = list(_file_faults(raw, absolute))
    if found:
        told = [f"{path}:{line(node, where)}: {message}" for where, message in found]
        raise RecipeError("\n".join(told))
    return _build(raw, folder, before_fetch)


def _file_faults(
    raw: dict[str, Any], absolute: Callable[[str], str]
) -> Iterator[tuple[tuple[Any, ...], str]]:
    """Yields what is wrong with the files that a recipe needs beside its raw material."""
    yield from fetch_faults(raw["sources"], absolute)
    yield from earlier_faults(raw.get("dedup", {}).get("before", ()), absolute)
    if "leakage" in raw:
        yield from leakage_faults(raw["leakage"], absolute)
    yield from apart.faults(raw, absolute)
    yield from tokens.faults(raw, absolute)
    yield from second_opinion.faults(raw, absolute)


def size(value: int | str) -> int:
    """Returns a size in bytes.

    >>> size("64MB"), size("1.5 kB"), size(7)
    (64000000, 1500, 7)
    """
    if isinstance(value, int):
        return value
    number, unit = re.fullmatch(r"([0-9.]+)\s?(\w+)", value).groups()  # type: ignore[union-attr]
    return round(float(number) * _UNITS[unit])


def _build(raw: dict[str, Any], folder: str, before_fetch: bool) -> Recipe:
    limits = dict(raw.get("limits", {}))
    for name in ("memory", "image_bytes"):
        if name in limits:
            limits[name] = size(limits[name])
    people = raw.get("people", {})
    redact = tuple(sorted(kind for kind in people if people[kind] == "redact"))
    refused = [{"fact": kind, "max": 0} for kind in people if people[kind] == "drop"]
    leakage = raw.get("leakage") if not before_fetch else None
    sizes = {name: size(raw[name]) for name in ("shard_size", "unit_size") if name in raw}
    absolute = partial(_absolute, folder)
    shared = {
        "redact": redact,
        "safety": tuple(sorted(raw.get("safety", ()))),
        **tokens.settings(raw, absolute),
        **second_opinion.settings(raw, absolute),
    }
    return Recipe(
        name=raw["name"],
        raw=raw,
        seed=raw.get("seed", 0),
        stanzas=tuple(_stanza(entry, folder, before_fetch, shared) for entry in raw["sources"]),
        limits=Limits(**limits),
        dedup=_dedup(raw.get("dedup", {}), folder),
        filters=tuple(to_filter(entry) for entry in [*expand(raw.get("filters", ())), *refused]),
        mixing=read_mixing(raw["mixture"]) if "mixture" in raw else None,
        scoring=read_scoring(raw["score"], absolute) if "score" in raw else None,
        remix=Remix(**raw["remix"]) if "remix" in raw else None,
        leakage=read_leakage(leakage, absolute) if leakage else None,
        evaluation=tuple(
            Evaluation(folder=path, digest=apart.identity(path))
            for path in map(absolute, raw.get("evaluation", ()))
        ),
        **sizes,
    )


def _stanza(
    entry: dict[str, Any], folder: str, before_fetch: bool, shared: dict[str, Any]
) -> Stanza:
    name = sources.full_name(entry["source"])
    patterns = [entry["path"]] if isinstance(entry["path"], str) else entry["path"]
    root = _absolute(folder, entry["root"]) if "root" in entry else ""
    path = tuple(_absolute(root or folder, pattern) for pattern in patterns)
    options = _frozen(entry.get("options", {}))
    plain = {key: entry[key] for key in _PLAIN if key in entry}
    images = _absolute(folder, entry["fetched"]) if "fetched" in entry else ""
    return Stanza(
        name=entry.get("name", name.rsplit("/", 1)[-1]),
        source=name,
        path=path,
        root=root or _common_root(path),
        options=options,
        fetched=images,
        fetch="" if before_fetch or not images else fetched.identity(images),
        **shared,
        **plain,
    )


def _absolute(folder: str, path: str) -> str:
    if not store.is_local(path) or os.path.isabs(path):
        return path
    if not store.is_local(folder):
        return store.join(folder, path)
    return os.path.normpath(os.path.join(folder, path))


def _common_root(patterns: tuple[str, ...]) -> str:
    """The deepest folder that every file found by these patterns must lie below."""
    fixed = []
    for pattern in patterns:
        plain = re.split(r"[*?\[]", pattern, maxsplit=1)[0]
        whole = plain == pattern and store.is_folder(pattern)
        fixed.append(pattern if whole else plain.rsplit("/", 1)[0])
    return os.path.commonprefix([f"{part.rstrip('/')}/" for part in fixed]).rsplit("/", 1)[0]


def _dedup(raw: dict[str, Any], folder: str) -> Dedup:
    plain = {name: raw[name] for name in ("exact", "quality", "edges_in_memory") if name in raw}
    text, images = raw.get("text"), raw.get("images")
    questions, repeats = raw.get("questions"), raw.get("repeats")
    return Dedup(
        **plain,
        text=None if text is None else NearTexts(**_frozen(text)),
        images=None if images is None else NearImages(**_frozen(images)),
        repeats=None if repeats is None else Repeats(**_frozen(repeats)),
        before=tuple(_absolute(folder, path) for path in raw.get("before", ())),
        questions=None if questions is None else NearQuestions(**questions),
        most_captions=raw.get("captions", {}).get("most", 0),
    )


def _frozen(values: dict[str, Any]) -> dict[str, Any]:
    """Settings of YAML, lists as tuples."""
    return {
        name: tuple(value) if isinstance(value, list) else value for name, value in values.items()
    }


def to_filter(entry: dict[str, Any]) -> Filter:
    """Returns the filter of an entry of a recipe."""
    return Filter(
        fact=entry["fact"],
        min=entry.get("min"),
        max=entry.get("max"),
        allowed=tuple(entry["in"]) if "in" in entry else None,
        refused=tuple(entry.get("not_in", ())),
        category=entry.get("category"),
        stanza=entry.get("entry"),
    )
