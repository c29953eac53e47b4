"""HierText: paragraphs, lines and words on pictures full of text (Open Images).

`gt/train.jsonl.gz` from the repository, and `train.tgz` unpacked to `train` beside the folder `gt`.
Each label file is one JSON object, whatever its name says. A row:

    {"info": {...}, "annotations": [{"image_id": "a0b1", "paragraphs": [{"vertices": [[x, y], ...],
       "legible": true, "lines": [{"vertices": ..., "text": "Hello you", "legible": true,
          "words": [{"vertices": ..., "text": "Hello", "legible": true, ...}, ...]}, ...]}, ...]}]}

Quirks: the text of a word that cannot be read is empty, and its line is not legible as a whole:
then the line is what its other words say. Words come in reading order, lines need not: they are put
in order by their places, and so are paragraphs, which a blank line divides. Crops are of lines.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from sources.readers import JsonArray
from sources.sample import Box, Sample, Segment, Skip
from sources.shapes.boxes import cropped, polygon, reading_order, transcription
from sources.source import Row, Source

_Lines = dict[Box, list[Box]]  # the box of a line -> those of its words


def parse(row: Row, *, crops: bool = False) -> Iterator[Sample | Skip]:
    """Makes a sample of an image.

    Args:
        row: the raw row.
        crops: whether each line that can be read is a sample too.
    """
    picture = Segment(path=f"../train/{row.value['image_id']}.jpg")
    told = dict(map(_paragraph, row.value["paragraphs"]))
    lines = [line for box in _ordered(told) for line in told[box].items()]
    texts = ["\n".join(line.text for line in told[box] if line.text) for box in _ordered(told)]
    if not any(texts):
        yield Skip(reason="no_legible_text", detail=f"{len(lines)} lines")
        return
    words = Segment(text="\n\n".join(filter(None, texts)))
    boxes = tuple(box for line, parts in lines for box in (line, *parts))
    yield Sample(segments=(picture, words), boxes=boxes)
    for line, _ in lines:
        if crops and line.legible and line.text:
            part = cropped(picture, line)
            words = Segment(text=line.text)
            yield Sample(segments=(part, words)) if part else Skip(reason="crop_without_area")


def _paragraph(value: Mapping[str, Any]) -> tuple[Box, _Lines]:
    """A paragraph's box and its lines in reading order."""
    lines: _Lines = {}
    for line in value["lines"]:
        words = [_box(word, word["text"], "word") for word in line["words"]]
        lines[_box(line, transcription([words]), "line")] = words
    return _box(value, "", "paragraph"), {line: lines[line] for line in _ordered(lines)}


def _box(value: Mapping[str, Any], text: str, level: str) -> Box:
    place = polygon(value["vertices"], "vertices")
    return Box(text=text, polygon=place, level=level, legible=value["legible"])


def _ordered(boxes: Mapping[Box, Any]) -> list[Box]:
    return [box for line in reading_order(list(boxes)) for box in line]


SOURCE = Source(
    title="HierText: paragraphs, lines and words",
    version="1",
    category="pretrain/scene_text",
    licence="CC-BY-SA-4.0",
    homepage="https://github.com/google-research-datasets/hiertext",
    files=("**/gt/train.jsonl.gz", "**/gt/train.jsonl"),
    read=JsonArray(at="annotations"),
    parse=parse,
    languages=("en",),
    citation="Long et al., Towards End-to-End Unified Scene Text Detection and Layout Analysis, "
    "2022",
    download="gt/train.jsonl.gz, and train.tgz unpacked to train beside gt.",
)
