r"""WebSight: made-up web pages, each a screenshot with the HTML that it was drawn from.

Parquet files of either version, as released: `data/train-00000-of-00071-....parquet` (v0.1, plain
HTML and CSS, which the paper most likely used) and `v0.2/train-00000-of-00738-....parquet` (v0.2,
Tailwind CSS and photographs).

A row: `{"image": {"bytes": ..., "path": null}, "text": "<html>\n<style>...", "llm_generated_idea":
"A bakery: ..."}`; the last only in v0.2.

Quirks: the pictures of v0.2's pages are remote addresses in the code; row groups are large;
screenshots differ in size and some pages are tall; v0.2 is about 300 GB.
"""

from collections.abc import Iterator
from dataclasses import replace

from sources import shapes
from sources.readers import Parquet
from sources.sample import Sample, Skip
from sources.source import Row, Source

_PAIR = shapes.pair(image="image", text="text")


def parse(row: Row) -> Iterator[Sample | Skip]:
    """Yields the screenshot with its code, which is kept as it is."""
    for made in _PAIR(row):
        if isinstance(made, Sample):
            made = replace(made, code_language="html", language="en")
        yield made


SOURCE = Source(
    title="WebSight",
    version="1",
    category="pretrain/web_code",
    licence="CC-BY-4.0",
    homepage="https://huggingface.co/datasets/HuggingFaceM4/WebSight",
    files=("**/*.parquet",),
    read=Parquet(columns=("image", "text")),
    parse=parse,
    languages=("en",),
    citation="Laurencon et al., Unlocking the conversion of Web Screenshots, arXiv 2403.09029",
    download="The Parquet files of `data/` (v0.1, 31 GB) or `v0.2/`.",
)
