"""Adapters of charts, screens and talk on rows as they were released."""

import re
import shutil
from collections import Counter
from pathlib import Path

import pytest

import sources
from sources.sample import Sample
from sources.source import File, Row
from tests.sources import adapters


def made(name: str, path: Path) -> tuple[Counter[str], list[Sample]]:
    """Counts of what an adapter makes of a file, and the samples."""
    reader = sources.load(name).read
    file = File(path=str(path), name=f"folder/{path.name}", size=path.stat().st_size)
    counts: Counter[str] = Counter()
    found: list[Sample] = []
    for piece in reader.pieces(file, lambda name: open(name, "rb")):
        for row in reader.rows(piece, lambda name: open(name, "rb")):
            assert isinstance(row, Row), row
            for each in adapters.made(name, row):
                counts["sample" if isinstance(each, Sample) else each.reason] += 1
                found += [each] if isinstance(each, Sample) else []
    return counts, found


@pytest.mark.parametrize(
    ("name", "path", "expected"),
    [
        (
            "sft/screenqa",
            "records/screenqa/short_answers/validation.json",
            {"sample": 2640, "no_answer": 265},
        ),
        ("sft/screenqa", "records/screenqa/complex_qa/data.json", {"sample": 1499}),
        (
            "table_chart/refexp_uibert",
            "records/uibert-refexp/ref_exp/dev.tfrecord",
            {"sample": 509},
        ),
        ("sft/text_sft", "records/sharegpt/dummy_conversation.json", {"sample": 100}),
        ("sft/text_sft", "sft/alpaca_en_demo.json", {"sample": 150}),
        ("sft/text_sft", "sft/alpaca_zh_demo.json", {"sample": 200}),
        ("sft/text_sft", "sft/glaive_toolcall_en_demo.json", {"sample": 28, "tool_turns": 32}),
        ("sft/sharegpt4v", "records/llava-form/single_images.json", {"sample": 3}),
    ],
)
def test_released_rows_go_through(
    samples: Path, name: str, path: str, expected: dict[str, int]
) -> None:
    counts, found = made(name, samples / path)
    assert counts == expected
    assert all(text.strip() for sample in found for text in sample.texts)


def test_places_of_real_expressions_lie_on_the_screen(samples: Path) -> None:
    _, found = made(
        "table_chart/refexp_uibert", samples / "records/uibert-refexp/ref_exp/dev.tfrecord"
    )
    (known,) = (one for one in found if "click on option below 50" in one.texts[0])
    assert known.images[0].path == "../combined/18177.jpg"
    for sample in found:
        (box,) = sample.boxes
        assert all(-0.01 <= number <= 1.01 for number in box.polygon)
        assert re.search(r" \[\d+, \d+, \d+, \d+\]$", sample.texts[0])


def test_a_place_behind_the_question_stays_there(samples: Path) -> None:
    _, found = made("sft/sharegpt4v", samples / "records/llava-form/single_images.json")
    assert [segment.is_image for segment in found[0].segments] == [False, True, False]


def test_real_lists_of_screens_choose_the_rows(samples: Path, tmp_path: Path) -> None:
    shutil.copytree(samples / "records/widget-captioning/split", tmp_path / "split")
    test, train = (
        (tmp_path / "split" / f"{name}.txt").read_text().split()[0] for name in ("test", "train")
    )
    path = tmp_path / "widget_captions.csv"
    path.write_text(f"datasetId,screenId,nodeId,captions\nr,{test},0,a\nr,{train},0,b\n")
    counts, _ = made("table_chart/widget_captioning", path)
    assert counts == {"other_split": 1, "no_hierarchy": 1}
