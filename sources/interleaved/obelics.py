r"""OBELICS: web pages with their pictures in place.

Parquet files as released; the folder to use is `opt_out_docs_removed_2023_07_12/`. Pictures are
addresses: fetch them first.

A row: `{"images": ["https://a.example/b.jpg", null], "texts": [null, "A paragraph.\n\nAnother."],
"metadata": "[{\"src\": ...}, null]", "general_metadata": "{\"url\": \"https://...\", ...}"}`

Quirks: `texts` may hold `END_OF_DOCUMENT_TOKEN_TO_BE_REPLACED` where a "read more" cut two pages'
ends: the row is split there, and parts without a picture are skipped; both columns of metadata are
JSON in a string; intermediate and Chinese files have `""` in place of null; half the documents have
at most three nodes.
"""

from collections.abc import Iterator

from sources.readers import by_extension
from sources.sample import Sample, Segment, Skip
from sources.shapes.fields import find, image, list_of, take, text_of, wrong
from sources.shapes.flow import document
from sources.source import Row, Source

_END = "END_OF_DOCUMENT_TOKEN_TO_BE_REPLACED"


def parse(row: Row) -> Iterator[Sample | Skip]:
    """Yields each document of a row."""
    texts, images = list_of(take(row, "texts"), "texts"), list_of(take(row, "images"), "images")
    if len(texts) != len(images):
        wrong("images", images, f"as many places as 'texts' has, {len(texts)}")
    documents: list[list[Segment]] = [[]]
    for number, (words, picture) in enumerate(zip(texts, images, strict=True)):
        said, seen = text_of(words, "texts"), image(picture, "images")
        if said and seen:
            wrong("texts", words, f"null in place {number}, where 'images' has an image")
        if seen:
            documents[-1].append(seen)
        for nth, part in enumerate(said.split(_END)):
            if nth:
                documents.append([])
            documents[-1].append(Segment(text=part))
    url = text_of(find(row, "general_metadata.url"), "general_metadata.url")
    for nth, segments in enumerate(documents):
        part = f"document {nth}" if len(documents) > 1 else ""
        yield from document(segments, part=part, origin=url)


SOURCE = Source(
    title="OBELICS",
    version="1",
    category="pretrain/interleaved",
    licence="CC-BY-4.0",
    homepage="https://huggingface.co/datasets/HuggingFaceM4/OBELICS",
    files=("**/*.parquet", "**/*.jsonl", "**/*.jsonl.gz"),
    read=by_extension(),
    parse=parse,
    languages=("en",),
    citation="Laurencon et al., OBELICS, NeurIPS 2023, arXiv 2306.16527",
    download="Files of `opt_out_docs_removed_2023_07_12/` (267 GB); then `shardwright fetch`.",
)
