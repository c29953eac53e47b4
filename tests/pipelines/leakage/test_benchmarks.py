"""Every evaluation set is read as it is released: real records, and layouts made for the others."""

import base64
import csv
import re
from pathlib import Path

import pytest

from pipelines.leakage import benchmarks
from pipelines.leakage.benchmark import Item
from pipelines.leakage.command import read_items
from pipelines.leakage.fingerprint import FingerprintError
from tests.pipelines.leakage import sets


def read(name: str, *paths: Path) -> dict[str, Item]:
    """The items of a set by their ids; of one id the last."""
    return {item.id: item for item in read_items(benchmarks.load(name), [*map(str, paths)], "")}


def made(name: str, folder: Path) -> dict[str, Item]:
    sets.MADE[name](folder)
    return read(name, folder)


# Name, where its real records lie, and how many items they are.
REAL = [
    ("agieval", "agieval", 1193),
    ("gsm8k", "gsm8k", 450),
    ("hellaswag", "hellaswag", 4),
    ("mathvista", "mathvista", 118),
    ("mbpp", "mbpp", 300),
    ("mmlu", "mmlu", 542),
    ("mmmu", "mmmu-pro", 200),
    ("ocrbench", "ocrbench", 648),
    ("pope", "pope", 500),
]


@pytest.mark.parametrize(("name", "folder", "count"), REAL)
def test_real_records_become_items(name: str, folder: str, count: int, samples: Path) -> None:
    items = read(name, samples / "records" / folder)
    assert len(items) == count
    for item in items.values():
        assert item.question or name == "pope"
        assert all(text.strip() for text in item.texts)


def test_every_set_is_known_by_its_real_or_made_files() -> None:
    assert {name for name, *_ in REAL} | set(sets.MADE) == set(benchmarks.names())
    assert len(benchmarks.names()) >= 14
    for name in benchmarks.names():
        assert benchmarks.load(name).title and benchmarks.load(name).homepage


def test_marks_of_the_calculator_are_no_text(samples: Path) -> None:
    items = read("gsm8k", samples / "records" / "gsm8k" / "test.jsonl")
    assert items["test.jsonl#byte 0"].texts == (
        "Janet sells 16 - 3 - 4 =  9 duck eggs a day.\n"
        "She makes 9 * 2 = $ 18 every day at the farmer\u2019s market.",
    )


def test_both_forms_of_mmlu_give_the_same_fields(samples: Path) -> None:
    items = read("mmlu", samples / "records" / "mmlu" / "with-header").values()
    by_question = {item.question: item for item in items}
    asked = "Find all c in Z_3 such that Z_3[x]/(x^2 + c) is a field."
    assert by_question[asked].texts == ("0", "1", "2", "3")
    assert "question" not in by_question


def test_a_question_turned_round_is_one_item(tmp_path: Path) -> None:
    items = made("mmbench", tmp_path)
    assert set(items) == {"241", "242"}
    assert items["241"].images == (sets.encoded(sets.scene(1)),)
    assert items["242"].images == () and items["242"].question.endswith("in two lines")
    assert items["242"].texts == ("a hint", "one", "two")


# A cell of the page on which MMBench's authors show items, and what stands in it.
SHOWN = re.compile(r"<p>QUESTION\. (.*?)<br>(.*?)</p>", re.DOTALL)
OPTION = re.compile(r"<br>([A-D])\. ?(.*?)(?=<br>)", re.DOTALL)
PICTURE = re.compile(r'<img src="((?:MMBench|CCBench)/(\d+)\.jpg)"')


def released(folder: Path, out: Path) -> int:
    """The items that the authors show as the table that they release; how many pictures."""
    page = (folder / "README.md").read_text(encoding="utf-8")
    head = ["index", "question", "A", "B", "C", "D", "image"]
    rows, pictures = [head], PICTURE.findall(page)
    for (path, number), (question, rest) in zip(pictures, SHOWN.findall(page), strict=False):
        options = dict(OPTION.findall(rest))
        image = base64.b64encode((folder / path).read_bytes()).decode()
        rows.append([number, question, *(options.get(name, "") for name in "ABCD"), image])
    with (out / "MMBench_DEV_EN.tsv").open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream, delimiter="\t").writerows(rows)
    return len({number for _, number in pictures})


def test_real_items_of_mmbench_keep_their_pictures(samples: Path, tmp_path: Path) -> None:
    folder = samples / "records" / "mmbench" / "samples"
    count = released(folder, tmp_path)
    items = read("mmbench", tmp_path)
    assert len(items) == count == 18
    for number, item in items.items():
        (path,) = folder.glob(f"*/{number}.jpg")
        assert item.images == (path.read_bytes(),) and item.question and len(item.texts) >= 2


def test_marks_and_lists_in_strings_are_understood(tmp_path: Path) -> None:
    (item,) = made("mmmu", tmp_path).values()
    assert item.question.strip() == sets.question(1)
    assert item.texts == ("the artist's",) and len(item.images) == 2


def test_chinese_questions_lose_their_marks(tmp_path: Path) -> None:
    (item,) = made("cmmmu", tmp_path).values()
    assert item.question.startswith("如图所示") and item.texts == ("一", "二")
    assert item.images == (sets.encoded(sets.scene(3)),)


def test_pictures_are_found_where_each_set_has_them(tmp_path: Path) -> None:
    counts = {}
    for name in ("seed_bench", "pope", "ocrbench", "mathvista", "mm_vet", "scienceqa"):
        (tmp_path / name).mkdir()
        items = made(name, tmp_path / name).values()
        counts[name] = [sum(isinstance(image, bytes) for image in i.images) for i in items]
    assert counts == {
        "seed_bench": [1, 2, 0],
        "pope": [1],
        "ocrbench": [1, 0],
        "mathvista": [1],
        "mm_vet": [1],
        "scienceqa": [1],
    }


def test_answers_that_are_joined_come_apart(tmp_path: Path) -> None:
    assert made("mm_vet", tmp_path)["v1_0"].texts == ("-1", "-5")


def test_files_of_another_set_are_told(tmp_path: Path, samples: Path) -> None:
    with pytest.raises(FingerprintError, match="not what 'MMMU"):
        read("mmmu", samples / "records" / "gsm8k")
    with pytest.raises(FingerprintError, match="holds no file of the set: expected"):
        read("gsm8k", tmp_path)
