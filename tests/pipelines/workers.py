"""What the child processes of tests do; a module of its own because children import it."""

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from sources import readers
from sources.sample import Sample, Segment, Skip
from sources.source import Broken, Row

_held = []


def make(settings: dict[str, Any]) -> Callable[[tuple[str, Any]], Any]:
    """Returns a function that behaves as its item says."""
    if settings.get("refuse"):
        raise ValueError("bad settings")
    return lambda item: _VERBS[item[0]](item[1])


def _exit(code: int) -> None:
    print("last words", flush=True)
    os._exit(code)


def _spin(value: None) -> None:
    while True:
        pass


def _raise(text: str) -> None:
    raise ValueError(text)


_VERBS: dict[str, Callable[[Any], Any]] = {
    "echo": lambda value: value,
    "exit": _exit,
    "abort": lambda value: os.abort(),
    "sleep": time.sleep,
    "spin": _spin,
    "eat": lambda size: _held.append(bytearray(size)),
    "raise": _raise,
    "pid": lambda value: os.getpid(),
}


def make_hostile(settings: Any) -> Callable[[Any], Any]:
    """Returns the real conversion of rows, over a source whose rows do what their text says."""
    import sources
    from pipelines import convert

    hostile = replace(sources.load("documents"), parse=_parse_hostile)
    sources.load = lambda name: hostile
    return convert.make(settings)


def make_slow(settings: Any) -> Callable[[Any], Any]:
    """As `make_hostile`, but the first row of a piece comes after a while, as if it were joined."""
    rows = readers.JsonLines.rows

    def late(*given: Any) -> Iterator[Row | Broken]:
        time.sleep(3)
        yield from rows(*given)

    readers.JsonLines.rows = late  # type: ignore[method-assign]
    return make_hostile(settings)


def _parse_hostile(row: Row) -> Iterator[Sample | Skip]:
    verb, _, value = row.value["text"].partition(" ")
    if verb in _VERBS:
        _VERBS[verb](float(value) if verb == "sleep" else int(value or 0))
    if verb == "skip":
        yield Skip(reason=value, part="part 1")
        yield Skip(reason=value, part="part 2")
        return
    if verb != "nothing":
        yield Sample(segments=(Segment(text=row.value["text"]),))
