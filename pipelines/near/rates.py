"""Removal rates: how many samples go as duplicates when more and more dumps are taken together.

The form of the table that "DeepSeek LLM" gives for 1 to 91 dumps of a crawl (22.2% to 89.8%).
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

# Reasons of removals that say that another sample says the same.
REASONS = ("duplicate_key", "exact_duplicate", "near_duplicate", "near_duplicate_image")

Funnel = Mapping[str, Mapping[str, Any]]


def own(name: str, funnel: Funnel) -> dict[str, Any]:
    """Returns what a corpus read and removed as duplicates, for those that come after it."""
    lines = [_line(name, line) for line in funnel.values()]
    totals = {key: sum(line[key] for line in lines) for key in ("samples", "removed")}
    return {"name": name, **totals}


def tables(manifest: Mapping[str, Any]) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Yields what was taken together, and the rates by how many of it.

    That is this corpus behind earlier ones; without these, the entries of each source that has
    several: of two of their samples that are alike, the one of the earlier entry stays.
    """
    if before := manifest.get("before"):
        yield "corpora", table([*before, own(manifest["name"], manifest["funnel"])])
        return
    by_source: dict[str, list[dict[str, Any]]] = {}
    for name, line in manifest["funnel"].items():
        by_source.setdefault(line["source"], []).append(_line(name, line))
    for source, lines in by_source.items():
        if len(lines) > 1:
            yield source, table(lines)


def table(dumps: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Returns, for each number of dumps taken together, samples, those removed, and their share.

    >>> first, second = ({"name": "a", "samples": 10, "removed": gone} for gone in (1, 6))
    >>> [line["rate"] for line in table([first, second])]
    [0.1, 0.35]
    """
    told, samples, removed = [], 0, 0
    for number, each in enumerate(dumps, start=1):
        samples += each["samples"]
        removed += each["removed"]
        line = {"dumps": number, "with": each["name"], "samples": samples, "removed": removed}
        told.append({**line, "rate": round(removed / samples, 4) if samples else 0.0})
    return told


def _line(name: str, line: Mapping[str, Any]) -> dict[str, Any]:
    removed = sum(line["removed"].get(reason, 0) for reason in REASONS)
    return {"name": name, "samples": line["samples"], "removed": removed}
