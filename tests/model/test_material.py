import json
from pathlib import Path
from random import Random

import pytest
from PIL import Image

from model.material import KINDS, draw, examples
from model.material.drawing import COLOURS, PAPERS, WORDS
from model.material.scene import PLACES, SHAPES
from model.tiny import BATCH, HELD_OUT, STEPS
from tests.conftest import ROOT

EXAMPLES = ROOT / "sources" / "examples" / "drawings"


@pytest.mark.parametrize("kind", KINDS)
def test_a_seed_always_gives_the_same_drawing(kind: str) -> None:
    one, again, other = draw(kind, 5), draw(kind, 5), draw(kind, 6)
    assert (one.image.tobytes(), one.text, one.marks) == (
        again.image.tobytes(),
        again.text,
        again.marks,
    )
    assert one.image.tobytes() != other.image.tobytes()


@pytest.mark.parametrize("kind", KINDS)
def test_marks_lie_where_something_is_drawn(kind: str) -> None:
    for seed in range(15):
        drawing = draw(kind, seed)
        paper = drawing.image.getpixel((0, drawing.image.height - 1))
        assert drawing.marks
        for mark in drawing.marks:
            box = tuple(round(side) for side in mark.box)
            inside = drawing.image.crop(box).getcolors(1 << 20) or []
            assert {colour for _, colour in inside} != {paper}, (seed, mark)


def test_a_scene_says_its_shapes_colours_and_places() -> None:
    for seed in range(30):
        drawing = draw("scene", seed)
        said = drawing.text.lower()
        assert any(f"on {paper} paper." in said for paper in PAPERS)
        assert {mark.word for mark in drawing.marks} & set(COLOURS)
        assert all(mark.word in said for mark in drawing.marks)
        assert any(place in said for place in PLACES) and any(shape in said for shape in SHAPES)


def test_a_page_says_its_words_line_by_line() -> None:
    drawing = draw("page", 8)
    assert drawing.text.split() == [mark.word for mark in drawing.marks]
    assert set(drawing.text.split()) <= set(WORDS)
    tops = [mark.box[1] for mark in drawing.marks]
    lines = [line.split() for line in drawing.text.split("\n")]
    assert len(lines) == len({round(top / 25) for top in tops}) or len(lines) > 1


def test_plots_of_all_forms_come() -> None:
    forms = {draw("plot", seed).text.split(" titled")[0] for seed in range(40)}
    assert forms == {"A bar chart", "A line plot", "A pie chart"}


def test_drawing_leaves_the_global_generator_alone() -> None:
    import random

    random.seed(3)
    expected = Random(3).random()
    draw("page", 1)
    assert random.random() == expected


@pytest.mark.parametrize("name", examples.FOLDERS)
def test_the_sample_corpus_has_drawings_that_training_never_saw(name: str) -> None:
    lines = (EXAMPLES / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    rows, drawn = [json.loads(line) for line in lines], examples.drawings(name)
    assert [row["text"] for row in rows] == [drawing.text for drawing in drawn]
    for row, drawing in zip(rows, drawn, strict=True):
        with Image.open(EXAMPLES / row["image"]) as image:
            assert image.convert("RGB").tobytes() == drawing.image.tobytes()
    learnt = {draw(examples.FOLDERS[name], seed).image.tobytes() for seed in range(100)}
    assert not learnt & {drawing.image.tobytes() for drawing in drawn}


def test_numbers_of_drawings_lie_apart() -> None:
    assert STEPS * BATCH < HELD_OUT < HELD_OUT + 10_000 < examples.FIRST


def test_the_examples_are_written_as_they_are_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(examples, "COUNT", 2)
    examples.write(tmp_path)
    for path in sorted(tmp_path.rglob("*.png")):
        assert path.read_bytes() == (EXAMPLES / path.relative_to(tmp_path)).read_bytes()
    kept = (EXAMPLES / "plots.jsonl").read_text(encoding="utf-8")
    assert kept.startswith((tmp_path / "plots.jsonl").read_text(encoding="utf-8"))
