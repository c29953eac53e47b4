"""Pages of papers with their Markdown, as the tools of Nougat make them from your own papers.

Nothing is released. `nougat.dataset.create_index` writes `train.jsonl` (and `gen_seek` writes
`train.seek.map`, which is not needed here); set `images` to the folder that its paths start from.
Before indexing there is a folder a paper, with `01.png` and `01.mmd` a page: give the pictures in
`path`, such as `pages/**/*.png`. Do not give both, as they hold the same pages.

A row: `{"image": "2101.00001/03.png", "markdown": "# Title ...", "meta": {...}}`

Quirks: pages that could not be aligned are missing, so their numbers have gaps; a page may be
empty; marks such as `[MISSING_PAGE_EMPTY:3]` are a model's words for a page it could not read, and
such pages are skipped; papers keep their licences.
"""

from collections.abc import Iterator

from sources import shapes
from sources.readers import ImageWithText, by_extension
from sources.sample import Sample, Skip
from sources.shapes.fields import has
from sources.source import Row, Source


def parse(row: Row) -> Iterator[Sample | Skip]:
    """Yields the page with its Markdown."""
    text = "markdown" if has(row, "markdown") else "text"
    for made in shapes.pair(image="image", text=text)(row):
        missing = isinstance(made, Sample) and "[MISSING_PAGE" in made.texts[0]
        yield Skip(reason="missing_page") if missing else made


SOURCE = Source(
    title="Pages by Nougat's tools",
    version="1",
    category="pretrain/document_ocr",
    licence="unknown",
    homepage="https://github.com/facebookresearch/nougat",
    files=("**/*.jsonl",),
    read=by_extension(png=ImageWithText(beside="{stem}.mmd")),
    parse=parse,
    languages=("en",),
    citation="Blecher et al., Nougat: Neural Optical Understanding, arXiv 2308.13418",
    download="Run the tools on papers of yours.",
)
