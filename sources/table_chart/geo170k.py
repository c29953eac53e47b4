r"""Geo170K: figures of geometry problems and their descriptions; the part for alignment.

`alignment.json` (one JSON array) and `images.zip`, unpacked to `images` beside it. The part with
questions, `qa_tuning.json`, is the source `sft/geo170k`. A row:

    {"image": "geo3k/.../img_diagram.png", "conversations": [
        {"from": "human", "value": "<image>\nRender a clear summary of the photo."},
        {"from": "gpt", "value": "..."}]}

Quirks: the request is one of a few and says nothing, so only the answer is taken. Images below
`test/` are evaluation data. Figures are those of Geometry3K and GeoQA+, which MathVista holds too.
The release has the same rows once more as Parquet, `data/`, which is not read.
"""

from collections.abc import Iterator

from sources.readers import JsonArray
from sources.sample import Sample, Skip
from sources.shapes import pair
from sources.shapes.fields import take, text_of
from sources.source import Row, Source

_PAIR = pair(image="images/{image}", text="conversations.1.value")


def is_test(row: Row) -> bool:
    """Whether a row's figure is evaluation data."""
    return text_of(take(row, "image"), "image").startswith("test/")


def parse(row: Row) -> Iterator[Sample | Skip]:
    """Makes a pair of figure and description."""
    if is_test(row):
        yield Skip(reason="other_split", detail="test")
        return
    yield from _PAIR(row)


SOURCE = Source(
    title="Geo170K: figures of geometry with descriptions",
    version="1",
    category="pretrain/table_chart",
    licence="unknown",
    homepage="https://huggingface.co/datasets/Luckyjhg/Geo170K",
    files=("**/alignment.json",),
    read=JsonArray(),
    parse=parse,
    languages=("en",),
    citation="Gao et al., G-LLaVA: Solving Geometric Problem with Multi-Modal Large Language "
    "Model, 2023",
    download="alignment.json, qa_tuning.json and images.zip unpacked beside them.",
)
