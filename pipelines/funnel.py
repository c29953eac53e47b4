"""The funnel: for each entry of the recipe, what came in, what went out and why, what stayed."""

from collections import Counter
from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import Any

from pipelines import store
from pipelines.shard import ShardReceipt
from pipelines.staging import Receipt


class CountError(RuntimeError):
    """Something was lost or doubled: a fault of the program, never of the input."""


def digest(shards: Iterable[ShardReceipt]) -> str:
    """Returns one hash of all shards and their indexes: equal for equal corpora."""
    lines = [f"{each.name} {each.sha256} {each.index_sha256}\n" for each in shards]
    return sha256("".join(lines).encode()).hexdigest()


def count(
    entries: Mapping[str, str], units: list[Receipt], plan: str | None
) -> dict[str, dict[str, Any]]:
    """Returns the funnel: for each entry of the recipe, what came in, went out and stayed.

    Args:
        entries: name of each entry to the name of its source.
        units: receipts of the units.
        plan: folder of the plan; None for a build that has none yet.
    """
    funnel: dict[str, dict[str, Any]] = {}
    for entry, source in entries.items():
        mine = [unit for unit in units if unit.stanza == entry]
        skips: Counter[str] = Counter()
        for unit in mine:
            skips.update(unit.skips)
        names = ("rows", "extra", "samples", "rejects")
        totals = {name: sum(getattr(unit, name) for unit in mine) for name in names}
        funnel[entry] = {
            "source": source,
            **totals,
            "skips": dict(sorted(skips.items())),
            "removed": {},
            "written": 0,
        }
    for found in store.below(plan, "counts/*.json") if plan else ():
        for name, reason, number in store.read_json(found.path):
            line = funnel[name]
            if reason:
                line["removed"][reason] = line["removed"].get(reason, 0) + number
            else:
                line["written"] += number
    return funnel


def check(funnel: Mapping[str, Mapping[str, Any]], shards: Iterable[ShardReceipt]) -> None:
    """Nothing vanished: rows became samples, skips or rejects, samples were written or removed.

    Raises:
        CountError: they did not.
    """
    for name, line in funnel.items():
        left = line["rows"] + line["extra"]
        right = line["samples"] + sum(line["skips"].values()) + line["rejects"]
        if left != right:
            raise CountError(f"{name}: {left} rows gave {right} samples, skips and rejects")
        gone = sum(line["removed"].values())
        if line["samples"] != line["written"] + gone:
            raise CountError(
                f"{name}: of {line['samples']} samples {line['written']} were to be written and "
                f"{gone} removed"
            )
    planned = sum(line["written"] for line in funnel.values())
    written = sum(shard.samples for shard in shards)
    if planned != written:
        raise CountError(f"{planned} samples were to be written, the shards hold {written}")
