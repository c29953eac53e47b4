"""Rows joined with what lies elsewhere: nothing is lost, nothing is held in memory."""

import json
import tracemalloc
from pathlib import Path
from typing import Any, BinaryIO

import pytest

from sources import readers
from sources.source import Broken, File, Reader, Row

WORDS = readers.Joined(
    read=readers.JsonRecords(at="imgs"),
    parts={"words": readers.Part(read=readers.JsonRecords(at="anns"), theirs="image", ours="id")},
)


def opener(path: str, /) -> BinaryIO:
    return open(path, "rb")


def read(reader: Reader, path: Path) -> list[Row | Broken]:
    file = File(path=str(path), name=path.name, size=path.stat().st_size)
    return [row for piece in reader.pieces(file, opener) for row in reader.rows(piece, opener)]


def values(reader: Reader, path: Path) -> list[Any]:
    found = read(reader, path)
    assert [row for row in found if isinstance(row, Broken)] == []
    return [row.value for row in found if isinstance(row, Row)]


def written(path: Path, value: Any) -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_text(value if isinstance(value, str) else json.dumps(value), encoding="utf-8")
    return path


def test_records_join_the_row_that_they_name(tmp_path: Path) -> None:
    anns = {"9": {"image": 2, "t": "b"}, "1": {"image": 2, "t": "a"}, "5": {"image": 7, "t": "?"}}
    path = written(tmp_path / "a.json", {"anns": anns, "imgs": {"2": {"id": 2}, "3": {"id": 3}}})
    two, three = values(WORDS, path)
    assert [word["t"] for word in two["words"]] == ["b", "a"]  # in the order of the file
    assert three["words"] == []


def test_a_row_may_name_many_and_lists_join_lists(tmp_path: Path) -> None:
    said = readers.Part(read=readers.JsonArray(at="said"), theirs="id", ours="ids", fields=("raw",))
    reader = readers.Joined(read=readers.JsonArray(at="things"), parts={"said": said})
    things = [{"ids": [3, 1]}, {"ids": []}]
    said_by = [{"id": 1, "raw": "one", "more": 0}, {"id": 3, "raw": "three"}]
    path = written(tmp_path / "a.json", {"things": things, "said": said_by})
    assert [row["said"] for row in values(reader, path)] == [[{"raw": "three"}, {"raw": "one"}], []]


def test_a_list_beside_says_which_rows_are_chosen(tmp_path: Path) -> None:
    train = readers.Part(read=readers.Lines(), theirs="", ours="id", beside="split/train.txt")
    reader = readers.Joined(read=readers.JsonLines(), parts={"train": train})
    path = written(tmp_path / "rows.jsonl", '{"id": 1}\n{"id": 2}\n')
    with pytest.raises(FileNotFoundError, match=r"split/train\.txt is missing: put it beside"):
        read(reader, path)
    written(tmp_path / "split" / "train.txt", "2\n3\n")
    assert [row["train"] for row in values(reader, path)] == [[], ["2"]]


def test_rows_that_would_lack_something_are_not_given(tmp_path: Path) -> None:
    path = written(tmp_path / "a.json", '{"imgs": {"2": {"id": 2}}, "anns": {"1": {"image": 2}, !')
    (broken,) = read(WORDS, path)
    assert isinstance(broken, Broken) and "not JSON from here on" in broken.error


def test_many_records_need_little_memory(tmp_path: Path) -> None:
    anns = {f"a{index}": {"image": index % 50, "t": "w" * 1500} for index in range(5000)}
    images = {str(index): {"id": index} for index in range(50)}
    path = written(tmp_path / "a.json", {"imgs": images, "anns": anns})
    file = File(path=str(path), name="a.json", size=path.stat().st_size)
    (piece,) = WORDS.pieces(file, opener)
    del anns
    tracemalloc.start()
    count = sum(
        len(row.value["words"]) for row in WORDS.rows(piece, opener) if isinstance(row, Row)
    )
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count == 5000
    assert peak < 5_000_000 < file.size


def test_texts_beside_are_read_and_may_be_missing(tmp_path: Path) -> None:
    def names(value: Any) -> dict[str, str]:
        return {"said": f"texts/{value['id']}.txt"}

    reader = readers.Beside(read=readers.JsonLines(), names=names)
    path = written(tmp_path / "rows.jsonl", '{"id": 1}\n{"id": 2}\n{"id": 3}\n{}\n')
    written(tmp_path / "texts" / "1.txt", "eins")
    (tmp_path / "texts" / "3.txt").write_bytes(b"\xff")
    one, two, three, four = read(reader, path)
    assert isinstance(one, Row) and one.value["said"] == "eins"
    assert isinstance(two, Row) and two.value["said"] is None
    assert isinstance(three, Broken) and "texts/3.txt" in three.error
    assert isinstance(four, Broken) and "'id'" in four.error


def test_an_image_is_found_in_whichever_folder_holds_it(tmp_path: Path) -> None:
    reader = readers.Located(read=readers.JsonLines(), paths=("a/{id}.jpg", "b/{id}.jpg"))
    path = written(tmp_path / "rows.jsonl", '{"id": 1}\n{"id": 2}\n')
    written(tmp_path / "b" / "1.jpg", "")
    assert [row["image"] for row in values(reader, path)] == ["b/1.jpg", None]
    (broken,) = read(reader, written(tmp_path / "rows.jsonl", "[1]"))
    assert isinstance(broken, Broken) and "no columns for a/{id}.jpg" in broken.error
