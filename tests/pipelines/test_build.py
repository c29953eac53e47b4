"""A build end to end: what comes out, the same in every way, and again only where needed."""

import io
import shutil
import tarfile
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import webdataset

from sources.sample import from_members
from tests.pipelines import corpora


def test_every_row_is_accounted_for(corpus: Path) -> None:
    funnel = corpora.manifest(corpus)["funnel"]
    documents, pairs = funnel["documents"], funnel["pairs"]
    assert (documents["rows"], documents["samples"], documents["rejects"]) == (61, 60, 1)
    assert (documents["removed"], documents["written"]) == ({"exact_duplicate": 4}, 56)
    assert (pairs["rows"], pairs["rejects"], pairs["written"]) == (30, 1, 29)
    rejects = (corpus / "rejects" / "pairs.jsonl").read_text()
    assert "007.jpeg" in rejects and "not an image that can be decoded" in rejects


def index(corpus: Path, shard: str) -> list[dict]:
    return pq.read_table(corpus / f"{shard}.parquet").to_pylist()


# webdataset leaves the files that it has read for the garbage collector to close.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_webdataset_reads_what_the_index_says(corpus: Path) -> None:
    seen = 0
    for shard in corpora.manifest(corpus)["shards"]:
        tar = str(corpus / f"{shard['name']}.tar")
        read = list(webdataset.WebDataset(tar, shardshuffle=False, empty_check=False))
        rows = index(corpus, shard["name"])
        assert [sample["__key__"] for sample in read] == [row["key"] for row in rows]
        for sample, row in zip(read, rows, strict=True):
            extensions = {name for name in sample if not name.startswith("__")}
            assert {f"{row['key']}.{name}" for name in extensions} == set(row["member_names"])
            seen += 1
    assert seen == corpora.manifest(corpus)["samples"] == 85


def test_offsets_give_the_bytes_of_the_members(corpus: Path) -> None:
    for shard in corpora.manifest(corpus)["shards"]:
        data = (corpus / f"{shard['name']}.tar").read_bytes()
        with tarfile.open(fileobj=io.BytesIO(data)) as tar:
            there = {info.name: tar.extractfile(info).read() for info in tar}  # type: ignore[union-attr]
        for row in index(corpus, shard["name"]):
            places = zip(
                row["member_names"], row["member_offsets"], row["member_sizes"], strict=True
            )
            members = {name: data[start : start + size] for name, start, size in places}
            assert members == {name: there.pop(name) for name in members}
            assert from_members(members).key == row["key"]
        assert not there


def test_dali_finds_the_same_members(corpus: Path) -> None:
    for shard in corpora.manifest(corpus)["shards"]:
        lines = (corpus / f"{shard['name']}.idx").read_text().splitlines()
        assert lines[0] == f"v1.2 {shard['samples']}"
        for line, row in zip(lines[1:], index(corpus, shard["name"]), strict=True):
            words = line.split()
            assert words[3::4] == row["member_names"]
            assert [int(word) for word in words[1::4]] == row["member_offsets"]


@pytest.mark.parametrize(
    "options",
    [
        ["--workers", 2],
        ["--workers", 1, "--direct_runner_bundle_repeat=1"],
        ["--workers", 2, "--direct_runner_bundle_repeat=1"],
        ["--runner", "PortableRunner", "--job_endpoint=embed", "--environment_type=LOOPBACK"],
    ],
    ids=["two workers", "every bundle twice", "both", "portable job service"],
)
def test_the_same_bytes_in_every_way(
    workplace: Path, corpus: Path, tmp_path: Path, options: list[object]
) -> None:
    corpora.run("build", workplace / "recipe.yaml", "--out", tmp_path / "out", *options)
    assert corpora.files(tmp_path / "out") == corpora.files(corpus)


def test_a_moved_corpus_is_built_the_same(corpus: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    recipe = corpora.make_recipe(tmp_path / "elsewhere")
    corpora.run("build", recipe, "--out", tmp_path / "out", "--workers", 1)
    assert corpora.files(tmp_path / "out") == corpora.files(corpus)


def test_a_filter_changes_the_plan_and_rebuilds_no_samples(workplace: Path, tmp_path: Path) -> None:
    recipe, out = corpora.make_recipe(tmp_path), tmp_path / "out"
    corpora.run("build", recipe, "--out", out, "--workers", 1)
    before = corpora.files(out)
    staged = {path: path.stat().st_mtime_ns for path in (out / "_build" / "staged").rglob("*")}
    corpora.make_recipe(tmp_path, filters=[{"fact": "images", "min": 1}])
    corpora.run("build", recipe, "--out", out, "--workers", 1)
    funnel = corpora.manifest(out)["funnel"]
    assert funnel["documents"]["removed"] == {"exact_duplicate": 4, "filter_images": 56}
    assert not (out / "pretrain" / "text").exists() or not any(
        (out / "pretrain/text").rglob("*.tar")
    )
    corpora.make_recipe(tmp_path)
    corpora.run("build", recipe, "--out", out, "--workers", 1)
    assert corpora.files(out) == before
    assert staged == {path: path.stat().st_mtime_ns for path in (out / "_build/staged").rglob("*")}


def test_another_seed_gives_another_order(workplace: Path, corpus: Path, tmp_path: Path) -> None:
    recipe = corpora.make_recipe(tmp_path, seed=1)
    corpora.run("build", recipe, "--out", tmp_path / "out", "--workers", 1)
    other = corpora.manifest(tmp_path / "out")
    assert other["samples"] == corpora.manifest(corpus)["samples"]
    assert other["digest"] != corpora.manifest(corpus)["digest"]


def test_until_ends_early_and_the_same_command_goes_on(corpus: Path, tmp_path: Path) -> None:
    recipe, out = corpora.make_recipe(tmp_path), tmp_path / "out"
    said = corpora.run("build", recipe, "--out", out, "--workers", 1, "--until", "plan").stdout
    assert "ended after plan" in said
    assert not (out / "manifest.json").exists() and not (out / "pretrain").exists()
    corpora.run("build", recipe, "--out", out, "--workers", 1)
    assert corpora.files(out) == corpora.files(corpus)


def test_retried_rejects_become_samples(corpus: Path, tmp_path: Path) -> None:
    recipe, out = corpora.make_recipe(tmp_path), tmp_path / "out"
    named = tmp_path / "raw" / "named"
    named.mkdir()
    (named / "rows.jsonl").write_text(
        '{"image": "a.png", "text": "here"}\n{"image": "b.png", "text": "late"}\n'
    )
    (named / "a.png").write_bytes(corpora.picture(1))
    source = {"source": "pairs", "path": "raw/named/rows.jsonl"}
    corpora.make_recipe(tmp_path, sources=[source], limits={"rejects": 1})
    corpora.run("build", recipe, "--out", out, "--workers", 1)
    assert "no image at 'b.png'" in (out / "rejects" / "pairs.jsonl").read_text()
    (named / "b.png").write_bytes(corpora.picture(2))
    corpora.run("build", recipe, "--out", out, "--workers", 1)
    assert corpora.manifest(out)["samples"] == 1
    corpora.run("build", recipe, "--out", out, "--workers", 1, "--retry-rejects")
    retried = corpora.files(out)
    assert corpora.manifest(out)["samples"] == 2
    shutil.rmtree(out)
    corpora.run("build", recipe, "--out", out, "--workers", 1)
    fresh = corpora.files(out)
    assert {name: fresh[name] for name in fresh if name.endswith(".tar")} == {
        name: retried[name] for name in retried if name.endswith(".tar")
    }


def test_too_many_rejects_have_an_exit_code_of_their_own(tmp_path: Path) -> None:
    recipe = corpora.make_recipe(tmp_path, limits={"rejects": 0.02})
    done = corpora.run("build", recipe, "--out", tmp_path / "out", "--workers", 1, code=3)
    assert "pairs: 1 of 30 rows broke, more than the recipe allows" in done.stderr
    assert corpora.manifest(tmp_path / "out")["over_limit"] == ["pairs"]
