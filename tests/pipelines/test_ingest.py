"""A row that crashes, hangs or eats memory is a reject; its neighbours are samples."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipelines import store
from pipelines.child import Child
from pipelines.convert import Conversion
from pipelines.ingest import stage_unit
from pipelines.layout import Layout
from pipelines.progress import Meter, total
from pipelines.recipe import Limits, Recipe, Stanza
from pipelines.staging import Receipt, read_facts, read_receipt
from pipelines.units import InputError, Unit, cut, find_files

ROWS = [
    "one",
    "abort",
    "two",
    "sleep 30",
    "three",
    "raise 5",
    "exit 9",
    "skip dull",
    "nothing",
    "4",
]

SHORT = Limits(seconds=2)


@pytest.fixture
def child(tmp_path: Path) -> Iterator[Child]:
    yield from child_of(tmp_path, "tests.pipelines.workers:make_hostile")


@pytest.fixture
def slow_child(tmp_path: Path) -> Iterator[Child]:
    yield from child_of(tmp_path, "tests.pipelines.workers:make_slow")


def child_of(tmp_path: Path, target: str) -> Iterator[Child]:
    settings = Conversion(
        source="text/documents",
        stanza="documents",
        root=str(tmp_path),
        options={},
        images="",
        licence="",
        language="",
        orient=False,
        image_bytes=10**6,
        image_pixels=10**6,
    )
    child = Child(target, settings, memory=3 << 30)
    yield child
    child.close()


def unit_of(folder: Path, rows: list[str]) -> Unit:
    path = folder / "rows.jsonl"
    path.write_text("".join(json.dumps({"text": row}) + "\n" for row in rows))
    stanza = Stanza(name="documents", source="text/documents", path=(str(path),), root=str(folder))
    recipe = Recipe(name="r", raw={}, stanzas=(stanza,), limits=Limits())
    (unit,) = cut(stanza, find_files(stanza), recipe)
    return unit


def stage(
    unit: Unit,
    folder: Path,
    child: Child,
    retry: bool = False,
    limits: Limits = SHORT,
) -> Receipt:
    layout = Layout(out=str(folder / "out"))
    meter = Meter(layout, "ingest")
    receipt = stage_unit(unit, layout, child, limits=limits, retry=retry, meter=meter)
    meter.flush()
    return receipt


def left(folder: Path, receipt: Receipt) -> list[dict]:
    return list(store.read_lines(receipt.path(Layout(out=str(folder / "out")), "left.jsonl")))


def test_each_row_ends_on_its_own(tmp_path: Path, child: Child) -> None:
    receipt = stage(unit_of(tmp_path, ROWS), tmp_path, child)
    counts = (receipt.rows, receipt.extra, receipt.samples, receipt.rejects, receipt.skips)
    assert counts == (10, 1, 4, 5, {"dull": 2})
    rejects = [line for line in left(tmp_path, receipt) if line["kind"] == "reject"]
    assert [(line["nth"], line["reason"]) for line in rejects] == [
        (1, "died"),
        (3, "timeout"),
        (5, "error"),
        (6, "died"),
        (8, "error"),
    ]
    assert all(line["place"].startswith("rows.jsonl#byte ") for line in rejects)
    assert "SIGABRT" in rejects[0]["detail"]
    assert "exit status 9; it said: last words" in rejects[3]["detail"]
    assert "neither a sample nor a skip" in rejects[4]["detail"]
    assert total(Layout(out=str(tmp_path / "out")), "ingest")["rejects"] == 5


def test_indexing_a_piece_does_not_count_against_its_rows(
    tmp_path: Path, slow_child: Child
) -> None:
    unit = unit_of(tmp_path, ["one", "abort", "two"])
    receipt = stage(unit, tmp_path, slow_child, limits=Limits(seconds=2.5, opening=60))
    assert (receipt.samples, receipt.rejects) == (2, 1)
    assert [line["reason"] for line in left(tmp_path, receipt)] == ["died"]


def test_a_piece_that_takes_too_long_to_index_says_what_to_raise(
    tmp_path: Path, slow_child: Child
) -> None:
    unit = unit_of(tmp_path, ["one"])
    with pytest.raises(InputError, match=r"longer to open and index than limits.opening=0.3 sec"):
        stage(unit, tmp_path, slow_child, limits=Limits(seconds=20, opening=0.3))


def test_a_staged_unit_is_not_staged_again(tmp_path: Path, child: Child) -> None:
    unit = unit_of(tmp_path, ["one", "two"])
    assert stage(unit, tmp_path, child) == stage(unit, tmp_path, child)


def test_a_retry_keeps_what_was_good(tmp_path: Path, child: Child) -> None:
    unit = unit_of(tmp_path, ["one", "sleep 2.5", "three", "skip dull"])
    first = stage(unit, tmp_path, child)
    assert (first.samples, first.rejects) == (2, 1)
    layout = Layout(out=str(tmp_path / "out"))
    meter = Meter(layout, "ingest")
    second = stage_unit(unit, layout, child, limits=Limits(seconds=20), retry=True, meter=meter)
    assert (second.rows, second.samples, second.rejects) == (4, 3, 0)
    assert (second.extra, second.skips) == (first.extra, first.skips)
    texts = [row["key"] for row in read_facts(second, layout)]
    assert len(set(texts)) == 3 and second.attempt != first.attempt
    assert read_receipt(layout, unit.id) == second


def test_a_file_that_changed_or_vanished_stops_the_build(tmp_path: Path, child: Child) -> None:
    unit = unit_of(tmp_path, ["one"])
    (tmp_path / "rows.jsonl").write_text("{}")
    with pytest.raises(InputError, match="rows.jsonl has changed since the build began. Put the"):
        stage(unit, tmp_path, child)
    (tmp_path / "rows.jsonl").unlink()
    with pytest.raises(InputError, match="rows.jsonl has vanished since the build began"):
        stage(unit, tmp_path, child)
    assert not list((tmp_path / "out").rglob("*.json"))
