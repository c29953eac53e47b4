"""The evaluation sets that are known, a file each. A newcomer needs 20 lines and no entry here."""

import importlib
import pkgutil
from functools import cache

from pipelines.leakage.benchmark import Benchmark


@cache
def names() -> tuple[str, ...]:
    """Returns the name of every evaluation set that is known."""
    return tuple(module.name for module in pkgutil.iter_modules(__path__))


def load(name: str) -> Benchmark:
    """Returns the declaration of an evaluation set: the constant BENCHMARK of its module.

    Raises:
        ValueError: none has that name.
    """
    if name not in names():
        raise ValueError(f"unknown evaluation set {name!r}; there are: {', '.join(names())}")
    module = importlib.import_module(f"{__name__}.{name}")
    benchmark: Benchmark = module.BENCHMARK
    return benchmark
