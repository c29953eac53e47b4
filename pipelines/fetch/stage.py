"""The fetch as Beam pipelines: lists are cut into shards, then lanes of shards are fetched.

Only paths go from step to step. What a lane has finished stands in receipts, so the same command
goes on where a killed one was.
"""

import asyncio
import gc
import os
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import apache_beam as beam
import uvloop
from apache_beam.pvalue import PCollection

import sources
from pipelines import progress, runners, store
from pipelines.fetch import lists, report
from pipelines.fetch.fetcher import Fetcher
from pipelines.fetch.outcomes import OK
from pipelines.fetch.same import Same
from pipelines.fetch.settings import Settings
from pipelines.fetch.shard import Shard, read_receipt
from pipelines.job import lock
from pipelines.layout import BUILD, Layout, digest
from pipelines.progress import Meter
from pipelines.recipe import Stanza
from pipelines.units import InputError
from sources.source import Piece

# Shards of a lane at work at once, so that the slow hosts of one do not hold up the next.
_AT_ONCE = 4
# Objects made before a look for garbage: a URL makes a hundred, and next to none is in a ring.
_GARBAGE = 20_000
# Failing hosts that a worker counts for the progress line.
_HOSTS = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One call of fetch.

    Attributes:
        lists: what to read.
        settings: limits and manners.
        out: folder or URL for the tars.
        retry: whether failures that may have healed are asked for again.
        runner: engine.
        workers: processes on this machine; 0 for one a core.
        arguments: further Beam options.
    """

    lists: lists.Lists
    settings: Settings
    out: str
    retry: bool = False
    runner: str = "DirectRunner"
    workers: int = 0
    arguments: tuple[str, ...] = ()


def fetch(job: Job, watch: Callable[[str], None]) -> dict[str, Any]:
    """Fetches lists and returns the report.

    Args:
        job: what, where and how.
        watch: called twice a second with the stage at hand, on a local run.

    Raises:
        BuildError: it stopped.
        UsageError: it cannot start so.
    """
    runners.options(job.runner, job.workers, list(job.arguments))
    with lock(job.out):
        log = store.join(job.out, BUILD, "log.txt")
        drive = "pipelines.fetch.stage:run_stages"
        result: dict[str, Any] = runners.run(drive, job, watch, log)
        return result


def run_stages(job: Job, say: Callable[[str], None]) -> dict[str, Any]:
    """Cuts, fetches and reports in this process; `say` is told of each."""
    layout = Layout(out=job.out)
    progress.clear(layout)
    say("lists")
    pieces = lists.find_pieces(job.lists)
    lanes = _begin(job, layout, pieces)
    uncut = [piece for piece in pieces if not lists.is_cut(piece, layout)]
    _run(job, uncut, CutLists(lists=job.lists, lanes=lanes, layout=layout))
    counts = lists.plan_lanes(pieces, layout)
    if not counts["urls"] and job.lists.entry is not None:
        raise InputError(
            f"{job.lists.entry.name}: none of {counts['rows']} rows ({counts['broken']} of them "
            "broken) has an image by URL: there is nothing to fetch, build it as it is"
        )
    if not counts["urls"]:
        raise InputError(
            f"none of {counts['rows']} rows has a URL in column {job.lists.url!r}; the first row "
            f"has {lists.columns(pieces)}: name the column by --url-column"
        )
    progress.expect(layout, "fetch", counts["urls"])
    say("fetch")
    _run(
        job,
        _open_lanes(job, layout),
        FetchLanes(settings=job.settings, layout=layout, retry=job.retry),
    )
    say("report")
    return report.write(layout, counts, job.settings)


@dataclass(slots=True, kw_only=True)
class CutLists(beam.PTransform[PCollection[Piece], PCollection[None]]):
    """Pieces of lists to files of URLs.

    Attributes:
        lists: columns and sizes.
        lanes: how many.
        layout: where to write.
    """

    lists: lists.Lists
    lanes: int
    layout: Layout

    def expand(self, pieces: PCollection[Piece]) -> PCollection[None]:
        """Wires it."""
        cut = partial(lists.cut_piece, lists=self.lists, lanes=self.lanes, layout=self.layout)
        return pieces | "SpreadPieces" >> beam.Reshuffle() | "CutPiece" >> beam.Map(cut)


@dataclass(slots=True, kw_only=True)
class FetchLanes(beam.PTransform[PCollection[str], PCollection[int]]):
    """Paths of lanes to how many shards each has.

    Attributes:
        settings: limits and manners.
        layout: where to write.
        retry: whether failures that may have healed are asked for again.
    """

    settings: Settings
    layout: Layout
    retry: bool

    def expand(self, lanes: PCollection[str]) -> PCollection[int]:
        """Wires it."""
        fetch = partial(fetch_lane, settings=self.settings, layout=self.layout, retry=self.retry)
        return lanes | "SpreadLanes" >> beam.Reshuffle() | "FetchLane" >> beam.Map(fetch)


def fetch_lane(path: str, settings: Settings, layout: Layout, *, retry: bool) -> int:
    """Fetches the shards of a lane, but for those that are done."""
    meter = Meter(layout, "fetch")
    failing: Counter[str] = Counter()

    def tell(host: str, reason: str) -> None:
        counts = {"urls": 1, "images": int(reason == OK)}
        if reason != OK and (host in failing or len(failing) < _HOSTS):
            failing[host] += 1
            counts[f"host {host}"] = 1
        meter.count(**counts)

    planned = list(store.read_lines(path))
    shards = list(_open(planned, layout, retry, meter))
    hashes = {
        file["shard"]: lists.hashes_of(layout.build("lists", file["path"])) for file in planned
    }
    # What stands by now stays: there is no need to look through it again for garbage.
    gc.freeze()
    gc.set_threshold(_GARBAGE, 10, 10)
    try:
        with Same(hashes) as same, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_fetch_shards(shards, same, settings, tell))
    except ExceptionGroup as group:
        # A full disk, say, stops all that was under way; one of them can say it.
        raise _first(group) from group
    meter.flush()
    return len(planned)


def _first(error: Exception) -> Exception:
    return _first(error.exceptions[0]) if isinstance(error, ExceptionGroup) else error


def _open_lanes(job: Job, layout: Layout) -> list[str]:
    """Returns the lanes where something is left to fetch."""
    lanes = []
    for found in store.find(layout.build("lanes", "*.jsonl")):
        receipts = (read_receipt(layout, file["shard"]) for file in store.read_lines(found.path))
        if any(each is None or (job.retry and each.healing) for each in receipts):
            lanes.append(found.path)
    return lanes


def _open(
    planned: list[dict[str, Any]], layout: Layout, retry: bool, meter: Meter
) -> Iterator[tuple[Shard, str]]:
    """Yields the shards that are not done, and where their URLs lie."""
    for file in planned:
        before = read_receipt(layout, file["shard"])
        asked = retry and before is not None and before.healing
        if before is not None:
            left = before.healing if asked else 0
            meter.count(urls=before.rows - left, images=before.outcomes.get(OK, 0))
        if before is None or asked:
            shard = Shard(number=file["shard"], entries=[], layout=layout, before=before)
            yield shard, layout.build("lists", file["path"])


async def _fetch_shards(
    shards: list[tuple[Shard, str]],
    same: Same,
    settings: Settings,
    tell: Callable[[str, str], None],
) -> None:
    """Fetches shards, a few at once; the workers take them in order, and wait for earlier ones."""
    waiting = iter(shards)
    done = {shard.number: asyncio.Event() for shard, _ in shards}

    async def work() -> None:
        for shard, path in waiting:
            shard.entries = list(store.read_lines(path))
            shard.same = same.of(shard.number)
            shard.finished = partial(_finished, done, shard.layout)
            await shard.fetch(fetcher, tell)
            shard.entries, shard.same = [], {}
            done[shard.number].set()

    if shards:
        async with Fetcher(settings) as fetcher, asyncio.TaskGroup() as group:
            for _ in range(_AT_ONCE):
                group.create_task(work())


async def _finished(done: dict[int, asyncio.Event], layout: Layout, number: int) -> str:
    """Waits for a shard of this lane, if it is under way; returns its stem."""
    if number in done:
        await done[number].wait()
    receipt = read_receipt(layout, number)
    assert receipt is not None, f"shard {number} is done but has no receipt"
    return receipt.stem


def _begin(job: Job, layout: Layout, pieces: list[Piece]) -> int:
    """Notes what this folder is for, or checks that it is for this; returns how many lanes."""
    path = layout.build("fetch.json")
    files = sorted({(piece.file.name, piece.file.size) for piece in pieces})
    lanes = lists.count_lanes(pieces)
    columns = {
        "paths": None,
        **{name: getattr(job.lists, name) for name in ("url", "text", "rows")},
    }
    now = {"files": [list(each) for each in files], "columns": columns, "lanes": lanes}
    if job.lists.entry is not None:
        now["entry"] = _reading(job.lists.entry)
    if store.exists(path):
        before = store.read_json(path)
        if before != now:
            raise InputError(
                f"{job.out} holds another fetch: other lists, columns or rows a shard. "
                "Give the same ones, or another --out"
            )
    else:
        store.write_json(path, now)
    return lanes


def _reading(entry: Stanza) -> str:
    """What decides which URLs the rows of a recipe's entry hold."""
    return digest([entry.source, sources.load(entry.source).version, entry.options])


def _run(job: Job, inputs: list[Any], stage: beam.PTransform[Any, Any]) -> None:
    """Runs a stage as a pipeline with no more workers than it has inputs, if it has any."""
    if not inputs:
        return
    workers = min(job.workers or os.cpu_count() or 1, len(inputs))
    options = runners.options(job.runner, workers, list(job.arguments))
    with beam.Pipeline(options=options) as pipeline:
        _ = pipeline | "Inputs" >> beam.Create(inputs) | type(stage).__name__ >> stage
