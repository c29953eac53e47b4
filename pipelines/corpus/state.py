"""A build as it lies on disk, finished or not: what the other modules of this package look at."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from pipelines import funnel, store
from pipelines.layout import Layout
from pipelines.shard import ShardReceipt
from pipelines.staging import Receipt, read_receipt

# Rows of a Parquet file that are in memory at once.
ROWS = 4096


class CorpusError(ValueError):
    """A folder that holds no corpus, or not what was asked for; the message says what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Corpus:
    """A corpus, or a build on its way to one.

    Attributes:
        layout: where it lies.
        manifest: None while the build has not ended.
        state: the record of the last build: its recipe, sources and the folders of its stages.
        published: the folders of the stages that the corpus was made from.
    """

    layout: Layout
    manifest: dict[str, Any] | None
    state: dict[str, Any]
    published: dict[str, str]

    @property
    def name(self) -> str:
        """Name of the recipe."""
        name: str = (self.manifest or self.state)["name"]
        return name

    @property
    def recipe(self) -> dict[str, Any]:
        """The recipe as it was written."""
        recipe: dict[str, Any] = (self.manifest or self.state)["recipe"]
        return recipe

    def folder(self, stage: str) -> str | None:
        """Folder of what a stage made for this corpus, or None if that is not there."""
        record = self.state if self.manifest is None else self.published
        name = record.get("plan" if stage == "write" else stage)
        path = self.layout.build(stage, str(name))
        return path if name and store.below(path, "**") else None

    def receipts(self) -> Iterator[Receipt]:
        """Streams the receipts of the units that are staged, each unit once."""
        folder = self.folder("ingest")
        if folder is not None and store.exists(store.join(folder, "done.json")):
            for name in store.read_json(store.join(folder, "done.json")):
                for record in store.read_lines(store.join(folder, name)):
                    yield Receipt(**record)
            return
        for name in self.state.get("units", ()) if self.manifest is None else ():
            for record in store.read_lines(self.layout.build("units", name)):
                receipt = read_receipt(self.layout, record["id"])
                if receipt is not None:
                    yield receipt

    def shards(self) -> list[ShardReceipt]:
        """The receipts of the shards that are written, sorted by name."""
        if self.manifest is not None:
            return [ShardReceipt(**each) for each in self.manifest["shards"]]
        return written(self.folder("write"))

    def funnel(self) -> dict[str, dict[str, Any]]:
        """For each entry of the recipe, what came in, went out and stayed, so far."""
        if self.manifest is not None:
            counts: dict[str, dict[str, Any]] = self.manifest["funnel"]
            return counts
        return funnel.count(self.state["sources"], list(self.receipts()), self.folder("plan"))

    def index(self, shard: str, columns: list[str] | None = None) -> Iterator[pa.RecordBatch]:
        """Streams the Parquet index of a shard."""
        yield from batches(self.layout.corpus(f"{shard}.parquet"), columns)


def open_corpus(out: str) -> Corpus:
    """Opens what a build has made in a folder or below a URL.

    Raises:
        CorpusError: nothing was built there.
    """
    layout = Layout(out=out.rstrip("/") or "/")
    state = layout.build("state.json")
    manifest, known = _read(layout.manifest), _read(state) or {}
    if manifest is None and not known:
        raise CorpusError(
            f"{out} holds neither a corpus (manifest.json) nor a build (_build/state.json); "
            "`shardwright build RECIPE --out DIR` makes one"
        )
    published = _read(layout.published) or {}
    return Corpus(layout=layout, manifest=manifest, state=known, published=published)


def _read(path: str) -> dict[str, Any] | None:
    """Reads a JSON file if there is one."""
    if not store.exists(path):
        return None
    try:
        value: dict[str, Any] = store.read_json(path)
    except ValueError as error:
        raise CorpusError(f"{path}: is not JSON: {error}") from None
    return value


def written(folder: str | None) -> list[ShardReceipt]:
    """Reads the receipts of shards below the folder of a write stage."""
    if folder is None:
        return []
    found = store.below(folder, "*/**/*.json")
    records = [ShardReceipt(**store.read_json(each.path)) for each in found]
    return sorted(records, key=lambda each: each.name)


def batches(path: str, columns: list[str] | None = None) -> Iterator[pa.RecordBatch]:
    """Streams a Parquet file; its names of columns that it does not have are left out."""
    with store.open_file(path) as stream:
        table = pq.ParquetFile(stream)
        known = set(table.schema_arrow.names)  # which reads the file's schema anew each time
        wanted = columns and [name for name in columns if name in known]
        yield from table.iter_batches(ROWS, columns=wanted)
