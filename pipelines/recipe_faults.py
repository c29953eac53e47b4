"""What can be wrong with a recipe: each fault with the place where it stands."""

import types
import typing
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import jsonschema
import yaml

import sources
from pipelines import facts, fetched, safety
from pipelines.measures.presets import presets
from pipelines.mixing.settings import mixing_faults
from pipelines.scoring.fields import PREFIX
from taxonomy.categories import categories


def faults(raw: Any, schema: dict[str, Any]) -> Iterator[tuple[tuple[Any, ...], str]]:
    """Yields every fault of a recipe as YAML gave it, with the path of keys that leads to it."""
    validator = jsonschema.Draft202012Validator(schema)
    broken = sorted(validator.iter_errors(raw), key=lambda error: list(map(str, error.path)))
    for error in broken:
        where = ".".join(map(str, error.path)) or "the recipe"
        yield tuple(error.path), f"{where}: {error.message}"
    if broken:
        return
    names: list[str] = []
    for index, entry in enumerate(raw["sources"]):
        yield from _source_faults(("sources", index), entry, names)
    yield from _dedup_faults(raw.get("dedup", {}))
    for index, entry in enumerate(raw.get("filters", ())):
        yield from _filter_faults(("filters", index), entry, names)
    for index, name in enumerate(raw.get("safety", ())):
        yield from _safety_faults(("safety", index), name)
    yield from _remix_faults(raw.get("remix", {}), names)
    for message in mixing_faults(raw["mixture"], names) if "mixture" in raw else ():
        yield ("mixture",), f"mixture: {message}"


def _source_faults(
    where: tuple[Any, ...], entry: dict[str, Any], names: list[str]
) -> Iterator[tuple[tuple[Any, ...], str]]:
    """The faults of one entry of `sources`; adds its name to `names`."""
    try:
        known = sources.load(entry["source"]).option_kinds()
    except ValueError as error:
        yield (*where, "source"), str(error)
        return
    name = entry.get("name", sources.full_name(entry["source"]).rsplit("/", 1)[-1])
    if name in names:
        yield where, f"the name {name!r} is taken: give this entry a `name` of its own"
    names.append(name)
    for option, value in entry.get("options", {}).items():
        path = (*where, "options", option)
        if option not in known:
            choice = ", ".join(known) or "none"
            yield path, f"unknown option {option!r} of {entry['source']}; it has: {choice}"
        elif not fits(value, known[option]):
            kind = known[option]
            kind = kind.__name__ if isinstance(kind, type) else str(kind)
            yield path, f"option {option!r} is {value!r}; expected {kind}"


def fetch_faults(
    entries: list[dict[str, Any]], absolute: Callable[[str], str]
) -> Iterator[tuple[tuple[Any, ...], str]]:
    """Yields a fault for each entry whose `fetched` holds no finished fetch."""
    for index, entry in enumerate(entries):
        if "fetched" in entry:
            try:
                fetched.identity(absolute(entry["fetched"]))
            except fetched.NotFinished as error:
                yield ("sources", index, "fetched"), str(error)


def _filter_faults(
    where: tuple[Any, ...], entry: dict[str, Any], names: list[str]
) -> Iterator[tuple[tuple[Any, ...], str]]:
    if "preset" in entry and entry["preset"] not in presets():
        choice = ", ".join(presets())
        yield (*where, "preset"), f"unknown preset {entry['preset']!r}; there are: {choice}"
    fact = entry.get("fact", facts.SCALARS[0])
    if fact not in facts.SCALARS and not fact.startswith((facts.MEASURES, PREFIX)):
        choice = ", ".join(facts.SCALARS)
        yield (*where, "fact"), f"unknown fact {entry['fact']!r}; there are: {choice}"
    if entry.get("entry", names[0]) not in names:
        yield (*where, "entry"), f"no entry of `sources` is named {entry['entry']!r}"
    yield from _category_faults((*where, "category"), entry.get("category"))


def _dedup_faults(entry: dict[str, Any]) -> Iterator[tuple[tuple[Any, ...], str]]:
    quality = entry.get("quality", facts.NUMBERS[0])
    if quality not in facts.NUMBERS and not quality.startswith(PREFIX):
        choice = ", ".join(facts.NUMBERS)
        told = f"unknown fact {quality!r}; there are these numbers: {choice}"
        yield ("dedup", "quality"), told
    for kind in ("text", "images", "repeats"):
        for index, category in enumerate(entry.get(kind, {}).get("categories", ())):
            yield from _category_faults(("dedup", kind, "categories", index), category)


def _safety_faults(where: tuple[Any, ...], name: str) -> Iterator[tuple[tuple[Any, ...], str]]:
    try:
        safety.load(name)
    except safety.SafetyError as error:
        yield where, str(error)


def _remix_faults(entry: dict[str, Any], names: list[str]) -> Iterator[tuple[tuple[Any, ...], str]]:
    yield from _category_faults(("remix", "category"), entry.get("category"))
    for name in entry.get("weights", {}):
        if entry["by"] == "entry" and name not in names:
            yield ("remix", "weights", name), f"no entry of `sources` is named {name!r}"
        if entry["by"] == "category":
            yield from _category_faults(("remix", "weights", name), name)


def _category_faults(
    where: tuple[Any, ...], category: str | None
) -> Iterator[tuple[tuple[Any, ...], str]]:
    if category not in (None, *categories()):
        choice = ", ".join(categories())
        yield where, f"unknown category {category!r}; there are: {choice}"


def fits(value: Any, kind: Any) -> bool:
    """Whether a value of YAML may stand for a parameter annotated so.

    >>> fits("a", str), fits(1, float), fits(True, int), fits(["a"], tuple[str, ...] | None)
    (True, True, False, True)
    """
    origin = typing.get_origin(kind) or kind
    if origin in (typing.Union, types.UnionType):
        return any(fits(value, each) for each in typing.get_args(kind))
    if origin is typing.Literal:
        return value in typing.get_args(kind)
    if origin in (tuple, list, Sequence):
        return isinstance(value, list) and all(
            fits(each, typing.get_args(kind)[0]) for each in value
        )
    if origin in (dict, Mapping):
        return isinstance(value, dict)
    if kind is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    return kind is Any or isinstance(value, origin) and isinstance(value, bool) == (kind is bool)


def line(node: yaml.Node | None, path: tuple[Any, ...]) -> int:
    """Returns the line on which the value at a path of keys begins, counted from 1."""
    for step in path:
        if isinstance(node, yaml.SequenceNode) and isinstance(step, int):
            node = node.value[step]
        elif isinstance(node, yaml.MappingNode):
            found = [value for name, value in node.value if name.value == str(step)]
            node = found[0] if found else node
    return node.start_mark.line + 1 if node is not None else 1
