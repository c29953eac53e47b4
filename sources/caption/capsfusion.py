"""CapsFusion-120M: LAION's pictures with captions fused from their texts and from a captioner's.

`capsfusion_1.parquet` to `_4` as released, or the tars that `shardwright fetch` or img2dataset make
of them (with `image_url` as the address and `capsfusion` as the caption). Of the Parquet rows only
those can be built whose pictures were fetched; tars hold them.

A row: `{"image_url": "https://a.example/boat.jpg", "laion_2b": "boat 12ft sale", "laion_coco": "a
boat on a lake", "capsfusion": "A 12 foot boat for sale lies on a lake."}`

Quirks: the sample in the authors' repository spells its key `capsfuion_official` and has no
address; some captions speak in the first person, hold addresses, or a line break, which becomes a
space; one file is about 8 GB; many addresses are dead; about 113 million rows, not 120.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Literal

from sources import shapes
from sources.caption._members import with_members
from sources.readers import by_extension
from sources.sample import Sample, Segment, Skip
from sources.shapes.fields import has
from sources.source import Row, Source


def parse(
    row: Row, *, caption: Literal["capsfusion", "laion_2b", "laion_coco"] = "capsfusion"
) -> Iterator[Sample | Skip]:
    """Yields the picture with its caption.

    Args:
        row: the raw row.
        caption: which of the three captions.
    """
    fetched = isinstance(row.value, dict) and "__key__" in row.value
    row = with_members(row, "image")
    names = (caption, "capsfuion_official", "text" if fetched else "")
    text = next((name for name in names if name and has(row, name)), caption)
    url = "image_url" if has(row, "image_url") else "url"
    for made in shapes.pair(image="image" if fetched else url, text=text, origin=url)(row):
        if isinstance(made, Sample):
            said = " ".join(made.texts[0].split())
            made = replace(made, language="en", segments=(made.segments[0], Segment(text=said)))
        yield made


SOURCE = Source(
    title="CapsFusion-120M",
    version="1",
    category="pretrain/caption",
    licence="unknown",
    homepage="https://huggingface.co/datasets/BAAI/CapsFusion-120M",
    files=("**/*.parquet", "**/*.tar", "**/*.json"),
    read=by_extension(),
    parse=parse,
    languages=("en",),
    citation="Yu et al., CapsFusion: Rethinking Image-Text Data at Scale, CVPR 2024",
    download="The four Parquet files (29 GB); then fetch them, and build from the tars.",
)
