"""Equal URLs are asked for once a list, in however many shards they stand."""

import json
import random
import tarfile
from collections import Counter
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from pipelines.fetch import same, stage
from pipelines.fetch.lists import Lists
from pipelines.fetch.settings import Settings
from tests.pipelines.fetch.server import HOSTS, Server
from tests.pipelines.fetch.test_stage import fetch, images, write_list


@pytest.mark.parametrize("held", [7, 1000])
def test_later_ones_lead_to_the_first(tmp_path: Path, held: int) -> None:
    noise = random.Random(4)
    shards = {number: noise.choices([f"u{n}" for n in range(60)], k=25) for number in (3, 4, 8, 9)}
    paths = {number: str(tmp_path / f"{number}.hashes") for number in shards}
    for number, urls in shards.items():
        same.write_hashes(paths[number], urls)
    first: dict[str, tuple[int, int]] = {}
    with same.Same(paths, held=held) as found:
        for number, urls in shards.items():
            for nth, url in enumerate(urls):
                first.setdefault(url, (number, nth))
            got = {
                nth: (shard, place)
                for shard, places in found.of(number).items()
                for nth, place in places.items()
            }
            expected = {nth: first[url] for nth, url in enumerate(urls) if first[url][0] != number}
            assert got == expected


def test_a_list_asks_for_each_url_once(server: Server, tmp_path: Path) -> None:
    # Seven and eleven have no common factor: each path stands in several shards, at one host.
    paths = [f"/image/{nth % 7}" for nth in range(40)] + ["/status/404"] * 20
    rows = [
        {"url": server.url(path, HOSTS[nth % 7 % 4]), "text": f"row {nth}"}
        for nth, path in enumerate(paths)
    ]
    (tmp_path / "list.jsonl").write_text("\n".join(map(json.dumps, rows)))
    out = tmp_path / "out"
    told = fetch(tmp_path / "list.jsonl", "--out", out, "--rows", 11, "--text-column", "text")
    assert told["outcomes"] == {"not_found": 20, "ok": 40}
    asked = Counter((request.host, request.path) for request in server.requests)
    assert max(asked.values()) == 1 and len(asked) == 7 + 4 + 2 * 4
    lines = [line for path in out.glob("*.parquet") for line in pq.read_table(path).to_pylist()]
    found = {line["url"]: line["sha256"] for line in lines if line["reason"] == "ok"}
    assert all(found[line["url"]] == line["sha256"] for line in lines if line["reason"] == "ok")
    captions = [text for path in out.glob("*.tar") for text in texts(path)]
    assert sorted(captions) == sorted(f"row {nth}" for nth in range(40))


def texts(path: Path) -> list[str]:
    with tarfile.open(path) as tar:
        names = [name for name in tar.getnames() if name.endswith(".txt")]
        return [tar.extractfile(name).read().decode() for name in names]  # type: ignore[union-attr]


def test_what_heals_is_asked_for_once_again(server: Server, tmp_path: Path) -> None:
    paths = ["/heals/1", "/image/2", "/heals/1", "/image/3", "/heals/1"]
    arguments = (
        write_list(tmp_path / "list.jsonl", server, paths, hosts=1), "--out", tmp_path / "out",
        "--rows", 2, "--tries", 1,
    )  # fmt: skip
    assert fetch(*arguments)["may_heal"] == 3 and server.count("/heals/1") == 1
    server.robots["well"] = (200, "")
    assert fetch(*arguments, "--retry")["images"] == 5 and server.count("/heals/1") == 2
    assert set(images(tmp_path / "out")) == {"heals/1", "image/2", "image/3"}


def test_urls_whose_hashes_are_equal_are_each_asked_for(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(same, "_hash", lambda url: bytes(8))
    urls = write_list(tmp_path / "list.jsonl", server, [f"/image/{n}" for n in range(5)], hosts=1)
    job = stage.Job(
        lists=Lists(paths=(str(urls),), rows=2),
        settings=Settings(allow_loopback=True),
        out=str(tmp_path / "out"),
        workers=1,
    )
    assert stage.run_stages(job, lambda _: None)["images"] == 5
    assert [server.count(f"/image/{n}") for n in range(5)] == [1] * 5
