"""TextOCR: every word on the pictures of TextVQA (Open Images), with polygons.

`TextOCR_0.1_train.json` (280 MB, one object of objects) and `train_val_images.zip`, which unpacks
to `train_images` for both splits; put them side by side. A row:

    {"imgs": {"a4ea732cd3d5948a": {"id": "a4ea732cd3d5948a", "set": "train",
                                   "file_name": "train/a4ea732cd3d5948a.jpg", ...}, ...},
     "anns": {"a4ea732cd3d5948a_1": {"image_id": "a4ea732cd3d5948a", "utf8_string": "Performance",
                                     "points": [525.8, 3.4, 645.1, 3.3, ...], ...}, ...}, ...}

Quirks: `.` is what cannot be read or is not English (a real full stop cannot be told from it);
`file_name` begins with a folder that does not exist; places begin at the top left corner of the
text as it is turned. Its splits are TextVQA's, whose `val` is evaluation data: only `train` is
taken. Open Images are those of OpenVINO's and HierText's labels too. Before the first row all words
go into a database on disk, which takes half a minute.
"""

from collections.abc import Iterator

from sources.readers import Joined, JsonRecords, Part
from sources.sample import Sample, Skip
from sources.shapes import boxes_with_text
from sources.source import Row, Source

_PAGE = boxes_with_text(
    image="train_images/{id}.jpg", boxes="words", text="utf8_string", illegible=(".", "", "*")
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
    yield from _PAGE(row, crops=crops)


SOURCE = Source(
    title="TextOCR: words on pictures of Open Images",
    version="1",
    category="pretrain/scene_text",
    licence="CC-BY-4.0",
    homepage="https://textvqa.org/textocr/",
    files=("**/TextOCR_0.1_train.json",),
    read=Joined(
        read=JsonRecords(at="imgs"),
        parts={"words": Part(read=JsonRecords(at="anns"), theirs="image_id", ours="id")},
    ),
    parse=parse,
    languages=("en",),
    citation="Singh et al., TextOCR: Towards large-scale end-to-end reasoning for arbitrary-shaped "
    "scene text, 2021",
    download="TextOCR_0.1_train.json with train_val_images.zip unpacked beside it.",
)
