"""Equal URLs of a list: each is asked for where it stands first; its outcome is copied elsewhere.

Equal URLs have one host, so they are in one lane. Beside each file of URLs lie their hashes, 8
bytes each. A lane that begins goes through them as often as it takes to hold no more than so many
at once, and notes on disk, by shard, which of its URLs stood in an earlier one, and where.
"""

import os
import tempfile
from collections import defaultdict
from collections.abc import Iterable
from hashlib import blake2b
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pyarrow.parquet as pq

from pipelines import store, tar
from pipelines.fetch.outcomes import OK
from pipelines.layout import Layout

# Hashes held at once: some 40 bytes each with what sorting takes.
_HELD = 1 << 22
# Place in a shard of a URL, and shard and place where it stands first.
_RECORD = np.dtype([("nth", "<u4"), ("shard", "<u4"), ("first", "<u4")])
# Columns of a table that say what became of a URL, and what its image is.
_OUTCOME = ("reason", "detail", "status", "final_url", "tries", "media_type")
_IMAGE = ("width", "height", "format", "extension", "sha256", "sent_sha256")
Numbers = npt.NDArray[np.uint64]


def write_hashes(path: str, urls: Iterable[str]) -> None:
    """Writes the hashes of a shard's URLs."""
    store.write_bytes(path, b"".join(_hash(url) for url in urls))


def _hash(url: str) -> bytes:
    return blake2b(url.encode("utf-8", "surrogatepass"), digest_size=8).digest()


class Same:
    """Which URLs of a lane's shards stand in an earlier shard of it; a context manager.

    Args:
        paths: of the hashes, by number of the shard.
        held: hashes held at once, about.
    """

    def __init__(self, paths: dict[int, str], *, held: int = _HELD) -> None:
        self._paths = paths
        self._held = held

    def __enter__(self) -> Self:
        self._folder = tempfile.TemporaryDirectory()
        count = sum(len(_read(path)) for path in self._paths.values())
        parts = -(-count // self._held)
        for part in range(parts):
            self._find(part, parts)
        return self

    def __exit__(self, *failure: object) -> None:
        self._folder.cleanup()

    def of(self, shard: int) -> dict[int, dict[int, int]]:
        """Returns the places of a shard's URLs by the shard and the place where each is first."""
        found: dict[int, dict[int, int]] = defaultdict(dict)
        if os.path.exists(path := self._path(shard)):
            for nth, first_shard, first in np.fromfile(path, dtype=_RECORD).tolist():
                found[first_shard][nth] = first
        return found

    def _find(self, part: int, parts: int) -> None:
        """Notes the URLs of a part of all hashes that are not the first of their kind."""
        hashes, shards, places = self._load(part, parts)
        order = np.argsort(hashes, kind="stable")
        hashes, shards, places = hashes[order], shards[order], places[order]
        begins = np.ones(len(hashes), dtype=bool)
        begins[1:] = hashes[1:] != hashes[:-1]
        first = np.flatnonzero(begins)[np.cumsum(begins) - 1]
        later = np.flatnonzero(shards != shards[first])
        later = later[np.argsort(shards[later], kind="stable")]
        found = np.empty(len(later), dtype=_RECORD)
        found["nth"], found["shard"] = places[later], shards[first][later]
        found["first"] = places[first][later]
        for shard in np.unique(shards[later]).tolist():
            start, stop = np.searchsorted(shards[later], [shard, shard + 1])
            with open(self._path(shard), "ab") as stream:
                stream.write(found[start:stop].tobytes())

    def _load(self, part: int, parts: int) -> tuple[Numbers, Numbers, Numbers]:
        """A part of all hashes, with shard and place of each, in their order."""
        hashes, shards, places = [], [], []
        for shard in sorted(self._paths):
            every = _read(self._paths[shard])
            mine = np.flatnonzero(every % np.uint64(parts) == part)
            hashes.append(every[mine])
            shards.append(np.full(len(mine), shard, dtype=np.uint64))
            places.append(mine.astype(np.uint64))
        return np.concatenate(hashes), np.concatenate(shards), np.concatenate(places)

    def _path(self, shard: int) -> str:
        return os.path.join(self._folder.name, str(shard))


def _read(path: str) -> Numbers:
    with store.open_file(path) as stream:
        return np.frombuffer(stream.read(), dtype="<u8")


def read_table(layout: Layout, stem: str) -> list[dict[str, Any]]:
    """Returns the lines of a finished shard's table.

    Args:
        layout: where it lies.
        stem: what the names of its files begin with.
    """
    with store.open_file(layout.corpus(f"{stem}.parquet")) as stream:
        return list(pq.ParquetFile(stream).read().to_pylist())


def record_of(line: dict[str, Any]) -> dict[str, Any]:
    """Returns a line of a table as the record of an outcome that it was made of."""
    image = {name: line[name] for name in _IMAGE} if line["reason"] == OK else {}
    return {**{name: line[name] for name in _OUTCOME}, "image": image}


def read_image(layout: Layout, line: dict[str, Any]) -> bytes:
    """Returns the image of a line of a finished shard's table; nothing if it has none."""
    if line["reason"] != OK:
        return b""
    with store.open_file(layout.corpus(f"{line['tar']}.tar")) as stream:
        return tar.read_range(stream, line["offset"], line["size"])
