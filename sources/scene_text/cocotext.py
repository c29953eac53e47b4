"""COCO-Text: words on the photographs of COCO, with polygons.

`cocotext.v2.zip` holds `cocotext.v2.json`, one object of objects; put COCO's `train2014` beside it
(all of the images are of that split, whatever their `set` says). The older `COCO_Text.json` is read
too. A row:

    {"imgs": {"522579": {"id": 522579, "file_name": "COCO_train2014_000000522579.jpg",
                         "set": "train", ...}, ...},
     "anns": {"45346": {"image_id": 522579, "mask": [468.9, 286.7, ...], "legibility": "legible",
                        "utf8_string": "New", "language": "english", ...}, ...}, "imgToAnns": ...}

Quirks: texts hold HTML entities; `*` or `#` at an end stands for letters that cannot be read, so
such a word is no text; words that are not legible may lack their text; the older file calls the
polygon `polygon`; many images have no word at all. Words only: lines come of their places.
"""

import html
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from sources.readers import Joined, JsonRecords, Part
from sources.sample import Sample, Skip
from sources.shapes import boxes_with_text
from sources.source import Row, Source

_PAGE = boxes_with_text(
    image="train2014/{file_name}", boxes="words", legible="legibility", marks=r"^[*#]|[*#]$"
)


def parse(
    row: Row, *, splits: tuple[str, ...] = ("train",), crops: bool = False
) -> Iterator[Sample | Skip]:
    """Makes a sample of an image.

    Args:
        row: the raw row.
        splits: which sets to take.
        crops: whether each word is a sample too.
    """
    if row.value["set"] not in splits:
        yield Skip(reason="other_split", detail=row.value["set"])
        return
    words = [_word(ann) for ann in row.value["words"]]
    yield from _PAGE(replace(row, value={**row.value, "words": words}), crops=crops)


def _word(ann: Mapping[str, Any]) -> dict[str, Any]:
    """One word in the form of both versions."""
    return {
        "text": html.unescape(ann.get("utf8_string") or ""),
        "points": ann["mask"] if "mask" in ann else ann["polygon"],
        "legibility": ann["legibility"],
    }


SOURCE = Source(
    title="COCO-Text: words on photographs",
    version="1",
    category="pretrain/scene_text",
    licence="CC-BY-4.0",
    homepage="https://bgshih.github.io/cocotext/",
    files=("**/cocotext*.json", "**/COCO_Text.json"),
    read=Joined(
        read=JsonRecords(at="imgs"),
        parts={"words": Part(read=JsonRecords(at="anns"), theirs="image_id", ours="id")},
    ),
    parse=parse,
    languages=("en",),
    citation="Veit et al., COCO-Text: Dataset and Benchmark for Text Detection and Recognition in "
    "Natural Images, 2016",
    download="cocotext.v2.json with COCO's train2014 beside it.",
)
