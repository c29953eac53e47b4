"""`inspect` says what is there, of a corpus and of a build that has not ended."""

import shutil
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from sources.sample import from_members
from tests.pipelines import corpora
from tests.pipelines.corpus.conftest import HOSTILE, Ask


def keys(corpus: Path, folder: str) -> list[str]:
    found: list[str] = []
    for path in sorted((corpus / folder).glob("*.parquet")):
        found += pq.read_table(path, columns=["key"])["key"].to_pylist()
    return found


def test_counts_are_those_of_the_manifest(ask: Ask, built: Path) -> None:
    told, manifest = ask("inspect", built, "--json"), corpora.manifest(built)
    assert told["finished"] and told["digest"] == manifest["digest"]
    assert told["funnel"] == manifest["funnel"]
    folders = told["folders"]
    assert sum(each["samples"] for each in folders.values()) == manifest["samples"]
    assert sum(each["tar_bytes"] for each in folders.values()) == manifest["bytes"]
    assert folders["pretrain/caption/webp-txt"]["images"] == 7
    assert told["licences"]["CC0-1.0"] == 57
    assert told["code_languages"] == {"python": folders["pretrain/web_code/png-txt"]["samples"]}


def test_the_table_shows_folders_and_reasons(ask: Ask, built: Path) -> None:
    text = ask("inspect", built)
    assert "pretrain/caption/jpg-txt" in text and "as the paper counts" in text
    (removed,) = [line for line in text.splitlines() if "exact_duplicate" in line]
    assert removed.split() == ["exact_duplicate", "4"]


def test_the_three_numbers_of_notebooks(ask: Ask, built: Path) -> None:
    told = ask("inspect", built, "--json")
    line, numbers = told["funnel"]["notebooks"], told["plots"]["notebooks"]
    assert numbers["notebooks"] == line["rows"] - line["rejects"] == 12
    assert numbers["kept"] == line["samples"]
    left = line["skips"].get("several_images", 0) + line["skips"].get("no_image", 0)
    assert numbers["pairs"] == line["samples"] + sum(line["skips"].values()) - left


def test_a_build_without_manifest_is_told_as_far_as_receipts_go(ask: Ask, begun: Path) -> None:
    assert "no corpus yet" in ask("inspect", begun)
    told = ask("inspect", begun, "--json")
    assert (told["finished"], told["counted"]) == (False, "staged samples")
    assert told["funnel"]["documents"]["samples"] == 61
    assert sum(each["samples"] for each in told["folders"].values()) == sum(
        line["samples"] for line in told["funnel"].values()
    )


def test_a_corpus_without_its_workshop_is_told_in_full(ask: Ask, damaged: Path) -> None:
    before = ask("inspect", damaged, "--json")
    shutil.rmtree(damaged / "_build")
    assert ask("inspect", damaged, "--json") == before


def test_a_sample_is_shown_and_saved_whole(ask: Ask, built: Path, tmp_path: Path) -> None:
    key = keys(built, "pretrain/caption/png-txt")[0]
    told = ask("inspect", built, key, "--save", tmp_path / "saved", "--json")
    members = {path.name: path.read_bytes() for path in (tmp_path / "saved").iterdir()}
    sample = from_members(members)
    assert sample.key == key and told["facts"]["language"]
    assert [segment.get("text") for segment in told["segments"]] == [None, sample.texts[0]]
    assert told["images"] == [{"width": 24, "height": 16, "format": "png"}]
    tar = (built / f"{told['place']['shard']}.tar").read_bytes()
    for member in told["members"]:
        start = member["offset"]
        assert tar[start : start + member["size"]] == members[member["name"]]


def test_saving_overwrites_nothing(ask: Ask, built: Path, tmp_path: Path) -> None:
    key = keys(built, "pretrain/text/json")[0]
    (tmp_path / f"{key}.json").write_text("mine")
    assert "is there already" in ask("inspect", built, key, "--save", tmp_path, code=1)
    assert (tmp_path / f"{key}.json").read_text() == "mine"


def test_content_cannot_command_the_terminal(ask: Ask, built: Path) -> None:
    (match,) = ask("why", built, "odd.jsonl", "--json")["matches"]
    text = ask("inspect", built, match["key"])
    assert "\x9b" not in text and "\u202e" not in text and r"\x9b31mred" in text
    assert ask("inspect", built, match["key"], "--json")["segments"] == [{"text": HOSTILE}]


@pytest.mark.parametrize("command", ["inspect", "verify", "why"])
def test_a_folder_without_a_build_is_an_error(ask: Ask, tmp_path: Path, command: str) -> None:
    words = ["x"] if command == "why" else []
    assert "holds neither a corpus" in ask(command, tmp_path, *words, code=1)


def test_an_unknown_key_says_what_to_do(ask: Ask, built: Path) -> None:
    assert "shardwright why" in ask("inspect", built, "cat-1", code=1)
    assert "--save needs the key" in ask("inspect", built, "--save", "x", code=2)
