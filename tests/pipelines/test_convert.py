"""Rows to members: what ingest adds to what an adapter gives."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pipelines.convert import Conversion, Converted, convert
from sources.readers import JsonLines
from sources.sample import Box, Sample, Segment, Skip
from sources.source import Row, Source
from tests.pipelines.corpora import picture

HALF = Box(text="half", polygon=(0, 0, 0.5, 0, 0.5, 1), plane=(1, 1))
WORD = Box(text="word", polygon=(-6, 0, 12, 0, 12, 16))


def converted(folder: Path, *segments: Segment, boxes: tuple[Box, ...] = ()) -> Converted:
    """The one sample of a row beside which a picture of 24 x 16 pixels lies."""
    made = outcome(folder, *segments, boxes=boxes)
    assert isinstance(made, Converted)
    return made


def outcome(
    folder: Path,
    *segments: Segment,
    boxes: tuple[Box, ...] = (),
    category: str = "pretrain/scene_text",
    languages: tuple[str, ...] = (),
    **more: Any,
) -> Converted | Skip:
    """What becomes of a sample beside whose row a picture lies."""
    (folder / "p.png").write_bytes(picture(1))

    def parse(row: Row) -> Iterator[Sample | Skip]:
        yield Sample(segments=segments, boxes=boxes)

    source = Source(
        title="", version="1", category=category, licence="CC0-1.0", homepage="",
        files=(), read=JsonLines(), parse=parse, languages=languages,
    )  # fmt: skip
    settings = Conversion(**{
        "source": "scene_text/art", "stanza": "art", "root": str(folder), "options": {},
        "images": "", "licence": "", "language": "en", "orient": True, "image_bytes": 10**6,
        "image_pixels": 10**6, **more,
    })  # fmt: skip
    (made,) = convert(Row(value={}, file="f.jsonl"), source, settings)
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


PAGE = (
    Segment(text="one"), Segment(path="gone.png"), Segment(text="two"), Segment(path="p.png"),
)  # fmt: skip


def test_a_document_leaves_out_pictures_that_are_missing(tmp_path: Path) -> None:
    made = outcome(tmp_path, *PAGE, category="pretrain/interleaved", drop_missing=True)
    assert isinstance(made, Converted)
    record = json.loads(made.members[0][1])
    assert record["texts"] == ["one\n\ntwo", None]
    made = outcome(tmp_path, *PAGE[:3], category="pretrain/interleaved", drop_missing=True)
    assert made == Skip(reason="no_image", detail="gone.png", part="sample 0")


def test_a_pair_is_nothing_without_its_picture(tmp_path: Path) -> None:
    made = outcome(tmp_path, *PAGE[:2], drop_missing=True)
    assert made == Skip(reason="image_missing", detail="gone.png", part="sample 0")
    with pytest.raises(ValueError, match="there is no image at 'gone.png'"):
        outcome(tmp_path, *PAGE, category="pretrain/interleaved")


def test_urls_that_were_not_fetched_say_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="--entry art --out DIR` and set `fetched: DIR`"):
        converted(tmp_path, Segment(path="https://a.example/b.jpg"))


def test_the_only_language_of_a_source_is_that_of_its_rows(tmp_path: Path) -> None:
    for languages, language, expected in [
        (("zh",), "", "zh"), (("zh",), "de", "de"), (("zh", "en"), "", "en"),
    ]:  # fmt: skip
        text = Segment(text="The shards of this corpus are written in the order of the plan.")
        made = outcome(tmp_path, text, languages=languages, language=language)
        assert isinstance(made, Converted)
        assert json.loads(made.members[0][1])["language"] == expected
