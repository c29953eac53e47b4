"""RefExp of UIBert: words that single out one element on a screen of an Android app (RICO).

`ref_exp/train.tfrecord` from the repository, and RICO's `combined` beside that folder. A record:

    image/id [b"18177"], image/ref_exp/text [b"click on option below 50"],
    image/ref_exp/label [10], image/object/num [22.0],
    image/object/bbox/xmin [0.0, 0.03, ...], .../ymin, .../xmax, .../ymax

Quirks: places are parts of the screen's width and height, in four lists; the label is the number of
the element in them; the number of elements is a float. Another RefExp is
`table_chart/refexp_google`. The text is the words and the place, as numbers from 0 to 999.
"""

from collections.abc import Iterator
from typing import Any

from sources.readers import TfRecord
from sources.sample import Box, Sample, Segment, Skip
from sources.shapes.boxes import polygon
from sources.shapes.fields import columns, take, text_of
from sources.shapes.places import place_text
from sources.source import Row, Source


def parse(row: Row) -> Iterator[Sample | Skip]:
    """Makes a sample of an expression and its place."""
    said = text_of(_one(row, "image/ref_exp/text"), "image/ref_exp/text").strip()
    if not said:
        yield Skip(reason="no_text")
        return
    number = _one(row, "image/ref_exp/label")
    sides = [take(row, f"image/object/bbox/{side}") for side in ("xmin", "ymin", "xmax", "ymax")]
    if not 0 <= number < min(map(len, sides)):
        raise ValueError(f"the label is {number}, but there are {len(sides[0])} elements")
    corners = polygon([side[number] for side in sides], "bbox", "xyxy")
    box = Box(text=said, polygon=corners, level="element", plane=(1, 1))
    name = text_of(_one(row, "image/id"), "image/id")
    picture = Segment(path=f"../combined/{name}.jpg")
    yield Sample(segments=(picture, Segment(text=f"{said} {place_text(box)}")), boxes=(box,))


def _one(row: Row, name: str) -> Any:
    """The only value of a feature."""
    values = take(row, name)
    if len(values) != 1:
        raise ValueError(f"{name} has {len(values)} values, expected one; {sorted(columns(row))}")
    return values[0]


SOURCE = Source(
    title="UIBert RefExp: words for elements of screens",
    version="1",
    category="pretrain/table_chart",
    licence="CC-BY-4.0",
    homepage="https://github.com/google-research-datasets/uibert",
    files=("**/ref_exp/train.tfrecord",),
    read=TfRecord(),
    parse=parse,
    languages=("en",),
    citation="Bai et al., UIBert: Learning Generic Multimodal Representations for UI "
    "Understanding, 2021",
    download="The repository, with RICO's combined beside ref_exp.",
)
