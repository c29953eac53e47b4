"""Detailed Caption, made for Monkey: long captions that ChatGPT wrote from other models' findings.

`detailed_caption.json` and the archive of pictures, unpacked; set `images` to the folder of
pictures.

A row: `{"img_id": "000000184613", "detailed_caption": "A boy in a red shirt ..."}`, as the authors'
program writes it; that the released file has just these keys, and how ids become file names, was
not seen, so both are options. Rows with `image` and `caption` are taken too.

Quirks: a pretty-printed list, to be read as a stream; ids may be numbers; some captions are the
model's refusal and are skipped; pictures come from a dozen datasets with terms of their own.
"""

import re
from collections.abc import Iterator

from sources import shapes
from sources.readers import by_extension
from sources.sample import Sample, Skip
from sources.shapes.fields import has
from sources.source import Row, Source

_REFUSAL = re.compile(r"^(i'?m sorry|i apologi[sz]e|sorry,|as an ai)", re.IGNORECASE)


def parse(
    row: Row, *, image: str = "{img_id}.jpg", text: str = "detailed_caption"
) -> Iterator[Sample | Skip]:
    """Yields the picture with its caption.

    Args:
        row: the raw row.
        image: the column of the picture's path, or a pattern of it.
        text: the column of the caption.
    """
    picture = "image" if has(row, "image") else image
    caption = text if has(row, text) else "caption"
    for made in shapes.pair(image=picture, text=caption)(row):
        refused = isinstance(made, Sample) and _REFUSAL.match(made.texts[0].strip())
        yield Skip(reason="refusal") if refused else made


SOURCE = Source(
    title="Detailed Caption (Monkey)",
    version="1",
    category="pretrain/caption",
    licence="MIT",
    homepage="https://huggingface.co/datasets/echo840/Detailed_Caption",
    files=("**/detailed_caption*.json", "**/*.jsonl", "**/*.parquet"),
    read=by_extension(),
    parse=parse,
    languages=("en",),
    citation="Li et al., Monkey: Image Resolution and Text Label Are Important, CVPR 2024",
    download="`detailed_caption.json` (270 MB) and the pictures, unpacked.",
)
