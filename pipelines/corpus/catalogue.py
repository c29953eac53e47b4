"""`sources` and `schema`: what a recipe can name."""

import importlib
import inspect
from typing import Any

import yaml

import sources
from pipelines.corpus import terminal
from pipelines.recipe_reader import schema
from sources.source import Source

# Comments of YAML, so that they can be pasted with the entry.
_HINTS = (
    "#  fetched: DIR         where images known by URL are, once they were brought there by:",
    "#                       shardwright fetch --recipe RECIPE --entry NAME --out DIR",
    "#  drop_missing: true   leave out images whose files are missing",
    "#  licence: CC0-1.0     of rows that state none; `shardwright schema` tells all keys",
    "#filters:               refuse licences, or allow but some by `in`",
)
_HINT = "#- {fact: licence, not_in: [unknown]}"


class UnknownSource(ValueError):
    """A name that no source has."""


def add(commands: Any) -> None:
    """Adds the commands `sources` and `schema` to those of the program."""
    parser = commands.add_parser(
        "sources",
        help="list the sources, or show one with its options and a recipe to start from",
        description="Lists every source; with a name, shows what it is, its options with their "
        "defaults, and an entry for a recipe.",
        epilog="examples: shardwright sources; shardwright sources notebooks",
    )
    parser.add_argument("name", nargs="?", help="name of a source")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(run=lambda known, _: run(known.name, as_json=known.json))
    schema = commands.add_parser(
        "schema",
        help="print the JSON Schema of recipes",
        description="Prints the JSON Schema of recipes, which editors can check and complete by.",
        epilog="example: shardwright schema > recipe.schema.json",
    )
    schema.set_defaults(run=lambda known, _: print_schema())


def run(name: str | None, *, as_json: bool) -> int:
    """Prints all sources or one; returns the exit code.

    Raises:
        UnknownSource: no source has that name, or several have.
    """
    if name is None:
        told = [_describe(each) for each in sources.names()]
        if as_json:
            terminal.show_json(told)
        else:
            terminal.show(_table(told))
        return 0
    try:
        full = sources.full_name(name)
    except ValueError as error:
        raise UnknownSource(str(error)) from None
    if as_json:
        terminal.show_json(_describe(full))
    else:
        terminal.show(_text(_describe(full)))
    return 0


def print_schema() -> int:
    """Prints the JSON Schema of recipes; returns the exit code."""
    terminal.show_json(schema())
    return 0


def _describe(name: str) -> dict[str, Any]:
    """Returns what is to say of a source, as a JSON value."""
    source = sources.load(name)
    module = importlib.import_module(f"sources.{name.replace('/', '.')}")
    plain = ("title", "version", "category", "licence", "homepage", "citation", "download")
    return {
        "name": name,
        **{field: getattr(source, field) for field in plain},
        "languages": list(source.languages),
        "files": list(source.files),
        "filters": list(source.filters),
        "options": _options(source),
        "documentation": inspect.cleandoc(module.__doc__ or ""),
    }


def _options(source: Source) -> dict[str, Any]:
    """The options with their defaults, tuples as the lists that a recipe has in their place."""
    return {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in source.options().items()
    }


def _table(told: list[dict[str, Any]]) -> str:
    rows = [
        [
            each["category"],
            each["name"],
            each["licence"],
            " ".join(each["languages"]) or "any",
            _below(each["files"]),
            each["download"] or each["homepage"],
        ]
        for each in sorted(told, key=lambda each: (each["category"], each["name"]))
    ]
    head = ["category", "source", "licence", "languages", "where to put it", "what to download"]
    return terminal.table(head, rows)


def _below(files: list[str]) -> str:
    """The folder of an entry with what is looked for there, but the first of several forms."""
    more = ", ..." if len(files) > 1 else ""
    return f"FOLDER/{files[0]}{more}"


def _text(told: dict[str, Any]) -> str:
    rows = [
        ["category", told["category"]],
        ["licence", told["licence"]],
        ["languages", " ".join(told["languages"]) or "any"],
        ["files", " ".join(told["files"])],
        ["homepage", told["homepage"]],
        ["download", told["download"]],
        ["citation", told["citation"]],
    ]
    facts = terminal.table(["source", told["name"]], [row for row in rows if row[1]])
    options = [f"  {name} = {value!r}" for name, value in told["options"].items()] or ["  none"]
    stanza = ["an entry for a recipe:", "", _stanza(told), *_HINTS, *_filters(told), _HINT]
    parts = [told["documentation"], "", facts, "", "options and their defaults:", *options, ""]
    return "\n".join([*parts, *stanza])


def _stanza(told: dict[str, Any]) -> str:
    """An entry of `sources` that is ready to paste; only the path is to be filled in."""
    entry: dict[str, Any] = {"source": told["name"], "path": "FOLDER"}
    if told["options"]:
        entry["options"] = told["options"]
    return yaml.safe_dump(
        {"sources": [entry]}, sort_keys=False, allow_unicode=True, default_flow_style=None
    ).rstrip()


def _filters(told: dict[str, Any]) -> list[str]:
    """The presets of filters that belong to the source, uncommented."""
    named = [f"- {{preset: {name}}}" for name in told["filters"]]
    return ["filters:", *named] if named else []
