"""Earlier corpora as files of signatures: what a new build is compared with, and never removes.

FOLDER/earlier.json      name, counts, what signatures depend on, and digests of the files
FOLDER/00000.parquet     the samples of a bucket that were no duplicates: key, hashes, signature

`shardwright signatures` writes such a folder; a recipe names it under `dedup.before`. It holds no
text, and of pictures no more than grey thumbnails of 32 pixels a side: about a kilobyte a text or
picture. The corpus itself need not be kept.
"""

from collections.abc import Callable, Iterable, Iterator
from hashlib import sha256
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from pipelines import store
from pipelines.near import minhash

HEAD = "earlier.json"
FORMAT = 2
SCHEMA = pa.schema(
    [
        # Of the corpus's name and the sample's key: other corpora may have the same keys.
        ("key", pa.string()),
        ("offset", pa.int64()),
        ("content_hash", pa.string()),
        ("category", pa.string()),
        ("images", pa.int32()),
        ("min_entropy", pa.float32()),
        ("perceptual_hashes", pa.list_(pa.string())),
        ("minhash", pa.binary(minhash.BYTES)),
        ("thumbnails", pa.binary()),
    ]
)
# Rows of a file that are in memory at once.
_ROWS = 4096


def is_earlier_file(path: str) -> bool:
    """Whether a path is that of an earlier corpus's file, not of a list of receipts."""
    return path.endswith(".parquet")


def files(folders: Iterable[str]) -> list[str]:
    """Returns the paths of the files of earlier corpora."""
    return [
        store.join(folder, name)
        for folder in folders
        for name in store.read_json(store.join(folder, HEAD))["files"]
    ]


def identity(folders: Iterable[str]) -> list[str]:
    """Returns a digest of each folder, which results depend on."""
    found = []
    for folder in folders:
        with store.open_file(store.join(folder, HEAD)) as stream:
            found.append(sha256(stream.read()).hexdigest())
    return found


def history(folders: Iterable[str]) -> list[dict[str, Any]]:
    """Returns, in order, what each earlier corpus read and removed, each once."""
    found: dict[str, dict[str, Any]] = {}
    for folder in folders:
        for each in store.read_json(store.join(folder, HEAD))["history"]:
            found.setdefault(each["name"], each)
    return list(found.values())


def read_earlier(path: str, columns: Iterable[str]) -> Iterator[dict[str, Any]]:
    """Streams some facts of the samples of a file."""
    with store.open_file(path) as stream:
        for batch in pq.ParquetFile(stream).iter_batches(_ROWS, columns=sorted({*columns})):
            yield from batch.to_pylist()


def write(path: str, rows: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """Publishes a file of samples; returns its count and digest."""
    count, held = 0, []
    with (
        store.publishing(path) as stream,
        pq.ParquetWriter(stream, SCHEMA, compression="zstd") as writer,
    ):
        for row in rows:
            held.append({**row, "offset": count})
            count += 1
            if len(held) == _ROWS:
                writer.write_table(pa.Table.from_pylist(held, schema=SCHEMA))
                held.clear()
        writer.write_table(pa.Table.from_pylist(held, schema=SCHEMA))
    with store.open_file(path) as stream:
        return {"samples": count, "sha256": sha256(stream.read()).hexdigest()}


def earlier_faults(
    folders: Iterable[str], absolute: Callable[[str], str]
) -> Iterator[tuple[tuple[Any, ...], str]]:
    """Yields what is wrong with the folders of a recipe, with the place where it stands."""
    names: dict[str, str] = {}
    for index, folder in enumerate(folders):
        where, path = ("dedup", "before", index), store.join(absolute(folder), HEAD)
        head = store.read_json(path) if store.exists(path) else {}
        if head.get("format") != FORMAT:
            yield (
                where,
                f"{folder} holds no signatures of format {FORMAT}: `shardwright signatures CORPUS "
                f"--out {folder}` makes them",
            )
        elif head["minhash"] != minhash.PARAMETERS:
            yield (
                where,
                f"{folder} has signatures by {head['minhash']}, this program makes them by "
                f"{minhash.PARAMETERS}: make them again",
            )
        elif names.setdefault(head["name"], folder) != folder:
            told = f"{folder} and {names[head['name']]} are both of a corpus named {head['name']!r}"
            yield where, told
