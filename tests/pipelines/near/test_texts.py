"""Planted near-duplicates of text come out, each with the one that stays, and nothing else."""

import json
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from pipelines.near.nodes import ends
from pipelines.near.texts import applies, pair_up
from pipelines.recipe import NearTexts
from tests.pipelines import corpora
from tests.pipelines.near import planted

GROUPS, ALONE = 25, 100


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("texts")
    planted.write_documents(folder / "raw", planted.documents(GROUPS, ALONE))
    planted.build(folder, {"text": {"threshold": 0.8}})
    return folder


def rows(folder: Path) -> dict[str, dict[str, Any]]:
    """The raw rows by the keys of their samples."""
    found = {}
    for path in (folder / "out" / "_build" / "staged").rglob("*.parquet"):
        for facts in pq.read_table(path, columns=["key", "row"]).to_pylist():
            name, place = facts["row"].split("#byte ")
            data = (folder / "raw" / name).read_bytes()[int(place) :]
            found[facts["key"]] = json.loads(data.split(b"\n", 1)[0])
    return found


def test_those_above_the_threshold_go_and_no_other(folder: Path) -> None:
    raw, gone = rows(folder), planted.dropped(folder / "out")
    counts = Counter(raw[key]["level"] for key in gone)
    assert counts == {0.9: GROUPS, 0.95: GROUPS, 1.0: GROUPS}
    for key, line in gone.items():
        assert line["reason"] == "near_duplicate"
        assert raw[line["kept"]]["group"] == raw[key]["group"] and line["kept"] < key
        assert abs(line["alike"] - raw[key]["level"]) < 0.08


def test_every_one_has_a_partner_that_stays(folder: Path) -> None:
    gone = planted.dropped(folder / "out")
    assert not {line["kept"] for line in gone.values()} & set(gone)


def test_the_manifest_tells_how_they_were_found(folder: Path) -> None:
    told = corpora.manifest(folder / "out")["near_duplicates"]["text"]
    assert (told["threshold"], told["seed"], told["permutations"], told["words"]) == (
        0.8,
        1,
        256,
        5,
    )
    assert (told["verify"], told["bands"], told["band_size"]) == ("exact", 30, 8)


def test_signatures_are_not_published(folder: Path) -> None:
    (index,) = (folder / "out" / "pretrain").rglob("*.parquet")
    assert "minhash" not in pq.read_schema(index).names


def test_workers_and_rounds_make_no_difference(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder / "raw", tmp_path / "raw", copy_function=shutil.copy2)
    dedup = {"text": {"threshold": 0.8}, "edges_in_memory": 0}
    out = planted.build(tmp_path, dedup, "--workers", 2)
    assert planted.dropped(out) == planted.dropped(folder / "out")
    assert corpora.manifest(out)["digest"] == corpora.manifest(folder / "out")["digest"]


def test_the_better_one_stays_where_the_recipe_says_what_is_better(tmp_path: Path) -> None:
    base = [f"word{number}" for number in range(100)]
    texts = [" ".join(base + ["more"] * extra) for extra in range(4)]
    planted.write_documents(tmp_path / "raw", [{"text": text} for text in texts], files=1)
    out = planted.build(tmp_path, {"text": {"threshold": 0.8}, "quality": "characters"})
    gone = planted.dropped(out)
    (kept,) = {line["kept"] for line in gone.values()}
    (index,) = (out / "pretrain").rglob("*.parquet")
    assert pq.read_table(index).select(["key", "characters"]).to_pylist() == [
        {"key": kept, "characters": len(texts[-1])}
    ]


def test_small_buckets_give_all_pairs_and_big_ones_stars() -> None:
    few = [f"{number:04d}".encode() for number in range(32)]
    many = [f"{number:04d}".encode() for number in range(33)]
    assert len(list(pair_up(few, verify=True))) == 32 * 31 // 2
    assert len(list(pair_up(few, verify=False))) == 31
    assert {ends(edge)[0] for edge in pair_up(many[::-1], verify=True)} == {b"0000"}


def test_samples_with_images_are_looked_at_only_on_request() -> None:
    assert applies("pretrain/text", 0, NearTexts())
    assert not applies("pretrain/caption", 1, NearTexts())
    assert applies("pretrain/caption", 1, NearTexts(categories=("pretrain/caption",)))
    assert not applies("pretrain/text", 0, NearTexts(categories=("pretrain/caption",)))
