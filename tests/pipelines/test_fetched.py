"""The index of a fetch: every URL finds its image or why there is none, in flat memory."""

import json
import os
import tracemalloc
from collections.abc import Iterable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipelines import fetched

Line = tuple[str, str, bytes]


def make_fetch(folder: Path, *shards: Iterable[Line]) -> Path:
    """A finished fetch of lines (URL, reason, image); each tar is but its images in a row."""
    folder.mkdir(exist_ok=True)
    told = []
    for nth, shard in enumerate(shards):
        lines, blob = [], b""
        for url, reason, data in shard:
            place = {"offset": len(blob), "size": len(data)} if data else {}
            lines.append({"url": url, "reason": reason, "offset": None, "size": None, **place})
            blob += data
        table = pa.Table.from_pylist([{**line, "tar": f"{nth:06d}"} for line in lines])
        pq.write_table(table, folder / f"{nth:06d}.parquet")
        (folder / f"{nth:06d}.tar").write_bytes(blob)
        told.append({"name": f"{nth:06d}", "digest": str(len(blob))})
    (folder / "fetch.json").write_text(json.dumps({"shards": told}))
    return folder


def indexed(folder: Path, name: str = "index") -> fetched.Fetched:
    index = str(folder.parent / f"{name}.json")
    fetched.build(str(folder), index)
    return fetched.Fetched(index)


def test_every_url_finds_its_image(tmp_path: Path) -> None:
    def shard(first: int) -> list[Line]:
        return [(f"http://a/{n}", "ok", b"image %d" % n) for n in range(first, first + 3000)]

    found = indexed(make_fetch(tmp_path / "f", shard(0), shard(3000)))
    assert all(found.read(f" http://a/{n}\n") == b"image %d" % n for n in range(6000))


def test_what_brought_no_image_says_why(tmp_path: Path) -> None:
    shard: list[Line] = [("http://a/1", "ok", b"x"), ("http://a/2", "not_found", b"")]
    found = indexed(make_fetch(tmp_path / "f", shard))
    with pytest.raises(fetched.Missing, match="http://a/2: not_found"):
        found.read("http://a/2")
    with pytest.raises(fetched.Missing, match="http://a/3: not in the lists"):
        found.read("http://a/3")


def test_of_equal_urls_an_image_stands_before_a_failure(tmp_path: Path) -> None:
    one: list[Line] = [("http://a/1", "timeout", b""), ("http://a/2", "ok", b"first")]
    two: list[Line] = [("http://a/2", "ok", b"second"), ("http://a/1", "ok", b"later")]
    found = indexed(make_fetch(tmp_path / "f", one, two))
    assert (found.read("http://a/1"), found.read("http://a/2")) == (b"later", b"first")


def test_a_fetch_without_any_image_has_an_index(tmp_path: Path) -> None:
    with pytest.raises(fetched.Missing):
        indexed(make_fetch(tmp_path / "f", [])).read("http://a/1")


def test_the_index_is_the_same_each_time(tmp_path: Path) -> None:
    lines: list[Line] = [(f"http://a/{n % 500}", "ok", b"%d" % n) for n in range(1, 1000)]
    folder = make_fetch(tmp_path / "f", lines)
    indexed(folder, "one"), indexed(folder, "two")
    assert (tmp_path / "one.bin").read_bytes() == (tmp_path / "two.bin").read_bytes()
    assert os.path.getsize(tmp_path / "one.bin") < 500 * 32 + 1000


def test_looking_up_holds_nothing(tmp_path: Path) -> None:
    shard: list[Line] = [(f"http://a/{n}", "ok", b"x") for n in range(50_000)]
    found = indexed(make_fetch(tmp_path / "f", shard))
    tracemalloc.start()
    for n in range(0, 50_000, 25):
        found.read(f"http://a/{n}")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 300_000


def test_another_fetch_has_another_identity(tmp_path: Path) -> None:
    one = fetched.identity(str(make_fetch(tmp_path / "f", [("http://a/1", "timeout", b"")])))
    two = fetched.identity(str(make_fetch(tmp_path / "f", [("http://a/1", "ok", b"x")])))
    assert one != two
    with pytest.raises(fetched.NotFinished, match="holds no finished fetch"):
        fetched.identity(str(tmp_path))
