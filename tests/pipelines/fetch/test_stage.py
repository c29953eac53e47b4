"""A fetch end to end: what lies on disk, once, whatever is killed; and again only what may heal."""

import json
import subprocess
import tarfile
import time
from collections import Counter
from hashlib import sha256
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipelines.build import run_stages
from pipelines.job import Job
from pipelines.recipe_reader import read_recipe
from tests.conftest import ROOT
from tests.pipelines import corpora
from tests.pipelines.corpora import picture
from tests.pipelines.fetch.conftest import fetch_here
from tests.pipelines.fetch.server import HOSTS, Server

QUICK = ("--allow-loopback", "--backoff", "0.05")
# What is asked of each host once a run, beside its images.
OF_HOSTS = ("/robots.txt", "/.well-known/tdmrep.json")
BAD = ("/status/404", "/tagged/noai", "/broken/cut", "/to/http://10.0.0.1/")


def write_list(path: Path, server: Server, paths: list[str], hosts: int = 4) -> Path:
    rows = [
        {"url": server.url(each, HOSTS[nth % hosts]), "text": f"number {nth}", "license": "CC0-1.0"}
        for nth, each in enumerate(paths)
    ]
    path.write_text("\n".join(map(json.dumps, rows)) + "\n")
    return path


def fetch(*arguments: object) -> dict[str, Any]:
    return fetch_here(*arguments, *QUICK)


def fetch_by_command(*arguments: object, code: int = 0) -> dict[str, Any]:
    done = corpora.run("fetch", *arguments, *QUICK, "--workers", 1, "--json", code=code)
    value: dict[str, Any] = json.loads(done.stdout)
    return value


def tars(out: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(out.glob("*.tar"))}


def images(out: Path) -> dict[str, tuple[bytes, dict]]:
    """Bytes and facts of each image by the path in its URL."""
    found = {}
    for path in out.glob("*.tar"):
        with tarfile.open(path) as tar:
            there = {info.name: tar.extractfile(info).read() for info in tar}  # type: ignore[union-attr]
        for name, data in there.items():
            if name.endswith(".json"):
                facts = json.loads(data)
                stem = name.removesuffix(".json")
                (image,) = [
                    there[f"{stem}.{each}"] for each in ("png", "jpg") if f"{stem}.{each}" in there
                ]
                assert sha256(image).hexdigest() == facts["sha256"]
                found[facts["url"].split("/", 3)[3]] = (image, facts)
    return found


def test_a_list_becomes_tars_and_every_url_is_accounted_for(server: Server, tmp_path: Path) -> None:
    paths = [f"/image/{number}" for number in range(40)] + [*BAD, "/image/3"]
    told = fetch_by_command(
        write_list(tmp_path / "list.jsonl", server, paths), "--out", tmp_path / "out",
        "--text-column", "text", "--rows", 16,
    )  # fmt: skip
    assert told["outcomes"] == {
        "decode": 1, "not_found": 1, "ok": 41, "private_address": 1, "reserved": 1,
    }  # fmt: skip
    got = images(tmp_path / "out")
    assert {path: data for path, (data, _) in got.items()} == {
        f"image/{number}": picture(number, "PNG") for number in range(40)
    }
    facts = got["image/5"][1]
    assert (facts["caption"], facts["license"], facts["status"]) == (
        "number 5",
        "CC0-1.0",
        "success",
    )
    lines = [
        line
        for path in sorted((tmp_path / "out").glob("*.parquet"))
        for line in pq.read_table(path).to_pylist()
    ]
    assert Counter(line["reason"] for line in lines) == told["outcomes"]
    for line in lines:
        if line["reason"] == "ok":
            data = (tmp_path / "out" / f"{line['tar']}.tar").read_bytes()
            content = data[line["offset"] : line["offset"] + line["size"]]
            assert sha256(content).hexdigest() == line["sha256"]


def test_the_tars_are_what_a_build_reads(server: Server, tmp_path: Path) -> None:
    write_list(tmp_path / "list.jsonl", server, [f"/image/{number}" for number in range(12)])
    fetch(tmp_path / "list.jsonl", "--out", tmp_path / "out", "--text-column", "text")
    sources = [{"source": "pairs", "path": "out/*.tar"}]
    corpora.make_recipe(tmp_path, sources=sources)
    recipe = read_recipe(str(tmp_path / "recipe.yaml"))
    job = Job(recipe=recipe, out=str(tmp_path / "corpus"), workers=1)
    manifest = run_stages(job, lambda _: None)
    assert manifest["samples"] == 12 and manifest["funnel"]["pairs"]["rejects"] == 0


def test_documents_have_their_images_fetched(server: Server, tmp_path: Path) -> None:
    rows = [
        {
            "images": [server.url("/image/1"), None, server.url("/image/2")],
            "texts": [None, "a", None],
        },
        {"images": [None, server.url("/image/1")], "texts": ["b", None]},
    ]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "docs.parquet")
    told = fetch(tmp_path / "docs.parquet", "--out", tmp_path / "out", "--url-column", "images")
    assert (told["rows"], told["urls"], told["images"]) == (2, 3, 3)
    assert server.count("/image/1") == 1
    (table,) = (tmp_path / "out").glob("*.parquet")
    lines = pq.read_table(table).to_pylist()
    assert [(line["row"], line["nth"]) for line in lines] == [
        ("docs.parquet#row 0", 0), ("docs.parquet#row 0", 2), ("docs.parquet#row 1", 1),
    ]  # fmt: skip


def test_only_what_may_heal_is_asked_again(server: Server, tmp_path: Path) -> None:
    paths = [f"/image/{number}" for number in range(6)] + [*BAD, "/heals/90", "/heals/91"]
    arguments = (
        write_list(tmp_path / "list.jsonl", server, paths),
        "--out",
        tmp_path / "out",
        "--tries",
        1,
    )
    first = fetch(*arguments)
    assert first["outcomes"]["server_error"] == first["may_heal"] == 2
    asked = len(server.requests)
    assert fetch(*arguments) == first and len(server.requests) == asked
    server.robots["well"] = (200, "")
    again = fetch(*arguments, "--retry")
    later = {request.path for request in server.requests[asked:]}
    assert later == {*OF_HOSTS, "/heals/90", "/heals/91"}
    assert again["images"] == 8 and again["may_heal"] == 0
    assert [path.name for path in (tmp_path / "out").glob("*.tar")] == ["000000-1.tar"]
    assert images(tmp_path / "out")["image/5"][0] == picture(5, "PNG")


def test_a_killed_fetch_goes_on_where_it_was(server: Server, tmp_path: Path) -> None:
    paths = [f"/later/{number}" for number in range(150)]
    write_list(tmp_path / "list.jsonl", server, paths)
    arguments = (tmp_path / "list.jsonl", "--rows", 60, "--per-host", 2)
    fetch(*arguments, "--out", tmp_path / "whole")
    server.requests.clear()
    more = ("--out", tmp_path / "out", "--workers", 1)
    command = corpora.command("fetch", *arguments, *more, *QUICK)
    for stop in (40, 90):
        kill_at(server, stop, command)
    assert fetch(*arguments, "--out", tmp_path / "out")["images"] == 150
    # Only what was under way when a blow fell, in three shards at 2 of each of 4 hosts, is asked
    # for twice: at most 24 URLs a blow, where starting anew would be 40 and 90.
    counts = Counter(request.path for request in server.requests)
    twice = sum(count - 1 for path, count in counts.items() if path not in OF_HOSTS)
    assert twice <= 2 * 24
    assert tars(tmp_path / "out") == tars(tmp_path / "whole")
    assert not list((tmp_path / "out" / "_build" / "spool").iterdir())


def test_workers_share_the_hosts_and_make_the_same_tars(server: Server, tmp_path: Path) -> None:
    rows = [
        {"url": server.url(f"/later/{nth}", HOSTS[nth % 8]), "junk": "x" * 50_000}
        for nth in range(180)
    ]
    (tmp_path / "list.jsonl").write_text("\n".join(map(json.dumps, rows)))
    arguments = (tmp_path / "list.jsonl", "--rows", 40, "--per-host", 2, "--allow-loopback")
    for workers in (1, 2):
        out = tmp_path / str(workers)
        corpora.run("fetch", *arguments, "--out", out, "--workers", workers)
        assert len(list((out / "_build" / "lanes").iterdir())) == 2
        assert max(server.most.values()) <= 2
    assert tars(tmp_path / "1") == tars(tmp_path / "2")


def test_a_folder_that_cannot_be_written_ends_the_run(server: Server, tmp_path: Path) -> None:
    write_list(tmp_path / "list.jsonl", server, ["/image/1"])
    (tmp_path / "out" / "_build").mkdir(parents=True)
    (tmp_path / "out" / "_build" / "spool").write_text("in the way")
    arguments = (tmp_path / "list.jsonl", "--out", tmp_path / "out", *QUICK)
    assert "FileExistsError" in corpora.run("fetch", *arguments, code=1).stderr
    (tmp_path / "out" / "_build" / "spool").unlink()
    assert fetch(tmp_path / "list.jsonl", "--out", tmp_path / "out")["images"] == 1


def kill_at(server: Server, requests: int, command: list[str]) -> None:
    """Runs a command until the server was asked so often, and kills it."""
    null = subprocess.DEVNULL
    with subprocess.Popen(command, cwd=ROOT, stdout=null, stderr=null) as process:
        wait_for(lambda: len(server.requests) > requests or process.poll() is not None)
        below = corpora.descendants(process.pid)
        assert process.poll() is None
        process.kill()
    wait_for(lambda: not any(corpora.alive(pid) for pid in below))


def wait_for(condition: Any) -> None:
    until = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.02)


@pytest.mark.parametrize(
    ("more", "code", "said"),
    [
        (
            ["--url-column", "link"],
            1,
            "none of 3 rows has a URL in column 'link'; the first row has url",
        ),
        (["--per-host", "0"], 2, "per_host=0: expected more than 0"),
        (["--no-such-option"], 2, "unknown options: --no-such-option"),
        (["--opt-out", "/nowhere"], 1, "/nowhere"),
    ],
)
def test_bad_settings_say_what_to_do(
    server: Server, tmp_path: Path, more: list[str], code: int, said: str
) -> None:
    write_list(tmp_path / "list.jsonl", server, ["/image/1", "/image/2", "/image/3"])
    arguments = (tmp_path / "list.jsonl", "--out", tmp_path / "out", *QUICK, *more)
    assert said in corpora.run("fetch", *arguments, code=code).stderr


def test_another_list_needs_another_folder(server: Server, tmp_path: Path) -> None:
    write_list(tmp_path / "list.jsonl", server, ["/status/404"])
    fetch_by_command(tmp_path / "list.jsonl", "--out", tmp_path / "out", code=3)
    write_list(tmp_path / "list.jsonl", server, ["/image/1", "/image/2"])
    arguments = (tmp_path / "list.jsonl", "--out", tmp_path / "out", *QUICK)
    said = corpora.run("fetch", *arguments, code=1).stderr
    assert "holds another fetch" in said and "another --out" in said
