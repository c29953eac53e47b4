"""The recipe: a YAML file that says what to build, checked whole before anything runs."""

import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Any

import jsonschema
import yaml

import sources
from pipelines import facts, store
from taxonomy.categories import categories

_UNITS = {"B": 1, "kB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}


class RecipeError(ValueError):
    """A recipe that cannot be built; the message has a line for each fault."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a single row may cost, and how many may fail; sizes in bytes."""

    seconds: float = 60
    memory: int = 4 * 10**9
    image_bytes: int = 50 * 10**6
    image_pixels: int = 100_000_000
    rejects: float = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Stanza:
    """One entry of `sources`.

    Attributes:
        name: unique in the recipe.
        source: full name of the source, such as `web_code/notebooks`.
        path: patterns of its raw files, absolute or URLs.
        root: folder that all its files lie below.
        images: folder below the root where image paths start; empty for that of a row's file.
        licence: of rows that state none; empty for the source's own.
        language: of rows that state none.
        orient: whether images are turned upright.
        options: arguments of the source's `parse`.
    """

    name: str
    source: str
    path: tuple[str, ...]
    root: str
    images: str = ""
    licence: str = ""
    language: str = ""
    orient: bool = False
    options: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """A condition on one fact; None leaves a side open."""

    fact: str
    min: float | None = None
    max: float | None = None
    allowed: tuple[Any, ...] | None = None
    refused: tuple[Any, ...] = ()
    category: str | None = None
    stanza: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """What to build. Sizes in bytes.

    Attributes:
        raw: the recipe as it was written, with relative paths; the manifest keeps it.
    """

    name: str
    raw: dict[str, Any]
    stanzas: tuple[Stanza, ...]
    seed: int = 0
    shard_size: int = 10**9
    unit_size: int = 64 * 10**6
    limits: Limits = field(default_factory=Limits)
    exact: bool = True
    filters: tuple[Filter, ...] = ()


def schema() -> dict[str, Any]:
    """Returns the JSON Schema of recipes, with the names of the sources that are installed."""
    text = files(__package__).joinpath("recipe.schema.json").read_text(encoding="utf-8")
    value: dict[str, Any] = json.loads(text)
    known = sorted({*sources.names(), *(name.rsplit("/", 1)[-1] for name in sources.names())})
    value["properties"]["sources"]["items"]["properties"]["source"]["examples"] = known
    return value


def read_recipe(path: str) -> Recipe:
    """Reads and checks a recipe.

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
    faults = [f"{path}:{_line(node, where)}: {message}" for where, message in _faults(raw)]
    if faults:
        raise RecipeError("\n".join(faults))
    return _build(raw, os.path.dirname(os.path.abspath(path)) if store.is_local(path) else "")


def size(value: int | str) -> int:
    """Returns a size in bytes.

    >>> size("64MB"), size("1.5 kB"), size(7)
    (64000000, 1500, 7)
    """
    if isinstance(value, int):
        return value
    number, unit = re.fullmatch(r"([0-9.]+)\s?(\w+)", value).groups()  # type: ignore[union-attr]
    return round(float(number) * _UNITS[unit])


def _faults(raw: Any) -> Iterator[tuple[tuple[Any, ...], str]]:
    """Yields every fault with the path of keys that leads to it."""
    validator = jsonschema.Draft202012Validator(schema())
    broken = sorted(validator.iter_errors(raw), key=lambda error: list(map(str, error.path)))
    for error in broken:
        where = ".".join(map(str, error.path)) or "the recipe"
        yield tuple(error.path), f"{where}: {error.message}"
    if broken:
        return
    names: list[str] = []
    for index, entry in enumerate(raw["sources"]):
        yield from _source_faults(("sources", index), entry, names)
    for index, entry in enumerate(raw.get("filters", ())):
        yield from _filter_faults(("filters", index), entry, names)


def _source_faults(
    where: tuple[Any, ...], entry: dict[str, Any], names: list[str]
) -> Iterator[tuple[tuple[Any, ...], str]]:
    """The faults of one entry of `sources`; adds its name to `names`."""
    try:
        known = sources.load(entry["source"]).options()
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
        elif not _fits(value, known[option]):
            kind = type(known[option]).__name__
            yield path, f"option {option!r} is {value!r}; expected a {kind}"


def _filter_faults(
    where: tuple[Any, ...], entry: dict[str, Any], names: list[str]
) -> Iterator[tuple[tuple[Any, ...], str]]:
    if entry["fact"] not in facts.SCALARS:
        choice = ", ".join(facts.SCALARS)
        yield (*where, "fact"), f"unknown fact {entry['fact']!r}; there are: {choice}"
    if entry.get("entry", names[0]) not in names:
        yield (*where, "entry"), f"no entry of `sources` is named {entry['entry']!r}"
    if entry.get("category") not in (None, *categories()):
        choice = ", ".join(categories())
        yield (*where, "category"), f"unknown category {entry['category']!r}; there are: {choice}"


def _fits(value: Any, default: Any) -> bool:
    """Whether a value may stand for an option with this default; a list stands for a tuple."""
    if default is None:
        return True
    if isinstance(default, tuple):
        return isinstance(value, list | str)
    if isinstance(default, float):
        return isinstance(value, int | float) and not isinstance(value, bool)
    return isinstance(value, type(default)) and isinstance(value, bool) == isinstance(default, bool)


def _line(node: yaml.Node | None, path: tuple[Any, ...]) -> int:
    """Returns the line on which the value at a path of keys begins, counted from 1."""
    for step in path:
        if isinstance(node, yaml.SequenceNode) and isinstance(step, int):
            node = node.value[step]
        elif isinstance(node, yaml.MappingNode):
            found = [value for name, value in node.value if name.value == str(step)]
            node = found[0] if found else node
    return node.start_mark.line + 1 if node is not None else 1


def _build(raw: dict[str, Any], folder: str) -> Recipe:
    limits = dict(raw.get("limits", {}))
    for name in ("memory", "image_bytes"):
        if name in limits:
            limits[name] = size(limits[name])
    sizes = {name: size(raw[name]) for name in ("shard_size", "unit_size") if name in raw}
    return Recipe(
        name=raw["name"],
        raw=raw,
        seed=raw.get("seed", 0),
        stanzas=tuple(_stanza(entry, folder) for entry in raw["sources"]),
        limits=Limits(**limits),
        exact=raw.get("dedup", {}).get("exact", True),
        filters=tuple(_filter(entry) for entry in raw.get("filters", ())),
        **sizes,
    )


def _stanza(entry: dict[str, Any], folder: str) -> Stanza:
    name = sources.full_name(entry["source"])
    patterns = [entry["path"]] if isinstance(entry["path"], str) else entry["path"]
    root = _absolute(folder, entry["root"]) if "root" in entry else ""
    path = tuple(_absolute(root or folder, pattern) for pattern in patterns)
    options = {
        option: tuple([value] if isinstance(value, str) else value)
        if isinstance(sources.load(name).options()[option], tuple)
        else value
        for option, value in entry.get("options", {}).items()
    }
    plain = {key: entry[key] for key in ("images", "licence", "language", "orient") if key in entry}
    return Stanza(
        name=entry.get("name", name.rsplit("/", 1)[-1]),
        source=name,
        path=path,
        root=root or _common_root(path),
        options=options,
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
        whole = plain == pattern and store.is_local(pattern) and os.path.isdir(pattern)
        fixed.append(pattern if whole else plain.rsplit("/", 1)[0])
    return os.path.commonprefix([f"{part.rstrip('/')}/" for part in fixed]).rsplit("/", 1)[0]


def _filter(entry: dict[str, Any]) -> Filter:
    return Filter(
        fact=entry["fact"],
        min=entry.get("min"),
        max=entry.get("max"),
        allowed=tuple(entry["in"]) if "in" in entry else None,
        refused=tuple(entry.get("not_in", ())),
        category=entry.get("category"),
        stanza=entry.get("entry"),
    )
