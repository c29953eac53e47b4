"""Evaluation sets in their released layouts, small, with pictures made on the spot."""

import base64
import io
import json
import random
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image


def scene(seed: int, size: tuple[int, int] = (160, 120)) -> Image.Image:
    """A picture of soft colours that is like no other seed's."""
    noise = random.Random(seed).randbytes(8 * 6 * 3)
    return Image.frombytes("RGB", (8, 6), noise).resize(size, Image.Resampling.BICUBIC)


def encoded(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    """A picture as bytes."""
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def question(seed: int) -> str:
    """A question of 20 words."""
    noise = random.Random(f"question {seed}")
    return " ".join(f"q{noise.randrange(10**6)}" for _ in range(20))


def mmbench(folder: Path) -> None:
    """Three questions, the second with the first's picture by its index, the third turned round."""
    image = base64.b64encode(encoded(scene(1))).decode()
    head = "index\tquestion\thint\tA\tB\tC\tD\tanswer\timage"
    rows = [
        ["241", question(1), "nan", "one", "two", "", "", "A", image],
        ["242", f'"{question(2)}\nin two lines"', "a hint", "one", "two", "", "", "B", "241"],
        ["1000241", question(1), "nan", "two", "one", "", "", "B", image],
    ]
    lines = [head, *("\t".join(row) for row in rows)]
    (folder / "MMBench_DEV_EN.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")


def mmmu(folder: Path) -> None:
    """A table with two pictures in a row."""
    images = {f"image_{n}": {"bytes": encoded(scene(n)), "path": f"{n}.png"} for n in (1, 2)}
    row = {"id": "validation_Art_1", "question": f"<image 1> {question(1)}", "image_3": None}
    row |= {"options": "['<image 2>', \"the artist's\"]", "explanation": "", **images}
    pq.write_table(pa.Table.from_pylist([row]), folder / "validation.parquet")


def cmmmu(folder: Path) -> None:
    """A table in Chinese."""
    row = {"id": 7, "type": "选择", "question": '如图<img="a.png">所示,' + "电路中的电流是多少" * 8}
    row |= {"option1": "一", "option2": "二", "option3": "-", "option4": "-", "answer": "A"}
    row |= {"image_1": {"bytes": encoded(scene(3)), "path": "a.png"}, "image_2": None}
    pq.write_table(pa.Table.from_pylist([row]), folder / "val.parquet")


def seed_bench(folder: Path) -> None:
    """Questions of a picture without extension, of several, and of a film."""
    (folder / "SEED-Bench-image").mkdir()
    for name in ("1454426_2591111986", "part/2.jpg"):
        path = folder / "SEED-Bench-image" / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(encoded(scene(len(name)), "JPEG"))
    choices = {f"choice_{letter}": f"choice {letter}" for letter in "abcd"}
    rows = [
        {"question_id": "1", "data_id": "1454426_2591111986", "data_type": "image"},
        {"question_id": "2", "data_id": ["1454426_2591111986", "part/2.jpg"], "data_type": "image"},
        {"question_id": "3", "data_id": "film.webm", "data_type": "video"},
    ]
    rows = [{**row, "question": question(n), **choices} for n, row in enumerate(rows)]
    text = json.dumps({"question_type": {"a": 1}, "questions": rows})
    (folder / "SEED-Bench.json").write_text(text, encoding="utf-8")


def pope(folder: Path) -> None:
    """Two questions of one picture, in JSON Lines that are called JSON."""
    (folder / "val2014").mkdir()
    name = "COCO_val2014_000000310196.jpg"
    (folder / "val2014" / name).write_bytes(encoded(scene(5), "JPEG"))
    row = {"image": name, "text": "Is there a car in the image?", "label": "no"}
    lines = [json.dumps({"question_id": number, **row}) for number in (1, 2)]
    (folder / "coco_pope_random.json").write_text("\r\n".join(lines) + "\r\n", encoding="utf-8")


def ocrbench(folder: Path) -> None:
    """Two questions, one with several answers."""
    (folder / "OCRBench_Images" / "IIIT5K").mkdir(parents=True)
    (folder / "OCRBench_Images" / "IIIT5K" / "1.png").write_bytes(encoded(scene(6)))
    row = {"dataset_name": "IIIT5K", "question": "what is written in the image?", "type": "t"}
    rows = [
        {**row, "id": 1, "image_path": "IIIT5K/1.png", "answers": "CENTRE"},
        {**row, "id": 2, "image_path": "IIIT5K/gone.png", "answers": ["a", "b"]},
    ]
    (folder / "OCRBench.json").write_text(json.dumps(rows, indent=4), encoding="utf-8")


def mathvista(folder: Path) -> None:
    """One question; its picture lies beside the folder of records."""
    (folder / "data").mkdir()
    (folder / "images").mkdir()
    (folder / "images" / "10.jpg").write_bytes(encoded(scene(7), "JPEG"))
    row = {"question": question(1), "image": "images/10.jpg", "choices": None, "pid": "10"}
    text = json.dumps({"10": {**row, "answer": "1.2"}}, indent=4)
    (folder / "data" / "testmini.json").write_text(text, encoding="utf-8")


def mm_vet(folder: Path) -> None:
    """One question with two answers."""
    (folder / "images").mkdir()
    (folder / "images" / "v1_0.png").write_bytes(encoded(scene(8)))
    row = {"imagename": "v1_0.png", "question": question(1), "answer": "-1<AND>-5"}
    (folder / "mm-vet.json").write_text(json.dumps({"v1_0": row}, indent=4), encoding="utf-8")


def scienceqa(folder: Path) -> None:
    """A question of the test and one of the training split."""
    (folder / "images" / "test" / "12").mkdir(parents=True)
    (folder / "images" / "test" / "12" / "image.png").write_bytes(encoded(scene(9)))
    row = {"choices": ["a", "b"], "answer": 0, "hint": "", "image": "image.png"}
    rows = {
        "12": {"question": question(1), **row, "split": "test", "solution": "so it is"},
        "13": {"question": question(2), **row, "split": "train", "solution": ""},
    }
    (folder / "problems.json").write_text(json.dumps(rows, indent=1), encoding="utf-8")


MADE = {
    each.__name__: each
    for each in (
        mmbench, mmmu, cmmmu, seed_bench, pope, ocrbench, mathvista, mm_vet, scienceqa,
    )
}  # fmt: skip
