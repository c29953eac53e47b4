"""RefExp of Mao et al. (Google RefExp, G-Ref): words that single out one thing on a photograph.

The set's own tool joins `google_refexp_train_201511.json` with COCO's annotations and writes
`google_refexp_train_201511_coco_aligned.json`, which is read; COCO's `train2014` lies beside it.
A row:

    {"images": {"1": {"image_id": 1, "file_name": "COCO_train2014_...jpg", "width": 640, ...}, ...},
     "annotations": {"7": {"annotation_id": 7, "image_id": 1, "bbox": [x, y, width, height],
                           "refexp_ids": [3, 4]}, ...},
     "refexps": {"3": {"refexp_id": 3, "raw": "the man on the left", "tokens": [...]}, ...}}

Quirks: the paper's table names this set, though it stands among sets of screens, where another
RefExp (`table_chart/refexp_uibert`) would fit: a recipe takes either. All images are of
`train2014`, those of the validation rows too, which are not read. The text is the words and the
place, as numbers from 0 to 999; each expression is a sample.
"""

from collections.abc import Iterator

from sources.readers import Joined, JsonRecords, Part
from sources.sample import Box, Sample, Segment, Skip
from sources.shapes.boxes import polygon
from sources.shapes.places import place_text
from sources.source import Row, Source


def parse(row: Row) -> Iterator[Sample | Skip]:
    """Makes a sample of each expression for a thing."""
    if len(row.value["images"]) != 1:
        yield Skip(reason="no_image", detail=str(row.value["image_id"]))
        return
    (image,) = row.value["images"]
    place = polygon(row.value["bbox"], "bbox", "xywh")
    for said in (refexp["raw"].strip() for refexp in row.value["refexps"]):
        if not said:
            yield Skip(reason="no_text", part="refexp")
            continue
        box = Box(text=said, polygon=place, level="object")
        words = f"{said} {place_text(box, image['width'], image['height'])}"
        picture = Segment(path=f"train2014/{image['file_name']}")
        yield Sample(segments=(picture, Segment(text=words)), boxes=(box,))


SOURCE = Source(
    title="Google RefExp: words for things on photographs",
    version="1",
    category="pretrain/table_chart",
    licence="CC-BY-4.0",
    homepage="https://github.com/mjhucla/Google_Refexp_toolbox",
    files=("**/google_refexp_train_201511_coco_aligned.json",),
    read=Joined(
        read=JsonRecords(at="annotations"),
        parts={
            "images": Part(
                read=JsonRecords(at="images"),
                theirs="image_id",
                ours="image_id",
                fields=("file_name", "width", "height"),
            ),
            "refexps": Part(
                read=JsonRecords(at="refexps"),
                theirs="refexp_id",
                ours="refexp_ids",
                fields=("raw",),
            ),
        },
    ),
    parse=parse,
    languages=("en",),
    citation="Mao et al., Generation and Comprehension of Unambiguous Object Descriptions, 2016",
    download="The aligned JSON that the toolbox writes, with COCO's train2014 beside it.",
)
