"""Images that repeat go from documents, the documents stay, and every reader sees whole samples."""

import json
import tarfile
from pathlib import Path
from typing import Any

import pytest

from pipelines.near.repeats import Repeats, going
from sources.sample import Sample, from_members
from tests.pipelines import corpora
from tests.pipelines.near import planted
from tests.pipelines.near.test_images import scene

pytestmark = pytest.mark.timeout(600)
ARTICLES, MOST = 8, 5


def article(number: int, pictures: list[str]) -> dict[str, Any]:
    """A row of wikiHow with a step a picture."""
    steps = [
        {"headline": f"Step {at} of {number}", "description": f"Do {at}.", "step_id": name}
        for at, name in enumerate(pictures)
    ]
    method = {"name": f"Method {number}", "steps": steps}
    goal = {"file_id": str(number), "goal": f"How to do {number}", "goal_description": "Words."}
    return {**goal, "category_hierarchy": [], "methods": [method]}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Articles: six with a banner, one with a picture twice, one with nothing but the banner."""
    folder = tmp_path_factory.mktemp("repeats")
    rows = [article(n, ["banner", f"{n}_a", f"{n}_b"]) for n in range(ARTICLES - 2)]
    rows += [article(100, ["100_a", "100_b", "100_a"]), article(101, ["banner"])]
    (folder / "raw").mkdir()
    for seed, name in enumerate(
        sorted({s["step_id"] for r in rows for s in r["methods"][0]["steps"]})
    ):
        scene(seed).save(folder / "raw" / f"{name}.png")
    text = "".join(json.dumps(row) + "\n" for row in rows)
    (folder / "raw" / "WikihowText_data.json").write_text(text)
    build(folder)
    return folder


def build(folder: Path, *options: object, **rules: Any) -> Path:
    source = {"source": "wikihow", "path": "raw", "licence": "CC0-1.0", "language": "en"}
    repeats = {"more_than": MOST, **rules}
    return planted.build(folder, {"repeats": repeats}, *options, sources=[source], unit_size="1kB")


def samples(out: Path) -> dict[str, Sample]:
    """What the shards hold, by the goal of the article."""
    members: dict[str, dict[str, bytes]] = {}
    for path in (out / "pretrain").rglob("*.tar"):
        with tarfile.open(path) as stream:
            for member in stream:
                read = stream.extractfile(member)
                assert read is not None
                members.setdefault(member.name.split(".")[0], {})[member.name] = read.read()
    found = [from_members(each) for each in members.values()]
    return {sample.texts[0].split("\n")[0]: sample for sample in found}


def test_documents_stay_without_what_repeats(folder: Path) -> None:
    found = samples(folder / "out")
    banner = (folder / "raw" / "banner.png").read_bytes()
    assert len(found) == ARTICLES - 1
    for sample in found.values():
        images = [segment.image for segment in sample.images]
        assert len(images) == len(set(images)) == 2 and banner not in images
    kinds = [segment.is_image for segment in found["How to do 0"].segments]
    assert kinds.count(True) == 2 and [True, True] != kinds[:2]


def test_the_corpus_is_whole(folder: Path) -> None:
    told = json.loads(corpora.run("verify", folder / "out", "--json").stdout)
    assert told["ok"], told
    funnel = corpora.manifest(folder / "out")["funnel"]["wikihow"]
    assert funnel["removed"] == {"lost_images": 1} and funnel["written"] == ARTICLES - 1


def test_the_manifest_counts_what_went(folder: Path) -> None:
    told = corpora.manifest(folder / "out")["repeats"]
    # The banner of seven documents, of which one had nothing else, and one picture again.
    assert (told["documents"], told["removed"]) == (8, 1)
    assert (told["frequent"], told["again"]) == (7, 1)
    assert told["more_than"] == MOST and told["categories"] == ["pretrain/interleaved"]


def test_why_tells_what_a_document_lost(folder: Path) -> None:
    told = corpora.run("why", folder / "out", "wikihow-").stdout
    assert told.count("edited: without image 0 (in 7 documents)") == 7
    assert "edited: without image 2 (again)" in told
    assert "removed (lost_images): too few of its images are left" in told


def test_other_rules_build_from_the_same_samples(folder: Path) -> None:
    before = corpora.manifest(folder / "out")["digest"]
    out = build(folder, "--workers", 2, more_than=None, within=False)
    assert all(banners(out, folder)) and len(banners(out, folder)) == ARTICLES - 1
    assert corpora.manifest(build(folder, "--workers", 2))["digest"] == before


def banners(out: Path, folder: Path) -> list[str]:
    banner = (folder / "raw" / "banner.png").read_bytes()
    return [
        goal
        for goal, sample in samples(out).items()
        if banner in [segment.image for segment in sample.images]
    ]


def test_looks_stand_for_images_on_request() -> None:
    facts = {"image_hashes": ["a", "b", "c"], "perceptual_hashes": ["x", "x", ""]}
    assert going(Repeats().names(facts), {}, Repeats()) == {}
    rules = Repeats(by="look")
    assert rules.names(facts) == ["x", "x", "c"]
    assert going(rules.names(facts), {}, rules) == {1: "again"}


def test_a_frequent_image_goes_at_its_first_place_too() -> None:
    assert going(["a", "b", "a"], {"a": 11}, Repeats(within=False)) == {
        0: "in 11 documents",
        2: "in 11 documents",
    }
