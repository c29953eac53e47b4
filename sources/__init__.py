"""What raw material looks like, and how a row of it becomes samples. No Beam, no torch."""

import importlib
import pkgutil
from functools import cache

from sources.source import Source

# Folders of what sources share; each module of another folder is a source.
_SHARED = ("readers", "shapes")


@cache
def names() -> tuple[str, ...]:
    """Returns the name of every source: folder and module, such as `web_code/notebooks`.

    None is loaded: some need a second for that.
    """
    folders = [module.name for module in pkgutil.iter_modules(__path__) if module.ispkg]
    return tuple(
        f"{folder}/{module.name}"
        for folder in sorted(set(folders) - set(_SHARED))
        for module in pkgutil.iter_modules([f"{__path__[0]}/{folder}"])
        if not module.ispkg and not module.name.startswith("_")
    )


def full_name(name: str) -> str:
    """Returns folder and module of a source given by either.

    Raises:
        ValueError: no source has that name, or several have.
    """
    found = [known for known in names() if name in (known, known.rsplit("/", 1)[-1])]
    if len(found) == 1:
        return found[0]
    if found:
        raise ValueError(f"source {name!r} is one of {', '.join(found)}: say which")
    raise ValueError(f"unknown source {name!r}; `shardwright sources` lists them")


def load(name: str) -> Source:
    """Returns the declaration of a source: the constant SOURCE of the module of that name.

    Raises:
        ValueError: no source has that name, or several have.
    """
    module = importlib.import_module(f"{__name__}.{full_name(name).replace('/', '.')}")
    source: Source = module.SOURCE
    return source
