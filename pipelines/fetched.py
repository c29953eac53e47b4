"""Images by URL: where `shardwright fetch` put each, looked up by the million in flat memory.

A build makes one index of a finished fetch. Its records lie sorted by a hash of the URL; behind
them stands a table of where each range of hashes begins. So an image costs two small reads of the
index and one of a tar, on a local disk and on an object store alike, and nothing is held.

    ID.bin     records, then the table
    ID.json    written last: the names of the tars, how many records, how fine the table is
"""

import struct
import tempfile
from collections.abc import Iterator
from functools import lru_cache
from hashlib import blake2b
from typing import Any, BinaryIO

import numpy as np
import pyarrow.parquet as pq

from pipelines import store, tar

# Hash in two halves (so that numbers sort as bytes do), place of the name, offset, size. A failure
# has size 0, and its class in place of the tar.
_RECORD = np.dtype([("high", "<u8"), ("low", "<u8"), ("name", "<u4"), ("size", "<u4"),
                    ("offset", "<u8")])  # fmt: skip
_LAYOUT = struct.Struct("<QQIIQ")
_ENTRY = struct.Struct("<QQ")
# Records are parted by the first byte of their hash, so that each part can be sorted in memory.
_PARTS = 256
# Records in a range of the table, about.
_RANGE = 64
_COLUMNS = ["url", "reason", "tar", "offset", "size"]


class NotFinished(ValueError):
    """A folder that holds no finished fetch; the message says what to do."""


class Missing(Exception):
    """An image that is not there, and may be missed.

    Attributes:
        reason: of the skip, if it leads to one.
        detail: which image, and why.
    """

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


def identity(folder: str) -> str:
    """Returns a hash of what a fetch brought: another one after each fetch that brought more.

    Raises:
        NotFinished: the folder holds no finished fetch.
    """
    shards = [[each["name"], each["digest"]] for each in _report(folder)["shards"]]
    return blake2b(store.line(shards), digest_size=8).hexdigest()


def build(folder: str, index: str) -> None:
    """Makes the index of a fetch, unless it is there.

    Args:
        folder: of the fetch.
        index: path of the index's JSON; its records lie beside it.

    Raises:
        NotFinished: the folder holds no finished fetch, or one that has changed since.
    """
    if store.exists(index):
        return
    names = [each["name"] for each in _report(folder)["shards"]]
    reasons: dict[str, int] = {}
    with tempfile.TemporaryDirectory() as spill:
        count = _part(folder, names, reasons, spill)
        bits = max(1, (count // _RANGE).bit_length())
        with store.publishing(_records(index)) as stream:
            count = _write(spill, bits, stream)
    value = {"folder": folder, "names": names, "reasons": list(reasons), "records": count}
    store.write_json(index, {**value, "bits": bits})


@lru_cache(maxsize=4)
def load(index: str) -> "Fetched":
    """Returns an index as it was read by this process."""
    return Fetched(index)


class Fetched:
    """A fetch by URL.

    Args:
        index: path of the index's JSON.
    """

    def __init__(self, index: str) -> None:
        self._told = store.read_json(index)
        self._path = _records(index)

    def read(self, url: str) -> bytes:
        """Returns the image that a URL brought.

        Raises:
            Missing: it brought none.
            OSError: the tar that holds it is gone.
        """
        high, low = _hash(url)
        for name, size, offset in self._find(high, low):
            if not size:
                raise Missing("image_not_fetched", f"{url}: {self._told['reasons'][name]}")
            path = store.join(self._told["folder"], f"{self._told['names'][name]}.tar")
            with store.open_file(path) as stream:
                return tar.read_range(stream, offset, size)
        raise Missing("image_not_fetched", f"{url}: not in the lists that were fetched")

    def _find(self, high: int, low: int) -> Iterator[tuple[int, int, int]]:
        """Name, size and offset of the record with a hash, if there is one."""
        place = high >> (64 - self._told["bits"])
        table = self._told["records"] * _LAYOUT.size
        with store.open_file(self._path) as stream:
            start, stop = _ENTRY.unpack(tar.read_range(stream, table + 8 * place, _ENTRY.size))
            data = tar.read_range(stream, start * _LAYOUT.size, (stop - start) * _LAYOUT.size)
        for one, two, name, size, offset in _LAYOUT.iter_unpack(data):
            if (one, two) == (high, low):
                yield name, size, offset


def _report(folder: str) -> dict[str, Any]:
    try:
        value = store.read_json(store.join(folder, "fetch.json"))
        if isinstance(value, dict) and "shards" in value:
            return value
    except (OSError, ValueError):
        pass
    raise NotFinished(
        f"{folder} holds no finished fetch (its fetch.json is missing or is none): "
        "run `shardwright fetch` into it, to its end"
    )


def _records(index: str) -> str:
    return f"{index.removesuffix('.json')}.bin"


def _hash(url: str) -> tuple[int, int]:
    digest = blake2b(url.strip().encode("utf-8", "surrogatepass"), digest_size=16).digest()
    return int.from_bytes(digest[:8]), int.from_bytes(digest[8:])


def _part(folder: str, names: list[str], reasons: dict[str, int], spill: str) -> int:
    """Writes the records of all tables by the first byte of their hash; returns how many."""
    count = 0
    files = [open(f"{spill}/{part}", "wb") for part in range(_PARTS)]
    try:
        for nth, name in enumerate(names):
            found = _table(folder, name, nth, reasons)
            first = (found["high"] >> np.uint64(56)).astype(np.int64)
            order = np.argsort(first, kind="stable")
            ends = np.searchsorted(first[order], np.arange(_PARTS + 1))
            for part in np.unique(first):
                chunk = found[order[ends[part] : ends[part + 1]]]
                files[part].write(chunk.tobytes())
            count += len(found)
    finally:
        for file in files:
            file.close()
    return count


def _table(folder: str, name: str, nth: int, reasons: dict[str, int]) -> Any:
    """The records of one table of a fetch."""
    path = store.join(folder, f"{name}.parquet")
    try:
        with store.open_file(path) as stream:
            lines = pq.ParquetFile(stream).read(columns=_COLUMNS).to_pylist()
    except FileNotFoundError:
        raise NotFinished(f"{path} is gone: finish the fetch that is under way there") from None
    records = []
    for line in lines:
        place, size, offset = nth, line["size"] or 0, line["offset"] or 0
        if not size:
            place = reasons.setdefault(line["reason"], len(reasons))
        records.append((*_hash(line["url"]), place, size, offset))
    return np.array(records, dtype=_RECORD)


def _write(spill: str, bits: int, stream: BinaryIO) -> int:
    """Writes the records in order, one a URL, then the table; returns how many records."""
    counts = np.zeros((1 << bits) + 1, dtype="<u8")
    shift = np.uint64(64 - bits)
    for part in range(_PARTS):
        found = np.fromfile(f"{spill}/{part}", dtype=_RECORD)
        if not len(found):
            continue
        # Of equal URLs the first image stands, and no failure if there is an image.
        keys = (found["offset"], found["name"], found["size"] == 0, found["low"], found["high"])
        found = found[np.lexsort(keys)]
        fresh = np.ones(len(found), dtype=bool)
        for half in ("high", "low"):
            fresh[1:] &= found[half][1:] == found[half][:-1]
        fresh[1:] = ~fresh[1:]
        found = found[fresh]
        stream.write(found.tobytes())
        places, sums = np.unique((found["high"] >> shift).astype(np.int64), return_counts=True)
        counts[places + 1] += sums.astype("<u8")
    table = np.cumsum(counts, dtype="<u8")
    stream.write(table.tobytes())
    return int(table[-1])
