"""Lists of every kind, cut into shards; and the journal of a shard."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipelines import store
from pipelines.fetch.lists import Lists, cut_piece, entries_of, find_pieces, lane_of, plan_lanes
from pipelines.fetch.spool import Spool
from pipelines.layout import Layout
from pipelines.units import InputError
from sources.source import Row


def entries(value: Any, **columns: str) -> list[tuple[str, int, str, dict]]:
    row = Row(value=value, file="f", place="row 1")
    found = entries_of(row, Lists(paths=(), **columns))
    return [(each["url"], each["nth"], each["text"], each["more"]) for each in found]


def test_a_pair_keeps_its_other_columns() -> None:
    row = {
        "URL": " http://a/1 ",
        "TEXT": "cat",
        "LICENSE": "CC0",
        "n": 3,
        "nan": float("nan"),
        "x": [],
    }
    got = entries(row, url="URL", text="TEXT")
    assert got == [("http://a/1", 0, "cat", {"LICENSE": "CC0", "n": 3})]


def test_documents_give_a_url_each() -> None:
    obelics = {"images": ["http://a/1", None, "http://a/2"], "texts": [None, "t", None]}
    assert [each[:2] for each in entries(obelics, url="images", text="texts")] == [
        ("http://a/1", 0),
        ("http://a/2", 2),
    ]
    mmc4 = {"image_info": [{"raw_url": "http://a/1", "matched": 2}], "text_list": ["a"]}
    assert entries(mmc4, url="image_info.raw_url") == [("http://a/1", 0, "", {})]


@pytest.mark.parametrize(
    "value", [{}, {"url": None}, {"url": 3}, {"url": " "}, "text", {"url": {}}]
)
def test_rows_without_a_url_give_none(value: Any) -> None:
    assert entries(value) == []


def cut(folder: Path, lanes: int, **more: Any) -> tuple[Counter[str], list[list[dict]]]:
    lists = Lists(paths=(f"{folder}/list*",), **more)
    layout = Layout(out=str(folder / f"out-{lanes}"))
    pieces = find_pieces(lists)
    for piece in pieces:
        cut_piece(piece, lists, lanes, layout)
    counts = plan_lanes(pieces, layout)
    paths = [found.path for found in store.find(layout.build("lanes", "*"))]
    shards = [file for path in paths for file in store.read_lines(path)]
    assert [file["shard"] for file in shards] == list(range(counts["shards"]))
    return counts, [list(store.read_lines(layout.build("lists", file["path"]))) for file in shards]


def test_lists_of_all_kinds_lose_no_row(tmp_path: Path) -> None:
    rows = [{"url": f"http://h{index % 7}.example/{index}"} for index in range(50)]
    lines = [json.dumps(row) for row in rows]
    (tmp_path / "list1.jsonl").write_text("\n".join([*lines[:20], "{cut", '{"no": 1}']))
    pq.write_table(pa.Table.from_pylist(rows[20:40]), tmp_path / "list2.parquet")
    csv = "\n".join(["url", *[row["url"] for row in rows[40:]]])
    (tmp_path / "list3.csv").write_text(csv)
    for lanes in (1, 4):
        counts, shards = cut(tmp_path, lanes, rows=8)
        urls = [entry["url"] for shard in shards for entry in shard]
        assert sorted(urls) == sorted(row["url"] for row in rows)
        assert (counts["rows"], counts["broken"], counts["without"], counts["urls"]) == (
            52,
            1,
            1,
            50,
        )
        assert all(len(shard) <= 8 for shard in shards)
        # All URLs of a host fall to one lane.
        assert all(len({lane_of(entry["url"], lanes) for entry in shard}) == 1 for shard in shards)


def test_what_is_no_list_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="finds no file: expected a list of URLs"):
        find_pieces(Lists(paths=(f"{tmp_path}/none.csv",)))
    (tmp_path / "list.doc").write_text("")
    with pytest.raises(InputError, match="no reader for 'list.doc': expected one of"):
        find_pieces(Lists(paths=(f"{tmp_path}/list.doc",)))
    with pytest.raises(ValueError, match="rows=0: expected 1 to 10000"):
        Lists(paths=(), rows=0)


def test_real_lists_give_their_urls(samples: Path) -> None:
    laion = samples / "records" / "laion"
    names = [path for path in laion.rglob("*.parquet")]
    assert names
    counts = 0
    for path in names:
        columns = pq.read_schema(path).names
        url = next(name for name in columns if name.lower() == "url")
        for row in pq.read_table(path).to_pylist():
            counts += len(entries(row, url=url))
    assert counts > 5


@pytest.mark.parametrize("lost", range(0, 75, 6))
def test_a_journal_that_was_cut_off_keeps_its_whole_records(tmp_path: Path, lost: int) -> None:
    path = tmp_path / "journal"
    with Spool(str(path)) as spool:
        spool.add(4, {"reason": "ok"}, b"\n{image\n}")
        spool.add(2, {"reason": "dns"}, b"")
        spool.add(7, {"reason": "ok"}, b"last")
    data = path.read_bytes()
    path.write_bytes(data[: len(data) - lost])
    with Spool(str(path)) as spool:
        kept = [nth for nth in (4, 2, 7) if nth in spool]
        assert kept == [4, 2, 7][: 3 if lost == 0 else 2 if lost < 51 else 1]
        assert spool.data(4) == b"\n{image\n}" and spool[4]["record"] == {"reason": "ok"}
        spool.add(9, {"reason": "ok"}, b"more")
    with Spool(str(path)) as spool:
        assert spool.data(9) == b"more" and [nth in spool for nth in kept] == [True] * len(kept)
