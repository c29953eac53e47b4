"""From rows that know their images by URL to a corpus: an entry of a recipe fetched, then built."""

import json
import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipelines import cli
from pipelines.build import run_stages
from pipelines.corpus import verify
from pipelines.corpus.state import open_corpus
from pipelines.job import Job
from pipelines.recipe_reader import read_recipe
from sources.sample import Sample, from_members
from tests.pipelines import corpora
from tests.pipelines.corpora import picture
from tests.pipelines.fetch.conftest import fetch_here
from tests.pipelines.fetch.server import HOSTS, Server

QUICK = ("--allow-loopback", "--backoff", "0.05")


def make_recipe(folder: Path, *entries: Mapping[str, Any]) -> Path:
    path = folder / "recipe.yaml"
    limits = {"rejects": 0}
    recipe = {"name": "web", "limits": limits, "sources": list(entries)}
    path.write_text(json.dumps(recipe), encoding="utf-8")
    return path


def fetch(recipe: Path, *arguments: object) -> dict[str, Any]:
    return fetch_here("--recipe", recipe, *arguments, *QUICK)


def build(recipe: Path, out: Path) -> dict[str, Sample]:
    """Builds in this process and returns the samples by their origin."""
    job = Job(recipe=read_recipe(str(recipe)), out=str(out), workers=1)
    run_stages(job, lambda _: None)
    assert not list(verify.check(open_corpus(str(out))))
    found: dict[str, dict[str, bytes]] = {}
    for path in sorted(out.rglob("*.tar")):
        with tarfile.open(path) as tar:
            for info in tar:
                data = tar.extractfile(info).read()  # type: ignore[union-attr]
                found.setdefault(info.name.partition(".")[0], {})[info.name] = data
    samples = map(from_members, found.values())
    return {sample.origin: sample for sample in samples}


def skips(out: Path) -> dict[str, int]:
    """Skips of a corpus by reason."""
    lines = [
        json.loads(line)
        for path in out.rglob("*.jsonl")
        if "staged" in path.parts
        for line in path.read_text().splitlines()
    ]
    reasons = [line["reason"] for line in lines if line.get("kind") == "skip"]
    return {reason: reasons.count(reason) for reason in sorted(set(reasons))}


def write_obelics(path: Path, server: Server) -> None:
    """Two pages of the released form: one with a dead link in the midst, one with no other."""

    def page(name: str, *nodes: str) -> dict[str, Any]:
        urls = [server.url(node, HOSTS[1]) if node.startswith("/") else None for node in nodes]
        texts = [None if node.startswith("/") else node for node in nodes]
        about = json.dumps({"url": f"https://{name}.example/"})
        return {"images": urls, "texts": texts, "general_metadata": about}

    path.parent.mkdir()
    rows = [
        page("whole", "/image/1", "A boat.", "/status/404", "Its sail.", "/image/2", "The end."),
        page("lost", "Only words.", "/status/410"),
    ]
    pq.write_table(pa.Table.from_pylist(rows), path)


def test_pages_keep_their_pictures_in_place(server: Server, tmp_path: Path) -> None:
    write_obelics(tmp_path / "obelics" / "a.parquet", server)
    entry = {"source": "obelics", "path": "obelics", "fetched": "images"}
    recipe = make_recipe(tmp_path, entry)
    told = corpora.run("build", recipe, "--out", tmp_path / "out", code=2).stderr
    assert "images holds no finished fetch" in told and "shardwright fetch" in told
    told = json.loads(corpora.run("fetch", "--recipe", recipe, *QUICK, "--json").stdout)
    assert told["outcomes"] == {"not_found": 2, "ok": 2}
    (sample,) = build(recipe, tmp_path / "out").values()
    assert [segment.text for segment in sample.segments] == [
        None, "A boat.\n\nIts sail.", None, "The end.",
    ]  # fmt: skip
    assert [segment.image for segment in sample.images] == [picture(1, "PNG"), picture(2, "PNG")]
    assert skips(tmp_path / "out") == {"no_image": 1}


def test_mmc4_and_pairs_are_built_of_one_recipe(server: Server, tmp_path: Path) -> None:
    (tmp_path / "mmc4").mkdir()
    document = {
        "text_list": ["A boat.", "Its sail."], "url": "https://page.example/",
        "image_info": [
            {"image_name": "a.jpg", "raw_url": server.url("/image/5"), "matched_text_index": 1},
        ],
        "similarity_matrix": [[0.1, 0.3]],
    }  # fmt: skip
    (tmp_path / "mmc4" / "docs_no_face_shard_0_v2.jsonl").write_text(json.dumps(document) + "\n")
    (tmp_path / "laion").mkdir()
    rows = [
        {"URL": server.url(path, HOSTS[2]), "TEXT": f"Picture at {path}"}
        for path in ("/image/7", "/image/8", "/status/404")
    ]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "laion" / "part-00000.parquet")
    recipe = make_recipe(
        tmp_path,
        {"source": "mmc4", "path": "mmc4", "fetched": "f/mmc4"},
        {"source": "laion", "path": "laion", "fetched": "f/laion"},
    )
    assert fetch(recipe, "--entry", "mmc4")["images"] == 1
    assert fetch(recipe, "--entry", "laion")["images"] == 2
    samples = build(recipe, tmp_path / "out")
    page = samples["https://page.example/"]
    assert [segment.text for segment in page.segments] == ["A boat.", None, "Its sail."]
    pair = samples[rows[1]["URL"]]
    assert pair.is_pair and pair.images[0].image == picture(8, "PNG")
    assert len(samples) == 3 and skips(tmp_path / "out") == {"image_not_fetched": 1}


def test_another_fetch_is_ingested_again(server: Server, tmp_path: Path) -> None:
    (tmp_path / "laion").mkdir()
    urls = [server.url(path, HOSTS[3]) for path in ("/image/1", "/busy/503/2/x")]
    rows = [{"URL": url, "TEXT": f"Picture at {url}"} for url in urls]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "laion" / "part-00000.parquet")
    entry = {"source": "laion", "path": "laion", "fetched": "images"}
    recipe = make_recipe(tmp_path, entry)
    told = fetch(recipe, "--tries", 1)
    assert (told["images"], told["may_heal"]) == (1, 1)
    assert set(build(recipe, tmp_path / "out")) == {urls[0]}
    fetch(recipe, "--tries", 9, "--retry")
    assert set(build(recipe, tmp_path / "out")) == set(urls)


def test_wrong_entries_say_which_there_are(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "raw").mkdir()
    recipe = make_recipe(
        tmp_path, {"source": "laion", "path": "raw"}, {"source": "mmc4", "path": "raw"}
    )
    for arguments, message in [
        (("--recipe", recipe, "--out", "x"), "no --entry: expected one of laion, mmc4"),
        (("--recipe", recipe, "--entry", "cats"), "--entry cats: expected one of laion, mmc4"),
        (("--recipe", recipe, "--entry", "laion"), "--out is missing"),
        (("--out", "x"), "expected lists of URLs, or --recipe"),
    ]:
        assert cli.main(["fetch", *map(str, arguments)]) == 2
        assert message in capsys.readouterr().err
