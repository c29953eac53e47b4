"""RCTW-17, reading Chinese text in the wild (ICDAR 2017): lines with quadrilaterals.

`train_images.zip.001` and `.002` (one archive in two volumes: join them first) and `train_gts.zip`,
unpacked into `train_images` and `train_gts` side by side. The labels of `image_7.jpg` are
`image_7.txt`; for each line of text one line:

    390,902,1856,902,1856,1225,390,1225,0,"..."

Quirks: the flag is 1 for text that is hard to read, which is taken as unreadable, as is `###`; the
text is quoted without escapes, so it may hold quotes and commas: one pair of quotes is taken off;
files begin with a mark of UTF-8.
"""

from collections.abc import Iterator
from dataclasses import replace

from sources.readers import ImageWithText
from sources.sample import Sample, Skip
from sources.shapes import boxes_with_text
from sources.shapes.quads import quads
from sources.source import Row, Source

_PAGE = boxes_with_text(image="image", boxes="lines", unreadable="tag", level="line")


def parse(row: Row, *, crops: bool = False) -> Iterator[Sample | Skip]:
    """Makes a sample of an image.

    Args:
        row: the raw row.
        crops: whether each line is a sample too.
    """
    if row.value["text"] is None:
        yield Skip(reason="no_labels")
        return
    lines = [
        {**line, "text": line["text"].strip().removeprefix('"').removesuffix('"')}
        for line in quads(row.value["text"])
    ]
    value = {"image": row.value["image"], "lines": lines}
    yield from _PAGE(replace(row, value=value), crops=crops)


SOURCE = Source(
    title="RCTW-17: Chinese text in the wild",
    version="1",
    category="pretrain/scene_text",
    licence="unknown",  # nothing is stated; the authors answered that any use is fine
    homepage="https://rctw.vlrlab.net",
    files=("**/train_images/*.jpg",),
    read=ImageWithText(beside="../train_gts/{stem}.txt"),
    parse=parse,
    languages=("zh",),
    citation="Shi et al., ICDAR2017 Competition on Reading Chinese Text in the Wild, 2017",
    download="train_images (both volumes joined) and train_gts, unpacked side by side.",
)
