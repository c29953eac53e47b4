"""Planted near-duplicates of text come out, each with the one that stays, and nothing else."""

import json
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipelines.near.bands import pair_up
from pipelines.near.texts import looked_at
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


def paired(samples: list[int], all_pairs: int) -> set[tuple[int, int]]:
    """Pairs of samples that share one band, among others that share none."""
    alone = [10_000 + number for number in range(50)]
    hashes = np.array([7] * len(samples) + alone, np.uint64)
    numbers = np.array([*samples, *alone], np.uint64)
    low, high = pair_up(hashes, numbers.astype(np.uint32), numbers, all_pairs=all_pairs)
    return set(zip(low.tolist(), high.tolist(), strict=True))


def test_small_buckets_give_all_pairs_and_big_ones_stars() -> None:
    assert len(paired([*range(32)], 32)) == 32 * 31 // 2
    star = {(0, number) for number in range(1, 33)}
    assert paired([*range(33)][::-1], 32) == star | {(number, number + 1) for number in range(32)}
    assert paired([5, 3, 9], 0) == {(3, 5), (3, 9)}
    assert paired([], 32) == paired([1], 32) == set()
    none = np.array([], np.uint64)
    assert [len(each) for each in pair_up(none, none.astype(np.uint32), none, all_pairs=9)] == [
        0,
        0,
    ]


def test_pairs_that_share_several_bands_count_once() -> None:
    hashes = np.array([1, 2, 3, 3, 2, 1], np.uint64)
    samples = np.array([4, 4, 4, 8, 8, 8], np.uint64)
    low, high = pair_up(hashes, samples.astype(np.uint32), samples, all_pairs=32)
    assert (low.tolist(), high.tolist()) == ([4], [8])


def test_samples_with_images_are_looked_at_only_on_request() -> None:
    columns = {
        "category": ["pretrain/text", "pretrain/caption", "pretrain/text"],
        "images": [0, 1, 0],
        "minhash": [b"0" * 1024, b"0" * 1024, None],
    }
    facts = pa.RecordBatch.from_pydict(columns)
    assert looked_at(facts, NearTexts()).tolist() == [True, False, False]
    captions = NearTexts(categories=("pretrain/caption",))
    assert looked_at(facts, captions).tolist() == [False, True, False]


def test_nothing_of_the_runs_is_left(folder: Path) -> None:
    assert not list((folder / "out").rglob("*.run*"))
