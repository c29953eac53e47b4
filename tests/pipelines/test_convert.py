"""Rows to members: what ingest adds to what an adapter gives."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipelines.convert import Conversion, Converted, convert
from sources.readers import JsonLines
from sources.sample import Box, Sample, Segment, Skip
from sources.source import Row, Source
from tests.pipelines.corpora import picture

HALF = Box(text="half", polygon=(0, 0, 0.5, 0, 0.5, 1), plane=(1, 1))
WORD = Box(text="word", polygon=(-6, 0, 12, 0, 12, 16))


def converted(folder: Path, *segments: Segment, boxes: tuple[Box, ...] = ()) -> Converted:
    """What becomes of a sample beside whose row lies a picture of 24 x 16 pixels."""
    (folder / "p.png").write_bytes(picture(1))

    def parse(row: Row) -> Iterator[Sample | Skip]:
        yield Sample(segments=segments, boxes=boxes)

    source = Source(
        title="", version="1", category="pretrain/scene_text", licence="CC0-1.0", homepage="",
        files=(), read=JsonLines(), parse=parse,
    )  # fmt: skip
    settings = Conversion(
        source="scene_text/art", stanza="art", root=str(folder), options={}, images="", licence="",
        language="en", orient=True, image_bytes=10**6, image_pixels=10**6,
    )  # fmt: skip
    (made,) = convert(Row(value={}, file="f.jsonl"), source, settings)
    assert isinstance(made, Converted)
    return made


def test_boxes_are_told_in_pixels_and_on_the_grid(tmp_path: Path) -> None:
    segments = (Segment(path="p.png"), Segment(text="half word"))
    made = converted(tmp_path, *segments, boxes=(HALF, WORD))
    half, word = json.loads(made.members[0][1])["boxes"]
    assert half["polygon"] == [0, 0, 12, 0, 12, 16] and "plane" not in half
    assert half["normalised"] == [0, 0, 500, 0, 500, 999]
    assert word["polygon"] == [-6, 0, 12, 0, 12, 16]
    assert word["normalised"] == [0, 0, 500, 0, 500, 999]


def test_a_crop_is_what_is_staged(tmp_path: Path) -> None:
    crop = Segment(path="p.png", crop=(2, 3, 10, 7))
    made = converted(tmp_path, crop, Segment(text="word"))
    assert (made.facts["widths"], made.facts["heights"]) == ([8], [4])
    assert [name.partition(".")[2] for name, _ in made.members] == ["json", "png", "txt"]


def test_a_box_on_no_image_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="a box lies on image 0, but there are 0"):
        converted(tmp_path, Segment(text="word"), boxes=(WORD,))
