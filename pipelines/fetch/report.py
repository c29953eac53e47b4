"""What a fetch came to: OUT/fetch.json, written last, and what a person sees of it."""

import json
import re
import sys
import time
from collections import Counter, defaultdict
from dataclasses import asdict
from typing import Any, Self

from pipelines import progress, runners, store
from pipelines.fetch.outcomes import KINDS, OK
from pipelines.fetch.settings import Settings
from pipelines.fetch.shard import Receipt, heals, stem
from pipelines.layout import Layout

# Failing hosts shown, and kept in the report.
_SHOWN, _KEPT = 5, 100
_OURS = re.compile(r"(\d{6}(?:-\d+)?)\.(?:tar|parquet)")


def write(layout: Layout, counts: Counter[str], settings: Settings) -> dict[str, Any]:
    """Checks that nothing vanished, removes what earlier attempts left, and writes the report.

    Raises:
        BuildError: receipts and lists do not agree.
    """
    found = store.find(layout.build("receipts", "*.json"))
    receipts = [Receipt(**store.read_json(each.path)) for each in found]
    receipts = [each for each in receipts if each.shard < counts["shards"]]
    outcomes: Counter[str] = Counter()
    hosts: dict[str, Counter[str]] = defaultdict(Counter)
    for receipt in receipts:
        outcomes.update(receipt.outcomes)
        for host, failures in receipt.hosts.items():
            hosts[host].update(failures)
    if outcomes.total() != counts["urls"]:
        raise runners.BuildError(
            f"{counts['urls']} URLs were listed, but {outcomes.total()} are accounted for: "
            f"remove {layout.build('receipts')} and fetch again"
        )
    _sweep(layout, receipts)
    worst = sorted(hosts, key=lambda host: (-hosts[host].total(), host))[:_KEPT]
    value = {
        "rows": counts["rows"],
        "broken_rows": counts["broken"],
        "rows_without_url": counts["without"],
        "urls": counts["urls"],
        "images": outcomes[OK],
        "success": round(outcomes[OK] / counts["urls"], 4),
        "outcomes": dict(sorted(outcomes.items())),
        "may_heal": sum(count for reason, count in outcomes.items() if heals(reason)),
        "failing_hosts": {host: dict(sorted(hosts[host].items())) for host in worst},
        "user_agent": settings.user_agent,
        "settings": asdict(settings),
        "shards": [
            {
                "name": stem(each.shard, each.attempt),
                "images": each.outcomes.get(OK, 0),
                "bytes": each.bytes,
                "digest": each.digest,
            }
            for each in receipts
        ],
    }
    store.write_json(layout.corpus("fetch.json"), value)
    return value


def _sweep(layout: Layout, receipts: list[Receipt]) -> None:
    """Removes tars, tables and journals that no receipt names: killed processes left them."""
    named = {receipt.stem for receipt in receipts}
    stale = [found.path for found in store.find(layout.build("spool", "*"))]
    for found in store.find(layout.corpus("*")):
        match = _OURS.fullmatch(found.path.rsplit("/", 1)[-1])
        if match and match[1] not in named:
            stale.append(found.path)
    store.remove(stale)


class Live:
    """A line on the terminal that tells how far a fetch is; silent elsewhere."""

    def __init__(self, out: str) -> None:
        self._layout = Layout(out=out)
        self._began: float | None = None
        self._live = sys.stderr.isatty()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        if self._live:
            sys.stderr.write("\r\x1b[K")

    def show(self, stage: str) -> None:
        """Shows counts, rate, success and the hosts that fail most."""
        if not self._live or not stage:
            return
        self._began = self._began or time.monotonic()
        counts = progress.total(self._layout, "fetch")
        expected = progress.expected(self._layout, "fetch")
        line = describe(counts, expected, time.monotonic() - self._began)
        sys.stderr.write(f"\r\x1b[K{line if stage == 'fetch' else stage}"[:400])
        sys.stderr.flush()


def describe(counts: dict[str, int], expected: int, seconds: float) -> str:
    """Returns the progress line.

    >>> describe({"urls": 50, "images": 40, "host a.example": 9, "host b.example": 1}, 200, 10)
    '50 of 200 URLs, 80.0% images, 5/s, 30 s left; failing: a.example 9, b.example 1'
    """
    done = counts.get("urls", 0)
    words = [f"{done} of {expected} URLs"]
    if done:
        words.append(f"{100 * counts.get('images', 0) / done:.1f}% images")
        words.append(f"{done / max(seconds, 0.1):.0f}/s")
        words.append(f"{seconds / done * (expected - done):.0f} s left")
    hosts = {name[5:]: count for name, count in counts.items() if name.startswith("host ")}
    worst = sorted(hosts, key=lambda host: (-hosts[host], host))[:_SHOWN]
    failing = ", ".join(f"{host} {hosts[host]}" for host in worst)
    return ", ".join(words) + (f"; failing: {failing}" if failing else "")


def print_result(value: dict[str, Any], out: str, *, entry: str, as_json: bool) -> None:
    """Prints what came, what did not and why, and what to do next.

    Args:
        value: the report.
        out: where it lies.
        entry: name of the recipe's entry that was fetched for; empty for lists.
        as_json: whether to print JSON.
    """
    if as_json:
        print(json.dumps({name: each for name, each in value.items() if name != "shards"}))
        return
    tars = sum(1 for shard in value["shards"] if shard["images"])
    print(
        f"{out}: {value['images']} images of {value['urls']} URLs ({100 * value['success']:.1f}%) "
        f"in {tars} tars"
    )
    failures = {name: count for name, count in value["outcomes"].items() if name != OK}
    for reason in sorted(failures, key=lambda name: (-failures[name], name)):
        kind = KINDS[reason]
        heals = "  (may heal)" if kind.heals else ""
        print(f"{failures[reason]:9d}  {reason}: {kind.about}{heals}")
    for host, reasons in list(value["failing_hosts"].items())[:_SHOWN]:
        told = ", ".join(f"{reason} {count}" for reason, count in reasons.items())
        print(f"  failing host: {host or '(none)'}: {told}")
    if value["broken_rows"] or value["rows_without_url"]:
        print(f"rows: {value['broken_rows']} broken, {value['rows_without_url']} without a URL")
    if value["may_heal"]:
        print(f"next: the same command with --retry asks again for {value['may_heal']} URLs")
    use = f"`fetched: {out}` in the entry {entry}" if entry else f"source: pairs, path: {out}/*.tar"
    print(f"use in a recipe: {use}")
