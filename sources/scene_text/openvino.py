"""OpenVINO's text spotting labels of Open Images v5: words with places.

`text_spotting_openimages_v5_{train_1,train_2,train_5,train_f,validation}.json`, each one object in
the form of COCO; unpack the Open Images subsets beside them, so that each `file_name` leads to its
image. A row:

    {"images": [{"id": 1, "file_name": "...jpg", ...}, ...],
     "annotations": [{"image_id": 1, "bbox": [x, y, width, height], "segmentation": [[x, y, ...]],
        "attributes": {"transcription": "...", "legible": true, "language": "english"}}, ...]}

Quirks: words that cannot be read, or are of a language that is not taken, are no text; where there
is no polygon the box is taken; a polygon is a list in a list, or flat, as this was not seen. The
images are those of TextOCR and HierText too. A recipe may name the validation labels.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from sources.readers import Joined, JsonArray, Part
from sources.sample import Sample, Skip
from sources.shapes import boxes_with_text
from sources.shapes.boxes import polygon
from sources.source import Row, Source

_PAGE = boxes_with_text(image="file_name", boxes="words", legible="legible")


def parse(
    row: Row, *, spoken: tuple[str, ...] = ("english",), crops: bool = False
) -> Iterator[Sample | Skip]:
    """Makes a sample of an image.

    Args:
        row: the raw row.
        spoken: the languages whose words are text.
        crops: whether each word is a sample too.
    """
    words = [_word(ann, spoken) for ann in row.value["words"]]
    yield from _PAGE(replace(row, value={**row.value, "words": words}), crops=crops)


def _word(ann: Mapping[str, Any], spoken: tuple[str, ...]) -> dict[str, Any]:
    """Text and place of one word."""
    about = ann["attributes"]
    outline: Any = ann.get("segmentation") or []
    if isinstance(outline, list) and outline and isinstance(outline[0], list):
        outline = outline[0]
    drawn = isinstance(outline, list) and len(outline) >= 6
    return {
        "text": about.get("transcription"),
        "points": outline if drawn else polygon(ann["bbox"], "bbox", "xywh"),
        "legible": about["legible"] and about.get("language") in spoken,
    }


SOURCE = Source(
    title="OpenVINO text spotting labels of Open Images v5",
    version="1",
    category="pretrain/scene_text",
    licence="unknown",
    homepage="https://github.com/openvinotoolkit/training_extensions",
    files=("**/text_spotting_openimages_v5_train_*.json",),
    read=Joined(
        read=JsonArray(at="images"),
        parts={"words": Part(read=JsonArray(at="annotations"), theirs="image_id", ours="id")},
    ),
    parse=parse,
    languages=("en",),
    citation="Krylov et al., Open Images V5 Text Annotation and Yet Another Mask Text Spotter, "
    "2021",
    download="The JSON files, with the Open Images subsets 1, 2, 5 and f unpacked beside them.",
)
