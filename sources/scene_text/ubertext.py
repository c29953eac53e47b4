"""Uber-Text: text on street-level pictures of American cities, lines with polygons.

One archive unpacks to `{train,val,test}/{1Kx1K,4Kx4K}` with pictures and, beside `NAME.jpg`, its
labels `truth_NAME.txt`: places, text and class, between tabs. A line:

    34 56 120 58 119 80 33 78<tab>Main St<tab>StreetName

Quirks: how the released label files are named and divided was not seen: this is from a table that
others made of them and from memory. A line of another form is an error that shows it; commas in
place of tabs are taken. Only `train` is read.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from sources.readers import ImageWithText
from sources.sample import Sample, Skip
from sources.shapes import boxes_with_text
from sources.source import Row, Source

_PAGE = boxes_with_text(image="image", boxes="lines", level="line")


def parse(row: Row, *, crops: bool = False) -> Iterator[Sample | Skip]:
    """Makes a sample of an image.

    Args:
        row: the raw row.
        crops: whether each line is a sample too.
    """
    if row.value["text"] is None:
        yield Skip(reason="no_labels")
        return
    lines = [_label(line) for line in row.value["text"].splitlines() if line.strip()]
    value = {"image": row.value["image"], "lines": lines}
    yield from _PAGE(replace(row, value=value), crops=crops)


def _label(line: str) -> dict[str, Any]:
    """Place and text of a line."""
    mark = "\t" if "\t" in line else ","
    places, _, rest = line.partition(mark)
    try:
        points = [float(number) for number in places.split()]
    except ValueError:
        points = []
    if len(points) < 6 or not rest:
        raise ValueError(f"a line of labels is {line[:80]!r}; expected corners, text and class")
    said, _, kind = rest.rpartition(mark)
    return {"points": points, "text": said if _ else kind}


SOURCE = Source(
    title="Uber-Text: street-level text",
    version="1",
    category="pretrain/scene_text",
    licence="CC-BY-SA-4.0",
    homepage="https://s3-us-west-2.amazonaws.com/uber-common-public/ubertext/index.html",
    files=("**/train/1Kx1K/*.jpg", "**/train/4Kx4K/*.jpg"),
    read=ImageWithText(beside="truth_{stem}.txt"),
    parse=parse,
    languages=("en",),
    citation="Zhang et al., Uber-Text: A Large-Scale Dataset for Optical Character Recognition "
    "from Street-Level Imagery, 2017",
    download="The archive, unpacked.",
)
