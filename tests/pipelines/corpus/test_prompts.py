"""From images to prompts, and from answers back to samples that are labelled and balanced."""

import json
from collections import Counter
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from PIL import Image

from pipelines.corpus import prompts
from pipelines.corpus.state import CorpusError
from taxonomy.use_cases import cut
from tests.conftest import ROOT
from tests.pipelines import corpora

WANTED = prompts.Wanted(images=12, count=2, languages=("en",), seed=1)


def rows(folder: Path) -> list[dict]:
    return [json.loads(line) for line in (folder / "prompts.jsonl").read_text().splitlines()]


def test_prompts_go_out_with_their_images_and_come_back_as_samples(
    corpus: Path, tmp_path: Path
) -> None:
    asked = tmp_path / "raw"
    prompts.run(str(corpus), str(asked), WANTED)
    found = rows(asked)
    assert len({row["key"] for row in found}) == 12 and len(found) == 24
    for row in found:
        assert (row["answer"], row["language"], row["licence"]) == ("", "en", "unknown")
        with Image.open(asked / row["images"][0]) as image:
            assert image.size == (24, 16)
        row["answer"] = "" if row["form"] else "Noise in many colours."
    lines = "".join(json.dumps(row) + "\n" for row in found)
    (asked / "prompts.jsonl").write_text(lines, encoding="utf-8")
    source = {"source": "taxonomy_sft", "path": "raw"}
    recipe = corpora.make_recipe(tmp_path, sources=[source])
    corpora.run("build", recipe, "--out", tmp_path / "out", "--workers", 1)
    line = corpora.manifest(tmp_path / "out")["funnel"]["taxonomy_sft"]
    answered = sum(not row["form"] for row in found)
    assert (line["written"], line["skips"]) == (answered, {"no_answer": 24 - answered})


def test_the_same_seed_asks_the_same_and_answers_are_not_overwritten(
    corpus: Path, tmp_path: Path
) -> None:
    for name in ("one", "two"):
        prompts.run(str(corpus), str(tmp_path / name), WANTED)
    assert rows(tmp_path / "one") == rows(tmp_path / "two")
    with pytest.raises(CorpusError, match="is there already, perhaps with answers"):
        prompts.run(str(corpus), str(tmp_path / "one"), WANTED)


@pytest.fixture(scope="module")
def tuned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The corpus of the recipe `sample-sft`; tests only read it."""
    out = tmp_path_factory.mktemp("tuned") / "out"
    recipe = ROOT / "pipelines" / "recipes" / "sample-sft.yaml"
    corpora.run("build", recipe, "--out", out, "--workers", 1)
    return out


def test_the_sample_is_checked_labelled_and_balanced(tuned: Path) -> None:
    line = corpora.manifest(tuned)["funnel"]["taxonomy_sft"]
    wrong = ("no_answer", "not_json", "other_language", "refusal")
    assert line["skips"] == dict.fromkeys(wrong, 1)
    indexes = (tuned / "sft").rglob("*.parquet")
    facts = [row for path in indexes for row in pq.read_table(path).to_pylist()]
    counts = Counter(cut(row["taxonomy"], 1) for row in facts)
    assert len(counts) == 7 and set(counts.values()) <= {2, 3, 4}
    assert counts["recognition"] == 4
    lines = corpora.manifest(tuned)["mixture"]["lines"]
    short = {each["class"]: each["short"] for each in lines}
    assert all(short[name] == 4 - count for name, count in counts.items())
    corpora.run("verify", tuned)


def test_the_report_shows_classes_with_prompts_and_samples(tuned: Path) -> None:
    page = (tuned / "report" / "index.html").read_text()
    section = page.partition('id="use-cases"')[2].partition("<h2")[0]
    assert "Counterfactual Questioning" in section and "Why is the banana" in section
    assert "Prompts of the pool" in section


def test_the_report_and_inspect_tell_what_the_talks_are_like(tuned: Path) -> None:
    page = (tuned / "report" / "index.html").read_text()
    section = page.partition('id="conversations"')[2].partition("<h2")[0]
    assert 'href="#conversations"' in page and "taxonomy_sft" in section
    told = corpora.run("inspect", tuned).stdout
    assert "conversations:" in told and "second opinion" not in told + section
