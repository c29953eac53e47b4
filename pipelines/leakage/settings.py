"""What a recipe says of leakage."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from pipelines import store
from pipelines.leakage import stop
from pipelines.leakage.fingerprint import FingerprintError, read_head

# Why a sample is removed, before the name of the set.
REASON = "leakage:"
# Folder of what was found, below that of the removals.
MATCHES = "matches"


@dataclass(frozen=True, slots=True, kw_only=True)
class Leakage:
    """Which evaluation sets are looked for, and what counts as found.

    Attributes:
        fingerprints: patterns of the files of fingerprints, absolute or URLs.
        ngrams: distinct n-grams of one item that a sample must hold; all of an item with fewer.
        questions: whether a question that stands whole in a sample is enough.
        distance: bits of 64 in which perceptual hashes may differ; None to leave pictures alone.
        stop_phrases: further phrases of which no n-gram may hold a part.
        remove: whether what is found is removed, not only reported.
    """

    fingerprints: tuple[str, ...]
    ngrams: int = 3
    questions: bool = True
    distance: int | None = 4
    stop_phrases: tuple[str, ...] = ()
    remove: bool = True


def read_leakage(raw: Any, absolute: Callable[[str], str]) -> Leakage:
    """Returns the settings of a recipe: a list of files, or an object with them."""
    told = _told(raw)
    plain = {name: told[name] for name in ("ngrams", "questions", "distance") if name in told}
    return Leakage(
        fingerprints=tuple(absolute(path) for path in told["fingerprints"]),
        stop_phrases=stop.read(absolute(told["stop_phrases"])) if "stop_phrases" in told else (),
        remove=told.get("action", "remove") == "remove",
        **plain,
    )


def leakage_faults(
    raw: Any, absolute: Callable[[str], str]
) -> Iterator[tuple[tuple[Any, ...], str]]:
    """Yields what is wrong with the files that a recipe names, with the place where it stands."""
    told = _told(raw)
    names: dict[str, str] = {}
    heads: dict[str, Any] = {}
    for index, pattern in enumerate(told["fingerprints"]):
        where = ("leakage", *(("fingerprints",) if isinstance(raw, dict) else ()), index)
        found = [each.path for each in store.find(absolute(pattern))]
        if not found:
            yield where, f"{pattern} finds no file: `shardwright fingerprint` makes them"
        for path in found:
            try:
                head = read_head(path)
            except FingerprintError as error:
                yield where, str(error)
                continue
            if names.setdefault(head["name"], path) != path:
                yield where, f"{path} and {names[head['name']]} are both named {head['name']!r}"
            size = heads.setdefault("size", head["parameters"]["size"])
            if head["parameters"]["size"] != size:
                yield where, f"{path} has n-grams of {head['parameters']['size']}, others of {size}"
    if "stop_phrases" in told:
        try:
            stop.read(absolute(told["stop_phrases"]))
        except (OSError, ValueError) as error:
            yield ("leakage", "stop_phrases"), f"{told['stop_phrases']}: {error}"


def _told(raw: Any) -> dict[str, Any]:
    return raw if isinstance(raw, dict) else {"fingerprints": raw}
