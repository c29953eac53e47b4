"""Progress of a local build: each worker process keeps a small file of counts, the build sums them.

For people only: what is true is in the receipts.
"""

import json
import os
import time
from collections import Counter

from pipelines import store
from pipelines.layout import Layout


class Meter:
    """Counts of one worker process in one stage, written at most twice a second.

    Args:
        layout: of the build.
        stage: name of the stage.
    """

    def __init__(self, layout: Layout, stage: str) -> None:
        self._path = layout.build("progress", f"{stage}-{os.getpid()}.json")
        self._live = store.is_local(layout.out)
        self._counts: Counter[str] = Counter()
        self._written = 0.0

    def count(self, **counts: int) -> None:
        """Adds to the counts."""
        for name, count in counts.items():
            self._counts[name] += count
        if self._live and time.monotonic() - self._written > 0.5:
            self.flush()

    def flush(self) -> None:
        """Writes the counts."""
        if self._live:
            os.makedirs(os.path.dirname(self._path), exist_ok=True)
            temporary = f"{self._path}.new"
            with open(temporary, "w", encoding="utf-8") as stream:
                json.dump(self._counts, stream)
            os.replace(temporary, self._path)
            self._written = time.monotonic()


def total(layout: Layout, stage: str) -> Counter[str]:
    """Returns the sum of what the workers of a stage have counted."""
    counts: Counter[str] = Counter()
    if not store.is_local(layout.out):
        return counts
    for found in store.below(layout.build("progress"), f"{stage}-*.json"):
        counts.update(store.read_json(found.path))
    return counts


def clear(layout: Layout) -> None:
    """Forgets what was counted before."""
    if store.is_local(layout.out):
        store.remove([found.path for found in store.below(layout.build("progress"), "*.json")])


def expect(layout: Layout, stage: str, count: int) -> None:
    """Notes how many units or shards a stage has."""
    if store.is_local(layout.out):
        store.write_json(layout.build("progress", f"{stage}.json"), count)


def expected(layout: Layout, stage: str) -> int:
    """Returns what `expect` noted, or 0."""
    path = layout.build("progress", f"{stage}.json")
    known = store.is_local(layout.out) and store.exists(path)
    return int(store.read_json(path)) if known else 0
