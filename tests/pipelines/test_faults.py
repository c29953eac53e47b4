"""What goes wrong around a build is a clear error, and what is finished is kept."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.pipelines import corpora


def fails(recipe: Path, out: Path, code: int = 1) -> str:
    """Builds, expects failure and no corpus, and returns the message."""
    done = corpora.run("build", recipe, "--out", out, "--workers", 1, code=code)
    assert not (out / "manifest.json").exists()
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
    return done.stderr


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system that a corpus does not fit into."""
    folder = tmp_path / "disk"
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=200k", "tmpfs", folder], check=True)
    yield folder
    subprocess.run(["umount", "--lazy", folder], check=True)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a small disk")
def test_a_full_disk(corpus: Path, small_disk: Path, tmp_path: Path) -> None:
    recipe = corpora.make_recipe(tmp_path)
    message = fails(recipe, small_disk / "out")
    assert "the disk is full" in message and "make room and build again" in message
    subprocess.run(["mount", "-o", "remount,size=20m", small_disk], check=True)
    corpora.run("build", recipe, "--out", small_disk / "out", "--workers", 1)
    assert corpora.files(small_disk / "out") == corpora.files(corpus)


def test_an_unwritable_folder(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    message = fails(corpora.make_recipe(tmp_path), tmp_path / "file" / "out")
    assert f"cannot write into {tmp_path}/file/out: Not a directory" in message


def test_a_pattern_without_files(tmp_path: Path) -> None:
    source = {"source": "documents", "path": "raw/nothing/*.jsonl"}
    message = fails(corpora.make_recipe(tmp_path, sources=[source]), tmp_path / "out")
    assert "raw/nothing/*.jsonl finds no file. Check the path" in message


def test_inputs_that_changed_between_two_builds(corpus: Path, tmp_path: Path) -> None:
    recipe, out = corpora.make_recipe(tmp_path), tmp_path / "out"
    corpora.run("build", recipe, "--out", out, "--workers", 1, "--until", "ingest")
    path = tmp_path / "raw" / "text" / "part.jsonl"
    then, text = path.stat(), path.read_text()
    path.write_text(text + "{}\n")
    assert "part.jsonl has changed" in fails(recipe, out)
    path.rename(tmp_path / "gone")
    assert "finds no file" in fails(recipe, out) or "has vanished" in fails(recipe, out)
    (tmp_path / "gone").rename(path)
    path.write_text(text)
    os.utime(path, ns=(then.st_atime_ns, then.st_mtime_ns))
    corpora.run("build", recipe, "--out", out, "--workers", 1)
    assert corpora.files(out) == corpora.files(corpus)


def test_filters_that_leave_nothing(tmp_path: Path) -> None:
    recipe = corpora.make_recipe(tmp_path, filters=[{"fact": "characters", "min": 10**9}])
    assert "no sample is left to write" in fails(recipe, tmp_path / "out")


def test_wrong_usage_has_its_exit_code(tmp_path: Path) -> None:
    recipe, out = corpora.make_recipe(tmp_path), tmp_path / "out"
    done = corpora.run("build", recipe, "--out", out, "--direct_runner_bundle_repat=1", code=2)
    assert "unknown options: --direct_runner_bundle_repat=1" in done.stderr
    recipe.write_text("name: x")
    assert "'sources' is a required property" in fails(recipe, out, code=2)
    corpora.run("build", recipe, code=2)


def test_a_dry_run_foretells_and_writes_nothing(corpus: Path, tmp_path: Path) -> None:
    recipe = corpora.make_recipe(tmp_path)
    said = corpora.run("build", recipe, "--out", tmp_path / "out", "--dry-run").stdout
    documents, pairs = said.splitlines()[1:3]
    assert documents.split() == ["documents", "1", *documents.split()[2:4], "60", "6"]
    assert pairs.split()[0] == "pairs" and pairs.split()[4] == "29"
    assert not (tmp_path / "out").exists()
