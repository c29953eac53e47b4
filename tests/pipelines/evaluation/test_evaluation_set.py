"""An evaluation set is even, whole, and apart from what is trained on."""

import hashlib
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from pipelines.corpus.state import CorpusError
from pipelines.evaluation import command
from pipelines.recipe_reader import RecipeError, read_recipe
from taxonomy.prompts import of_use_cases, pools
from taxonomy.use_cases import cut, use_cases
from tests.pipelines import corpora

WANTED = command.Wanted(count=16, depth=1, seed=0, training=())


def ask(folder: Path, numbers: range, start: int = 0) -> None:
    """Answered prompts of every main class, each on a picture of its own."""
    folder.mkdir(exist_ok=True)
    by_class: dict[str, list[Any]] = {id: [] for id in use_cases().at(1)}
    for prompt in of_use_cases(pools()):
        if prompt.language == "en" and not prompt.form:
            by_class[cut(prompt.use_case, 1)].append(prompt)
    rows = []
    for number in numbers:
        for at, prompts in enumerate(by_class.values()):
            prompt, name = prompts[number], f"{number}-{at}.png"
            (folder / name).write_bytes(corpora.picture(start + 100 * number + at))
            row = {"prompt": prompt.text, "use_case": prompt.use_case, "language": "en"}
            rows.append(
                {
                    **row,
                    "key": f"{start}-{name}",
                    "prompt_id": prompt.id,
                    "images": [name],
                    "answer": "It is.",
                }
            )
    lines = "".join(json.dumps(row) + "\n" for row in rows)
    (folder / "asked.jsonl").write_text(lines, encoding="utf-8")


def build(folder: Path, name: str, **more: Any) -> Path:
    sources = [{"source": "taxonomy_sft", "path": name}]
    recipe = corpora.make_recipe(folder, sources=sources, **more)
    corpora.run("build", recipe, "--out", folder / f"{name}-out", "--workers", 1)
    return folder / f"{name}-out"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a corpus of questions, an evaluation set of it, and a corpus apart from it."""
    folder = tmp_path_factory.mktemp("judged")
    (folder / "raw").mkdir()
    ask(folder / "all", range(5))
    out = build(folder, "all")
    command.run(str(out), str(folder / "judged"), WANTED)
    return folder


def manifest(folder: Path) -> dict[str, Any]:
    value: dict[str, Any] = json.loads((folder / "judged" / "manifest.json").read_text())
    return value


def rows(folder: Path) -> list[dict[str, Any]]:
    lines = (folder / "judged" / "questions.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def test_it_is_even_and_its_manifest_seals_every_file(place: Path) -> None:
    told = manifest(place)
    assert told["classes"] == dict.fromkeys(sorted(use_cases().at(1)), 2)
    assert (told["questions"], told["short"]) == (16, {})
    cover = Counter(cut(row["use_case"], 1) for row in rows(place))
    assert dict(cover) == told["classes"]
    files = {
        str(path.relative_to(place / "judged"))
        for path in (place / "judged").rglob("*")
        if path.is_file() and path.name != "manifest.json"
    }
    assert files == set(told["files"])
    for name, sealed in told["files"].items():
        content = (place / "judged" / name).read_bytes()
        assert hashlib.sha256(content).hexdigest() == sealed["sha256"]
    assert all(row["answer"] == "It is." and len(row["images"]) == 1 for row in rows(place))


def test_a_build_that_names_it_trains_on_nothing_of_it(place: Path) -> None:
    out = build(place, "all", evaluation=["judged"])
    removed = corpora.manifest(out)["funnel"]["taxonomy_sft"]["removed"]
    assert removed.pop("evaluation_key") == 16
    assert set(removed) <= {"evaluation_near_duplicate", "evaluation_near_image"}
    paths = (out / "sft").rglob("*.parquet")
    facts = [row for path in paths for row in pq.read_table(path).to_pylist()]
    judged = rows(place)
    assert facts and not {row["key"] for row in facts} & {row["key"] for row in judged}
    images = {image for row in judged for image in row["image_hashes"]}
    assert not images & {image for row in facts for image in row["image_hashes"]}
    corpora.run("why", out, judged[0]["key"])


def test_it_is_apart_from_the_corpora_that_are_named(place: Path, tmp_path: Path) -> None:
    (tmp_path / "raw").mkdir()
    # The first two of each class are trained on, with other pictures and under other keys.
    ask(tmp_path / "some", range(2), start=10_000)
    training = build(tmp_path, "some")
    wanted = command.Wanted(count=16, depth=1, seed=0, training=(str(training),))
    command.run(str(place / "all-out"), str(tmp_path / "judged"), wanted)
    left = manifest(tmp_path)["left_out"]
    asked = (tmp_path / "some" / "asked.jsonl").read_text(encoding="utf-8")
    trained = {json.loads(line)["prompt"] for line in asked.splitlines()}
    assert not trained & {row["question"] for row in rows(tmp_path)}
    assert "near_duplicate_of_training" in left


def test_a_folder_in_use_and_a_corpus_without_questions_are_refused(
    place: Path, tmp_path: Path
) -> None:
    with pytest.raises(CorpusError, match="holds an evaluation set already"):
        command.run(str(place / "all-out"), str(place / "judged"), WANTED)
    recipe = corpora.make_recipe(tmp_path, evaluation=["raw"])
    with pytest.raises(RecipeError, match="holds no evaluation set: write one"):
        read_recipe(str(recipe))
