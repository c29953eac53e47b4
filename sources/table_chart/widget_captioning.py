"""Widget Captioning: what single elements of Android screens (RICO) do, in a few words.

`widget_captions.csv` and `split/train.txt` (screen ids) from the repository, and RICO's `combined`
(`3.jpg` with its hierarchy `3.json`) beside them. A row:

    datasetId,screenId,nodeId,captions
    rico,3,0.1.0.3,go back|back to the last screen

Quirks: one row has several captions, divided by `|`: a sample each. The node is a path of children
from the root, whose first number is for nothing; its bounds lie on a plane of 1440 x 2560. Rows of
`nr` have no public screen. The text is the place, as numbers from 0 to 999, and the caption.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from sources.readers import Beside, Csv, Joined, Lines, Part
from sources.sample import Box, Sample, Segment, Skip
from sources.shapes.boxes import polygon
from sources.shapes.places import place_text
from sources.source import Row, Source


def parse(row: Row) -> Iterator[Sample | Skip]:
    """Makes a sample of each caption of a widget."""
    value = row.value
    if value["datasetId"] == "nr" or not value["train"]:
        yield Skip(reason="other_split" if value["datasetId"] != "nr" else "no_public_screen")
        return
    if value["hierarchy"] is None:
        yield Skip(reason="no_hierarchy", detail=value["screenId"])
        return
    bounds = _node(json.loads(value["hierarchy"]), value["nodeId"])["bounds"]
    place = polygon(bounds, "bounds", "xyxy")
    box = Box(text="", polygon=place, level="widget", plane=(1440, 2560))
    picture = Segment(path=f"combined/{value['screenId']}.jpg")
    for caption in filter(None, map(str.strip, value["captions"].split("|"))):
        words = Segment(text=f"{place_text(box)} {caption}")
        yield Sample(segments=(picture, words), boxes=(replace(box, text=caption),))


def names(value: Mapping[str, str]) -> dict[str, str]:
    """Returns where the hierarchy of a row's screen lies."""
    return {"hierarchy": f"combined/{value['screenId']}.json"}


def _node(screen: Mapping[str, Any], path: str) -> Mapping[str, Any]:
    """The node that a path leads to."""
    node = screen["activity"]["root"]
    for number in path.split(".")[1:]:
        children = node.get("children") or []
        if int(number) >= len(children) or children[int(number)] is None:
            raise ValueError(f"node {path}: no child {number} in the screen's hierarchy")
        node = children[int(number)]
    return node


SOURCE = Source(
    title="Widget Captioning: what elements of screens do",
    version="1",
    category="pretrain/table_chart",
    licence="CC-BY-4.0",
    homepage="https://github.com/google-research-datasets/widget-caption",
    files=("**/widget_captions.csv",),
    read=Joined(
        read=Beside(read=Csv(), names=names),
        parts={
            "train": Part(read=Lines(), theirs="", ours="screenId", beside="split/train.txt"),
        },
    ),
    parse=parse,
    languages=("en",),
    citation="Li et al., Widget Captioning: Generating Natural Language Description for Mobile "
    "User Interface Elements, 2020",
    download="The repository, with RICO's combined beside widget_captions.csv.",
)
