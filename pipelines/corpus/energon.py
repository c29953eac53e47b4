"""What Megatron-Energon wants beside the shards of a folder, so that nobody runs `prepare`.

    .nv-meta/.info.json      samples a shard
    .nv-meta/split.yaml      every shard is for training
    .nv-meta/dataset.yaml    how members become a sample
    .nv-meta/index.sqlite    where each sample and each of its parts lies, by key
    .nv-meta/index.uuid      changes when the index does

The shards' `.tar.idx` are written with the shards.
"""

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import closing
from hashlib import blake2b
from itertools import repeat
from typing import Any
from uuid import UUID

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import yaml

from pipelines import store
from pipelines.corpus.census import Sums
from pipelines.corpus.state import Corpus
from pipelines.shard import ShardReceipt

# The release whose layout this is, and whose reader it was tried with.
_VERSION = "7.4.1"
_TABLES = """
CREATE TABLE samples (
    tar_file_id INTEGER NOT NULL, sample_key TEXT NOT NULL, sample_index INTEGER NOT NULL,
    byte_offset INTEGER, byte_size INTEGER);
CREATE TABLE sample_parts (
    tar_file_id INTEGER, sample_index INTEGER, part_name TEXT,
    content_byte_offset INTEGER, content_byte_size INTEGER);
"""
# Made at the end, in one sort each: keys come in no order, and an index that grows with them would
# be read and written all over.
_INDEXES = """
CREATE UNIQUE INDEX idx_samples_by_key ON samples(sample_key);
CREATE INDEX idx_samples_by_tar_and_idx ON samples(tar_file_id, sample_index);
CREATE INDEX idx_sample_parts_seq
    ON sample_parts(tar_file_id, sample_index, content_byte_offset);
CREATE INDEX idx_sample_parts_full
    ON sample_parts(tar_file_id, sample_index, part_name, content_byte_offset, content_byte_size);
"""
_PLACE = ["key", "index", "offset", "bytes"]
_MEMBERS = ["member_names", "member_offsets", "member_sizes"]
# Where the header of an SQLite file names the library that wrote it.
_WRITER = slice(96, 100)


def info(shards: Iterable[ShardReceipt]) -> dict[str, Any]:
    """Returns the content of `.info.json`."""
    counts = {_file(shard): shard.samples for shard in shards}
    return {"energon_version": _VERSION, "shard_counts": counts}


def split(shards: Iterable[ShardReceipt]) -> bytes:
    """Returns the content of `split.yaml`."""
    parts: dict[str, list[str]] = {"train": [_file(shard) for shard in shards]}
    return _yaml({"exclude": [], "split_parts": {**parts, "val": [], "test": []}})


def dataset(folder: str, sums: Sums) -> bytes:
    """Returns the content of `dataset.yaml`: pairs and plain texts load as Energon's own samples.

    All else is given as it is, for a task encoder of the user's to cook.
    """
    stage, _, parts = folder.split("/")
    if parts.endswith("-txt"):
        fields = {"image": parts.removesuffix("-txt"), "caption": "txt"}
        return _yaml(_sample("CaptioningSample", fields))
    if parts == "json" and stage == "pretrain" and sums.most_texts == 1:
        return _yaml(_sample("TextSample", {"text": "json[texts][0]"}))
    return _yaml({"__module__": "megatron.energon", "__class__": "CrudeWebdataset"})


def uuid(shards: Iterable[ShardReceipt]) -> bytes:
    """Returns the content of `index.uuid`: of the shards' digests, so that equal shards agree."""
    lines = "".join(f"{shard.name} {shard.index_sha256}\n" for shard in shards)
    return str(UUID(bytes=blake2b(lines.encode(), digest_size=16).digest(), version=5)).encode()


def write_index(path: str, corpus: Corpus, shards: list[ShardReceipt]) -> None:
    """Writes `index.sqlite`, by way of a local folder: SQLite needs one."""
    with tempfile.TemporaryDirectory() as folder:
        local = os.path.join(folder, "index.sqlite")
        _fill(local, corpus, shards)
        with open(local, "r+b") as written:
            written.seek(_WRITER.start)
            written.write(bytes(_WRITER.stop - _WRITER.start))
        with open(local, "rb") as written, store.publishing(path) as stream:
            shutil.copyfileobj(written, stream)


def _fill(local: str, corpus: Corpus, shards: list[ShardReceipt]) -> None:
    with closing(sqlite3.connect(local, isolation_level=None)) as database:
        # If this is cut off the file is thrown away: nothing need be undone or safe on disk.
        database.executescript("PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF;")
        database.executescript(_TABLES)
        database.execute("BEGIN")
        for number, shard in enumerate(shards):
            for batch in corpus.index(shard.name, _PLACE + _MEMBERS):
                places = (batch[name].to_pylist() for name in _PLACE)
                samples = zip(repeat(number), *places)
                database.executemany("INSERT INTO samples VALUES (?, ?, ?, ?, ?)", samples)
                parts = _parts(number, batch)
                database.executemany("INSERT INTO sample_parts VALUES (?, ?, ?, ?, ?)", parts)
        database.execute("COMMIT")
        database.executescript(_INDEXES)


def _parts(number: int, batch: pa.RecordBatch) -> Iterator[tuple[int, int, str, int, int]]:
    """A row for each member of some samples of a shard."""
    names, *numbers = (batch[name] for name in _MEMBERS)
    counts = pc.list_value_length(names).to_numpy()
    index = np.repeat(batch["index"].to_numpy(), counts).tolist()
    kinds = (name.split(".", 1)[1] for name in names.flatten().to_pylist())
    offsets, sizes = (each.flatten().to_pylist() for each in numbers)
    return zip(repeat(number), index, kinds, offsets, sizes, strict=False)


def _sample(name: str, fields: dict[str, str]) -> dict[str, Any]:
    kind = {"__module__": "megatron.energon", "__class__": name}
    return {"sample_type": kind, "field_map": fields}


def _file(shard: ShardReceipt) -> str:
    return f"{shard.name.rsplit('/', 1)[-1]}.tar"


def _yaml(value: Any) -> bytes:
    return yaml.safe_dump(value, sort_keys=False).encode()
