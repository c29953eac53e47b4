"""Questions in tables as people have them, and as toolkits of evaluation write them."""

import base64
import csv
import html
import re
from pathlib import Path
from typing import Any

import pytest

from sources.image import read_image
from sources.sample import Sample, Skip
from tests.sources import adapters
from tests.sources.adapters import one

LETTERS = ["A", "B", "C", "D"]


def made(value: dict[str, Any], **options: Any) -> Sample | Skip:
    (only,) = one("sft/questions", value, **options)
    return only


def published(folder: Path) -> list[dict[str, str]]:
    """The questions that the authors of MMBench show, as rows of the table that they release."""
    text = (folder / "README.md").read_text(encoding="utf-8")
    rows: list[dict[str, str]] = []
    pictures: list[str] = []
    for line in text.splitlines():
        if found := re.search(r'<img src="([^"]+)"', line):
            pictures = [*pictures, found[1]] if len(pictures) == 1 else [found[1]]
            asked = [0, 0]
        elif found := re.search(r"<p>QUESTION\. (.*?)<br>.*?Options:<br>(.*)ANSWER\. (\w)", line):
            column = int(asked[0] > asked[1])
            asked[column] += 1
            options = re.findall(r"([A-D])\. (.*?)<br>", found[2])
            image = base64.b64encode((folder / pictures[column]).read_bytes()).decode()
            named = {letter: html.unescape(option) for letter, option in options}
            about = {"index": str(len(rows)), "question": found[1], "hint": "", "answer": found[3]}
            rows.append({**about, **named, "image": image})
    return rows


@pytest.fixture
def mmbench(samples: Path, tmp_path: Path) -> list[Sample]:
    rows = published(samples / "records/mmbench/samples")
    with open(tmp_path / "MMBench_DEV.tsv", "w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, fieldnames=list(rows[0]), delimiter="\t")
        writer.writeheader()
        writer.writerows(rows)
    return adapters.samples("sft/questions", tmp_path, choices=LETTERS, context="hint")


def test_published_questions_of_mmbench_keep_picture_options_and_answer(
    mmbench: list[Sample],
) -> None:
    assert len(mmbench) == 26
    trucks = next(each for each in mmbench if "How many trucks" in each.texts[0])
    assert trucks.texts == [
        "How many trucks are in this photo?\nA. six\nB. five\nC. seven\nD. eight", "A. six",
    ]  # fmt: skip
    assert (trucks.choices, trucks.answer) == (("six", "five", "seven", "eight"), 0)
    chinese = next(each for each in mmbench if "卡车" in each.texts[0])
    assert chinese.images[0].image == trucks.images[0].image
    for each in mmbench:
        read_image(each.images[0].image or b"", max_bytes=10**7, max_pixels=10**7)


def test_tables_of_mmlu_with_a_number_as_answer_are_read(samples: Path) -> None:
    found = adapters.samples(
        "sft/questions",
        samples / "records/mmlu/with-header",
        choices=[f"choice{number}" for number in range(4)],
    )
    assert len(found) == 110 and all(not each.images for each in found)
    assert {each.answer for each in found} == {0, 1, 2, 3}


def test_the_number_of_another_row_is_no_image() -> None:
    row = {"question": "Who?", "answer": "Me", "image": "17"}
    assert made(row) == Skip(reason="image_of_another_row", detail="17")
    assert isinstance(made({**row, "image": "17.jpg"}), Sample)


def test_questions_need_no_options_and_no_image() -> None:
    row = {"question": "Who?", "answer": ["", "Me"]}
    plain = made(row)
    assert isinstance(plain, Sample) and plain.texts == ["Who?", "Me"]
    seen = made({**row, "id": 3}, image="p/{id}.jpg")
    assert isinstance(seen, Sample) and seen.images[0].path == "p/3.jpg"
    assert made({**row, "image": None}) == Skip(reason="no_image", detail="column image")
