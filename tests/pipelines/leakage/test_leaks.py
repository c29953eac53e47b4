"""Planted leaks of real evaluation sets come out of builds, and nothing else does."""

import json
import random
import shutil
import tarfile
from pathlib import Path
from typing import Any

import pytest

from pipelines.cli import main
from pipelines.leakage import benchmarks
from pipelines.leakage.benchmark import Item
from pipelines.leakage.command import read_items
from tests.pipelines import corpora
from tests.pipelines.leakage import sets
from tests.pipelines.near import planted

# Builds, of which some machines do several at a time.
pytestmark = pytest.mark.timeout(600)

NAMES = ("agieval", "gsm8k", "mbpp", "mmlu")
PLANTED, CLEAN = 20, 60
PICTURES = {
    "half": lambda image: image.resize((80, 60)),
    "grey": lambda image: image.convert("L"),
    "large": lambda image: image.resize((333, 250)),
}


def prose(samples: Path) -> list[str]:
    """Runs of 120 words of real prose."""
    found = []
    for path in sorted((samples / "text").rglob("*.txt")):
        tokens = path.read_text(encoding="utf-8", errors="replace").split()
        found += [" ".join(tokens[at : at + 120]) for at in range(0, len(tokens) - 120, 120)]
    random.Random(0).shuffle(found)
    return found


def whole(item: Item) -> list[str]:
    """All that an item says, as words, or as characters where it is Chinese."""
    text = " ".join((item.question, *item.texts))
    return list(text) if max(map(ord, text)) > 0x3000 else text.split()


def edited(tokens: list[str], noise: random.Random) -> str:
    """A text in capitals, with other punctuation, and one of its first three words another one."""
    chinese = all(len(token) == 1 for token in tokens)
    tokens = [token.replace(",", ";") for token in tokens]
    tokens[noise.randrange(3)] = "其" if chinese else "otherwise"
    return ("" if chinese else " ").join(tokens).upper()


def plant(folder: Path, samples: Path) -> dict[str, str]:
    """Writes documents and pictures; returns for each line that leaks the set it leaks of."""
    noise, background = random.Random(1), prose(samples)
    rows: list[dict[str, Any]] = [{"text": text, "leaks": ""} for text in background[:CLEAN]]
    for name in NAMES:
        items = read_items(benchmarks.load(name), [str(samples / "records" / name)], "")
        long = [tokens for tokens in map(whole, items) if len(tokens) > 100]
        for tokens in noise.sample(long, PLANTED):
            around = background[noise.randrange(CLEAN, len(background))].split()
            text = " ".join([*around[:40], edited(tokens, noise), *around[40:]])
            rows.append({"text": text, "leaks": name})
    noise.shuffle(rows)
    planted.write_documents(folder / "raw", rows)
    return {row["text"]: row["leaks"] for row in rows}


def plant_pictures(folder: Path) -> dict[str, str]:
    """Captioned pictures, some of them edits of POPE's; name of each and whether it leaks."""
    (folder / "pope" / "val2014").mkdir(parents=True)
    (folder / "pairs").mkdir()
    lines, leaks = [], {}
    for number in range(12):
        name = f"COCO_val2014_{number:012d}.jpg"
        data = sets.encoded(sets.scene(number), "JPEG", quality=90)
        (folder / "pope" / "val2014" / name).write_bytes(data)
        lines.append(json.dumps({"question_id": number, "image": name, "text": "Is there a dog?"}))
        for edit, change in PICTURES.items():
            leaks[f"{number}-{edit}"] = "pope"
            made = sets.encoded(change(sets.scene(number)), "JPEG", quality=70)
            (folder / "pairs" / f"{number}-{edit}.jpg").write_bytes(made)
        leaks[f"{number}-other"] = ""
        other = sets.encoded(sets.scene(1000 + number), "JPEG")
        (folder / "pairs" / f"{number}-other.jpg").write_bytes(other)
    for name in leaks:
        (folder / "pairs" / f"{name}.txt").write_text(f"a caption of {name}")
    (folder / "pope" / "coco_pope_random.json").write_text("\n".join(lines))
    return leaks


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, samples: Path) -> Path:
    folder = tmp_path_factory.mktemp("leaks")
    truth = plant(folder, samples) | plant_pictures(folder)
    (folder / "truth.json").write_text(json.dumps(truth))
    for name in (*NAMES, "pope"):
        where = folder / "pope" if name == "pope" else samples / "records" / name
        assert main(["fingerprint", name, str(where), "--out", str(folder / f"{name}.fp")]) == 0
    build(folder)
    return folder


def build(folder: Path, *options: object, **leakage: Any) -> Path:
    settings = {"fingerprints": ["*.fp"], **leakage}
    sources = [
        {"source": "documents", "path": "raw", "licence": "CC0-1.0", "language": "en"},
        {"source": "pairs", "path": "pairs", "licence": "CC0-1.0", "language": "en"},
    ]
    return planted.build(folder, {}, *options, sources=sources, leakage=settings)


def rows(out: Path) -> dict[str, str]:
    """By key, the text of a document or the name of a picture."""
    found = {}
    for path in (out / "_build" / "staged").rglob("*.tar"):
        with tarfile.open(path) as stream:
            for member in stream:
                data = stream.extractfile(member)
                if data is not None and member.name.endswith(".json"):
                    record = json.load(data)
                    row = record["row"].split("/")[-1].removesuffix(".jpg")
                    found[record["key"]] = row if record["images"][0] else record["texts"][0]
    return found


def outcome(out: Path) -> dict[str, str]:
    """By row, the set that it was removed for."""
    names = rows(out)
    gone = {key: line["reason"] for key, line in planted.dropped(out).items()}
    return {name: gone.get(key, "").removeprefix("leakage:") for key, name in names.items()}


def test_what_leaks_goes_and_nothing_else(folder: Path) -> None:
    truth = json.loads((folder / "truth.json").read_text())
    assert outcome(folder / "out") == truth


def test_manifest_and_report_tell_of_each_set(folder: Path) -> None:
    told = corpora.manifest(folder / "out")["leakage"]
    assert told["parameters"]["size"] == {"words": 13, "characters": 50}
    assert told["sets"]["pope"]["kinds"] == {"image": 36} and told["sets"]["pope"]["items"] == 12
    assert {name: each["samples"] for name, each in told["sets"].items()} == {
        **dict.fromkeys(NAMES, PLANTED),
        "pope": 36,
    }
    page = (folder / "out" / "report" / "index.html").read_text()
    assert "Evaluation sets" in page and "<td>pope</td>" in page


def test_the_funnel_counts_by_set(folder: Path) -> None:
    funnel = corpora.manifest(folder / "out")["funnel"]
    assert funnel["pairs"]["removed"] == {"leakage:pope": 36}
    assert funnel["documents"]["removed"] == {f"leakage:{name}": PLANTED for name in NAMES}


def test_why_tells_what_was_found(folder: Path) -> None:
    gone = planted.dropped(folder / "out")
    for name, words in (("gsm8k", "n-grams"), ("pope", "a picture like image 0")):
        key = min(key for key, line in gone.items() if line["reason"] == f"leakage:{name}")
        told = corpora.run("why", folder / "out", key).stdout
        assert f"removed (leakage:{name}): {name} item " in told and words in told


def test_both_texts_stand_side_by_side(folder: Path, samples: Path) -> None:
    page, known = folder / "leaks.html", samples / "records" / "gsm8k"
    told = corpora.run(
        "leaks", folder / "out", "--with", f"gsm8k={known}", "--with", f"pope={folder / 'pope'}",
        "--html", page,
    ).stdout  # fmt: skip
    assert told.splitlines()[0].split() == [
        "set", "items", "of", "these", "found", "samples", "by", "n-grams", "by", "question", "by",
        "picture",
    ]  # fmt: skip
    text = page.read_text()
    assert text.count("<mark>") >= 2 * PLANTED and text.count("<img") >= 2 * 36
    assert "Janet" not in (folder / "out" / "report" / "index.html").read_text()


@pytest.mark.slow
def test_workers_make_no_difference(folder: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(folder, copy, ignore=lambda _, names: {"out"} & set(names))
    out = build(copy, "--workers", 2)
    one, two = corpora.manifest(folder / "out"), corpora.manifest(out)
    assert one["digest"] == two["digest"] and one["leakage"] == two["leakage"]
    assert planted.dropped(out) == planted.dropped(folder / "out")


def test_recipes_are_checked_before_anything_runs(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder / "raw", tmp_path / "raw")
    shutil.copy(folder / "pope.fp", tmp_path / "one.fp")
    shutil.copy(folder / "pope.fp", tmp_path / "two.fp")
    (tmp_path / "stop.txt").write_text("one\n")
    source = {"source": "documents", "path": "raw"}
    for leakage, told in (
        (["none.fp"], "leakage.0: none.fp finds no file"),
        (["raw/0.jsonl"], "cannot be read as a fingerprint"),
        (["*.fp"], "are both named 'pope'"),
        ({"fingerprints": ["one.fp"], "stop_phrases": "stop.txt"}, "'one' is no phrase"),
        ({"fingerprints": ["one.fp"], "ngrams": 0}, "leakage"),
    ):
        recipe = {"name": "r", "sources": [source], "leakage": leakage}
        (tmp_path / "r.yaml").write_text(json.dumps(recipe))
        failed = corpora.run("build", tmp_path / "r.yaml", "--out", tmp_path / "o", code=2)
        assert told.split(": ")[-1] in failed.stderr


def test_marking_removes_nothing_and_ingests_nothing(folder: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in (folder / "out").rglob("staged/*/*")}
    (folder / "stop.txt").write_text("# ours\nin one go\n")
    # Last of the builds in this folder: other tests look at what the first one made.
    out = build(folder, action="mark", distance=None, stop_phrases="stop.txt")
    told = corpora.manifest(out)
    assert not any(line["removed"] for line in told["funnel"].values())
    assert told["leakage"]["sets"]["pope"]["samples"] == 0
    assert told["leakage"]["sets"]["gsm8k"]["samples"] == PLANTED
    assert before == {path: path.stat().st_mtime_ns for path in out.rglob("staged/*/*")}
