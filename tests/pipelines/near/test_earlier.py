"""A new crawl is compared with the signatures of an earlier corpus, which need not be there."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from pipelines import earlier
from pipelines.near.images import by_parts, within
from pipelines.near.nodes import Node, star
from pipelines.near.rates import tables
from tests.pipelines import corpora
from tests.pipelines.near import planted
from tests.pipelines.near.test_images import EDITS, scene

pytestmark = pytest.mark.timeout(600)
GROUPS, PICTURES = 6, 8


def dump(folder: Path, rows: list[dict[str, Any]], pictures: dict[str, Any]) -> None:
    """Documents and captioned pictures, under the same names in every dump."""
    planted.write_documents(folder / "raw", rows, files=1)
    (folder / "pairs").mkdir()
    for number, (name, image) in enumerate(pictures.items()):
        image.save(folder / "pairs" / f"{number}.jpg", quality=80)
        (folder / "pairs" / f"{number}.txt").write_text(f"caption of {name}")


def build(folder: Path, name: str, **dedup: Any) -> Path:
    sources = [
        {"source": "documents", "path": "raw", "licence": "CC0-1.0", "language": "en"},
        {"source": "pairs", "path": "pairs", "licence": "CC0-1.0", "language": "en"},
    ]
    settings = {"text": {}, "images": {}, **dedup}
    return planted.build(folder, settings, sources=sources, name=name)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dumps")
    rows = planted.documents(GROUPS, 20)
    grouped: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        grouped.setdefault(row.get("group", row["text"]), []).append(row)
    first = [group[0] for group in grouped.values()]
    second = [group[1] for group in grouped.values() if len(group) == 2]
    # One text is the same to the letter.
    second.append({"text": first[-1]["text"], "level": 1.0})
    dump(folder / "one", first, {f"{seed}": scene(seed) for seed in range(PICTURES)})
    edited = {f"{seed} {name}": edit(scene(seed)) for seed in range(PICTURES // 2)
              for name, edit in EDITS.items()}  # fmt: skip
    dump(folder / "two", second, {**edited, "new": scene(99)})
    out = build(folder / "one", "crawl-1")
    corpora.run("signatures", out, "--out", folder / "one.signatures")
    shutil.rmtree(out)
    build(folder / "two", "crawl-2", before=["../one.signatures"])
    return folder


def test_what_the_earlier_crawl_has_goes(folder: Path) -> None:
    gone = planted.dropped(folder / "two" / "out")
    counts: dict[str, int] = {}
    for line in gone.values():
        counts[line["reason"]] = counts.get(line["reason"], 0) + 1
        assert line["kept"].startswith("crawl-1:")
    # Levels 0.9, 0.95 and 1.0 of the documents are above the threshold.
    assert counts == {
        "exact_duplicate": 1,
        "near_duplicate": 3 * GROUPS,
        "near_duplicate_image": len(EDITS) * PICTURES // 2,
    }


def test_the_signatures_hold_no_text(folder: Path) -> None:
    head = json.loads((folder / "one.signatures" / earlier.HEAD).read_text())
    assert head["samples"] == len(planted.LEVELS) * GROUPS + 20 + PICTURES
    data = b"".join(path.read_bytes() for path in (folder / "one.signatures").iterdir())
    assert b"caption of" not in data and sum(map(len, [data])) < 2000 * head["samples"]


def test_the_report_shows_the_rate_by_number_of_dumps(folder: Path) -> None:
    told = corpora.manifest(folder / "two" / "out")
    ((_, lines),) = tables(told)
    assert [line["with"] for line in lines] == ["crawl-1", "crawl-2"]
    assert lines[0]["rate"] == 0.0 and lines[1]["removed"] == 1 + 3 * GROUPS + 12
    page = (folder / "two" / "out" / "report" / "index.html").read_text()
    assert "Duplicates by number of dumps" in page and f"{lines[-1]['rate']:.1%}" in page


def test_folders_without_signatures_are_refused(folder: Path) -> None:
    source = {"source": "documents", "path": "raw"}
    head = json.loads((folder / "one.signatures" / earlier.HEAD).read_text())
    shutil.copytree(folder / "one.signatures", folder / "old.signatures")
    old = json.dumps({**head, "minhash": {"seed": 0}})
    (folder / "old.signatures" / earlier.HEAD).write_text(old)
    before = ["raw", "../old.signatures", "../one.signatures", "../one/../one.signatures"]
    recipe = {"name": "r", "sources": [source], "dedup": {"before": before}}
    (folder / "two" / "bad.yaml").write_text(json.dumps(recipe))
    told = corpora.run("build", folder / "two" / "bad.yaml", "--out", folder / "o", code=2).stderr
    assert "`shardwright signatures CORPUS --out raw` makes them" in told
    assert "make them again" in told and "both of a corpus named 'crawl-1'" in told


def nodes(priorities: list[int]) -> list[bytes]:
    return [Node(each, None, f"k{at}", "u" if each else "", "a", at).pack()
            for at, each in enumerate(priorities)]  # fmt: skip


def test_earlier_samples_are_no_pairs_of_each_other() -> None:
    packed = nodes([0, 0, 1, 1])
    assert len(list(star(packed))) == 2
    words: dict[bytes, list[bytes]] = {}
    for each in packed:
        for word, member in by_parts(bytes(8), each, 0):
            words.setdefault(word, []).append(member)
    assert [len(list(within(word, group, 0))) for word, group in words.items()] == [5]
