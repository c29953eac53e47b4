"""Lists of phrases that say nothing, as data: `phrases.yaml`."""

from functools import cache
from importlib.resources import files

import yaml


@cache
def phrases(name: str) -> frozenset[str]:
    """Returns one of the lists: menus, notices or empty_captions."""
    text = files(__package__).joinpath("phrases.yaml").read_text(encoding="utf-8")
    return frozenset(yaml.safe_load(text)[name])
