"""Shapes on top of others: crops of text in pictures, and talk without roles."""

from sources import shapes
from sources.sample import Box, Sample, Segment, Skip
from sources.shapes.boxes import transcription
from sources.source import Row

SIGN = shapes.boxes_with_text(image="image", boxes="words", marks="#")
WORDS = [
    {"text": "left", "points": [0, 0, 10, 1, 10, 11, 0, 10]},
    {"text": "ri##t", "points": [12, 0, 20, 0, 20, 9, 12, 9]},
    {"text": "below", "points": [-2, 20, 10, 20, 10, 30, -2, 30]},
]


def test_crops_are_samples_of_their_own() -> None:
    row = Row(value={"image": "a.jpg", "words": WORDS}, file="f")
    page, left, below = SIGN(row, crops=True)
    assert isinstance(page, Sample) and page.texts == ["left\nbelow"] and len(page.boxes) == 3
    assert isinstance(left, Sample) and isinstance(below, Sample)
    assert left.segments == (Segment(path="a.jpg", crop=(0, 0, 10, 11)), Segment(text="left"))
    assert below.images[0].crop == (-2, 20, 10, 30)
    assert list(SIGN(row)) == [page]


def test_a_box_without_area_costs_its_crop_alone() -> None:
    flat = {"text": "flat", "points": [5, 5, 9, 5, 9, 5, 5, 5]}
    beside = {"text": "beside", "points": [-9, 5, -1, 5, -1, 9, -9, 9]}
    row = Row(value={"image": "a.jpg", "words": [flat, beside, WORDS[0]]}, file="f")
    page, *crops = SIGN(row, crops=True)
    assert isinstance(page, Sample) and "flat" in page.texts[0]
    skips = [each.reason for each in crops if isinstance(each, Skip)]
    assert skips == ["crop_without_area"] * 2 and len(crops) == 3


def test_a_mark_in_a_text_makes_it_illegible() -> None:
    (made,) = SIGN(Row(value={"image": "a.jpg", "words": WORDS}, file="f"))
    assert isinstance(made, Sample)
    assert [(box.text, box.legible) for box in made.boxes][1] == ("", False)
    (made,) = SIGN(Row(value={"image": "a.jpg", "words": WORDS[1:2]}, file="f"))
    assert made == Skip(reason="no_legible_text", detail="1 boxes")


def test_bare_talk_is_a_picture_and_a_text() -> None:
    turns = [
        {"from": "system", "value": "Be brief."},
        {"from": "human", "value": "<image>\nHow many? "},
        {"from": "gpt", "value": "Two."},
        {"from": "human", "value": "Of what?"},
        {"from": "gpt", "value": "Cats."},
    ]
    talk = shapes.bare(shapes.chat(turns="t", image="image"))
    (made,) = talk(Row(value={"image": "a.jpg", "t": turns}, file="f"))
    assert isinstance(made, Sample) and made.is_pair
    assert made.texts == ["How many?\nTwo.\nOf what?\nCats."]
    (skip,) = talk(Row(value={"image": None, "t": turns}, file="f"))
    assert skip == Skip(reason="no_image", detail="1 places, 0 images")


def test_chinese_is_spaced_where_it_stands_apart() -> None:
    def box(text: str, left: float) -> Box:
        return Box(text=text, polygon=(left, 0, left + 40, 0, left + 40, 40))

    near, far = [box("上", 0), box("海", 42)], [box("西", 0), box("路", 90)]
    assert transcription([near, far]) == "上海\n西 路"
