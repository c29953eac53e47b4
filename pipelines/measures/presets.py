"""Presets: sets of filters that a recipe names in place of writing them out."""

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from taxonomy.categories import categories


@cache
def presets() -> dict[str, list[dict[str, Any]]]:
    """Returns the filters of each preset by its name."""
    text = files(__package__).joinpath("presets.yaml").read_text(encoding="utf-8")
    return {
        name: [{**entry, **_own(name)} for entry in each["filters"]]
        for name, each in yaml.safe_load(text).items()
    }


def _own(name: str) -> dict[str, str]:
    """The category of a preset that is called by one."""
    return {"category": name} if name in categories() else {}


def expand(filters: Iterable[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yields a recipe's filters with those of presets in their places.

    A category or entry beside the name of a preset is that of all its filters.

    >>> list(expand([{"preset": "c4", "entry": "web"}]))[0]
    {'fact': 'c4_sentences', 'min': 3, 'entry': 'web'}
    """
    for each in filters:
        if "preset" not in each:
            yield dict(each)
            continue
        where = {name: each[name] for name in ("category", "entry") if name in each}
        yield from ({**entry, **where} for entry in presets()[each["preset"]])
