"""Shapes on records as they were published."""

from collections import Counter
from pathlib import Path

import pytest

from sources import readers, shapes
from sources.sample import Sample
from sources.source import File, Parse, Reader, Row

LINES, TREE = readers.JsonLines(), readers.Json()
OPTIONS = shapes.multiple_choice(
    question="question", choices="options", answer="label", context="passage"
)
VQA = shapes.question_answer(
    question="question", answer="answers", image="train_images/{image_id}.jpg"
)
TALK = shapes.question_answer(question="question", answer="answer")
POPE = shapes.question_answer(question="text", answer="label", image="val2014/{image}")
ENDINGS = shapes.multiple_choice(question="ctx", choices="endings", answer="label")


@pytest.mark.parametrize(
    ("name", "reader", "parse", "expected"),
    [
        ("sft/alpaca_zh_demo.json", TREE, shapes.alpaca(), {"sample": 200}),
        (
            "sft/glaive_toolcall_en_demo.json",
            TREE,
            shapes.chat(turns="conversations"),
            {"sample": 28, "tool_turns": 32},
        ),
        (
            "records/sharegpt/dummy_conversation.json",
            TREE,
            shapes.chat(turns="conversations", row="id"),
            {"sample": 100},
        ),
        (
            "records/textvqa/TextVQA_0.5.1_val.json",
            readers.JsonArray(at="data"),
            VQA,
            {"sample": 5},
        ),
        ("records/hellaswag/hellaswag_val.jsonl", LINES, ENDINGS, {"sample": 2}),
        ("records/agieval/data/v1/aqua-rat.jsonl", LINES, OPTIONS, {"sample": 254}),
        (
            "records/agieval/data/v1/gaokao-physics.jsonl",
            LINES,
            OPTIONS,
            {"sample": 165, "several_answers": 35},
        ),
        (
            "records/wit/wit_v1.train.all-00000-of-00010.tsv.gz",
            readers.Csv(delimiter="\t"),
            shapes.pair(image="image_url", text="caption_reference_description"),
            {"sample": 1, "no_text": 1},
        ),
        (
            "records/redpajama/redpajama-c4-refined.jsonl",
            LINES,
            shapes.text(language="meta.language"),
            {"sample": 10},
        ),
        ("records/gsm8k/train.jsonl", LINES, TALK, {"sample": 400}),
        (
            "records/mbpp/mbpp.jsonl",
            LINES,
            shapes.question_answer(question="text", answer="code"),
            {"sample": 300},
        ),
        # JSON lines that are called .json
        *(
            (f"records/pope/output/coco/coco_pope_{kind}.json", TREE, POPE, {"sample": 3000})
            for kind in ("random", "popular")
        ),
        # answers that are a text, and in 30 rows a list
        (
            "records/ocrbench/OCRBench.json",
            readers.JsonArray(),
            shapes.question_answer(question="question", answer="answers", image="image_path"),
            {"sample": 648},
        ),
        # options that are the text of a list, which in one row is a list of lists
        (
            "records/mmmu-pro/gpt-4o_standard(10 options)_direct.jsonl",
            LINES,
            shapes.multiple_choice(question="question", choices="options", answer="answer"),
            {"sample": 199, "refused": 1},
        ),
        (
            "records/mathvista/data/testmini.json",
            readers.JsonRecords(),
            shapes.question_answer(question="question", answer="answer", image="image"),
            {"sample": 118},
        ),
    ],
)
def test_published_records_go_through(
    samples: Path, name: str, reader: Reader, parse: Parse, expected: dict[str, int]
) -> None:
    path = samples / name
    file = File(path=str(path), name=name, size=path.stat().st_size)
    counts: Counter[str] = Counter()
    for piece in reader.pieces(file, lambda name: open(name, "rb")):
        for row in reader.rows(piece, lambda name: open(name, "rb")):
            assert isinstance(row, Row), row
            try:
                made = list(parse(row))
            except ValueError:
                counts["refused"] += 1
                continue
            counts.update("sample" if isinstance(each, Sample) else each.reason for each in made)
    assert counts == expected


def test_published_archives_are_read(samples: Path) -> None:
    for name, reader, count in (
        ("records/textvqa/train_val_images.zip", readers.Zip(), 7),
        ("records/mmlu/data.tar", readers.Tar(), 97),
        ("records/laion/test_1000.parquet", readers.Parquet(), 107),
    ):
        path = samples / name
        file = File(path=str(path), name=name, size=path.stat().st_size)
        (piece,) = reader.pieces(file, lambda name: open(name, "rb"))
        rows = list(reader.rows(piece, lambda name: open(name, "rb")))
        assert len(rows) == count and all(isinstance(row, Row) for row in rows)
