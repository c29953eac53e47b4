"""What stands beside the shards says what the shards say, in the forms that others read."""

import json
import shutil
import sqlite3
import struct
from contextlib import closing
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import yaml

from pipelines.corpus import card, energon
from pipelines.corpus.census import Census, Sums
from pipelines.corpus.publish import by_folder
from pipelines.corpus.state import open_corpus
from tests.pipelines import corpora
from tests.pipelines.corpus.conftest import HOSTILE

PAIRS = "pretrain/caption/png-txt"


def rows(folder: Path) -> list[dict[str, Any]]:
    return [
        row for path in sorted(folder.glob("*.parquet")) for row in pq.read_table(path).to_pylist()
    ]


def front(text: str) -> dict[str, Any]:
    value: dict[str, Any] = yaml.safe_load(text.split("---\n")[1])
    return value


def test_the_manifest_seals_every_file_beside_the_shards(built: Path) -> None:
    files = corpora.manifest(built)["files"]
    suffixes = (".tar", ".parquet", ".idx", "manifest.json")
    others = {name for name in corpora.files(built) if not name.endswith(suffixes)}
    assert others == set(files)
    assert {"README.md", "croissant.json", f"{PAIRS}/wids-meta.json"} <= others
    assert files["README.md"]["bytes"] == (built / "README.md").stat().st_size


def test_a_second_build_gives_the_same_bytes(built: Path, place: Path) -> None:
    out = place / "again"
    corpora.run("build", place / "recipe.yaml", "--out", out, "--workers", 1)
    assert corpora.files(out) == corpora.files(built)
    shutil.rmtree(out)


@pytest.mark.parametrize("lost", [f"{PAIRS}/.nv-meta/index.sqlite", f"{PAIRS}/*-000000.idx"])
def test_what_is_lost_beside_the_tars_is_made_again(place: Path, damaged: Path, lost: str) -> None:
    before = corpora.files(damaged)
    (path,) = damaged.glob(lost)
    path.unlink()
    (damaged / PAIRS / ".nv-meta" / "old.json").write_text("{}")
    corpora.run("build", place / "recipe.yaml", "--out", damaged, "--workers", 1)
    assert corpora.files(damaged) == before


def test_the_card_has_the_front_matter_of_hubs(built: Path) -> None:
    told = front((built / "README.md").read_text())
    assert told["license"] == ["cc0-1.0", "mit", "other"]
    assert (told["language"], told["size_categories"]) == (["en"], ["n<1K"])
    assert told["task_categories"] == ["image-to-text", "text-generation"]
    for config in told["configs"]:
        (files,) = config["data_files"]
        assert list(built.glob(files["path"])), files
    assert len(told["configs"]) == 5


def test_names_of_strangers_cannot_break_the_card(built: Path) -> None:
    counted = Census(languages={"en": 1}, licences={HOSTILE: 1})  # type: ignore[arg-type]
    counted.groups[PAIRS] = Sums(samples=1, images=1)
    text = card.build(open_corpus(str(built)), counted).decode()
    assert front(text)["license"] == ["other"]
    assert "<script>" not in text and "\x1b" not in text


def test_wids_finds_every_shard(built: Path) -> None:
    told = json.loads((built / PAIRS / "wids-meta.json").read_text())
    assert (told["__kind__"], told["wids_version"]) == ("wids-shard-index-v1", 1)
    for shard in told["shardlist"]:
        assert (built / PAIRS / shard["url"]).stat().st_size == shard["filesize"]
    assert sum(shard["nsamples"] for shard in told["shardlist"]) == len(rows(built / PAIRS))


def test_energon_knows_shards_and_how_to_read_a_pair(built: Path) -> None:
    meta = built / PAIRS / ".nv-meta"
    told = json.loads((meta / ".info.json").read_text())
    (shard,) = told["shard_counts"]
    assert (built / PAIRS / shard).exists()
    assert yaml.safe_load((meta / "split.yaml").read_text())["split_parts"]["train"] == [shard]
    dataset = yaml.safe_load((meta / "dataset.yaml").read_text())
    assert dataset["field_map"] == {"image": "png", "caption": "txt"}
    starts = [*(row["offset"] for row in rows(built / PAIRS))]
    data = (built / PAIRS / f"{shard}.idx").read_bytes()
    found = struct.unpack(f"<{len(starts) + 1}Q", data)
    assert list(found[:-1]) == starts
    assert found[-1] + 1024 == (built / PAIRS / shard).stat().st_size


def test_energon_finds_each_part_by_key(built: Path) -> None:
    path = built / PAIRS / ".nv-meta" / "index.sqlite"
    with closing(sqlite3.connect(path)) as database:
        found = database.execute(
            "SELECT sample_key || '.' || part_name, content_byte_offset, content_byte_size "
            "FROM samples JOIN sample_parts USING (tar_file_id, sample_index) "
            "ORDER BY tar_file_id, content_byte_offset"
        ).fetchall()
    parts = ("member_names", "member_offsets", "member_sizes")
    assert found == [
        each for row in rows(built / PAIRS) for each in zip(*map(row.get, parts), strict=True)
    ]


def test_only_plain_shapes_are_energons_own_samples() -> None:
    one, many = Sums(most_texts=1), Sums(most_texts=2)
    kinds = [
        (folder, sums, yaml.safe_load(energon.dataset(folder, sums)))
        for folder in ("pretrain/text/json", "sft/text/json", "pretrain/interleaved/multi")
        for sums in (one, many)
    ]
    plain = [(folder, sums) for folder, sums, told in kinds if "sample_type" in told]
    assert plain == [("pretrain/text/json", one)]


def test_croissant_names_every_shard_with_its_digest(built: Path) -> None:
    told = json.loads((built / "croissant.json").read_text())
    sums = {each["@id"]: each["sha256"] for each in told["distribution"] if "sha256" in each}
    for shard in corpora.manifest(built)["shards"]:
        assert sums[f"{shard['name']}.tar"] == shard["sha256"]
        assert sums[f"{shard['name']}.parquet"] == shard["index_sha256"]
    folders = [folder for folder, _ in by_folder(open_corpus(str(built)).shards())]
    assert [each["@id"] for each in told["recordSet"]] == [
        name.replace("/", "-") for name in folders
    ]
    columns = pq.read_schema(next(built.glob(f"{PAIRS}/*.parquet"))).names
    for field in told["recordSet"][0]["field"]:
        assert field["source"]["extract"]["column"] in columns
