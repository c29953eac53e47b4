"""What a person sees of a build while it runs and when it is done."""

import json
import sys
import time
from typing import Any, Self

from pipelines import progress
from pipelines.layout import Layout


class Progress:
    """A line on the terminal that tells how far a build is; silent elsewhere."""

    def __init__(self, out: str) -> None:
        self._layout = Layout(out=out)
        self._stage = ""
        self._began = time.monotonic()
        self._live = sys.stderr.isatty()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: Any) -> None:
        if self._live:
            sys.stderr.write("\r\x1b[K")

    def show(self, stage: str) -> None:
        """Shows the stage at hand with its counts, rate and time left."""
        if stage != self._stage:
            self._stage, self._began = stage, time.monotonic()
        if self._live and stage:
            counts = progress.total(self._layout, stage)
            expected = progress.expected(self._layout, stage)
            line = describe(stage, counts, expected, time.monotonic() - self._began)
            sys.stderr.write(f"\r\x1b[K{line}")
            sys.stderr.flush()


def describe(stage: str, counts: dict[str, int], expected: int, seconds: float) -> str:
    """Returns the progress line of a stage.

    >>> describe("ingest", {"units": 5, "samples": 600, "rejects": 2}, 10, 30.0)
    'ingest: 5 of 10 units, 600 samples, 2 rejects, 20/s, 30 s left'
    """
    what = "shards" if stage == "write" else "units"
    done = counts.get(what, 0)
    words = [f"{stage}: {done} of {expected} {what}" if expected else f"{stage}: at work"]
    words += [f"{counts[name]} {name}" for name in ("samples", "rejects") if counts.get(name)]
    if counts.get("samples"):
        words.append(f"{counts['samples'] / max(seconds, 0.1):.0f}/s")
    if expected and done:
        words.append(f"{seconds / done * (expected - done):.0f} s left")
    return ", ".join(words)


def print_result(manifest: dict[str, Any], out: str, *, as_json: bool) -> None:
    """Prints what was built, and what to look at next."""
    summary = {name: manifest[name] for name in ("name", "samples", "bytes", "digest", "funnel")}
    if as_json:
        print(json.dumps({**summary, "over_limit": manifest["over_limit"]}, ensure_ascii=False))
        return
    shards = len(manifest["shards"])
    print(f"{out}: {manifest['samples']} samples in {shards} shards, {manifest['bytes']} bytes")
    for name in manifest["over_limit"]:
        line = manifest["funnel"][name]
        print(
            f"{name}: {line['rejects']} of {line['rows']} rows broke, more than the recipe "
            f"allows: see {out}/rejects/{name}.jsonl",
            file=sys.stderr,
        )
