"""Documents: one sample of text each.

Files are taken by their extension, compressed or not: JSON Lines, JSON, CSV, TSV and Parquet with a
column of text (as C4, FineWeb, Dolma and RedPajama are), and files that are a document each: `.txt`
and `.md` as they are, `.html` by its visible text, without its markup, scripts and hidden parts,
and with the language that it states. Navigation and advertisements are not told from the article.

A row: `{"text": "...", "url": "https://example.org/", "timestamp": "2019-04-25T12:57:54Z"}`.

Quirks: provenance may be nested, or JSON text in a column; `language: meta.language` finds both.
"""

from collections.abc import Iterator
from dataclasses import replace

from sources import shapes
from sources.readers import WholeFile, by_extension
from sources.sample import Sample, Skip
from sources.shapes.plain import Columns
from sources.source import Row, Source
from sources.visible_text import visible_text


def parse(
    row: Row,
    *,
    text: Columns = "text",
    title: str = "",
    language: str = "language",
    licence: str = "license",
    origin: str = "url",
) -> Iterator[Sample | Skip]:
    """Makes a sample of a document.

    Args:
        row: the raw row.
        text: the column of the text, or a list of columns, or column -> language.
        title: the column of a title, which becomes the first paragraph.
        language: the column of the language, if there is one.
        licence: the column of the licence, if there is one.
        origin: the column of the URL, if there is one.
    """
    about = {"language": language, "licence": licence, "origin": origin}
    if isinstance(row.value, bytes):  # HTML, the only files that are read as bytes
        words, stated = visible_text(row.value)
        about["language"] = "language"
        row, text, title = replace(row, value={"text": words, "language": stated}), "text", ""
    elif isinstance(row.value, str):
        row, text, title = replace(row, value={"text": row.value}), "text", ""
    return shapes.text(text=text, title=title, **about)(row)


_READ = by_extension(
    txt=WholeFile(kind="text"), md=WholeFile(kind="text"), html=WholeFile(), htm=WholeFile()
)

SOURCE = Source(
    title="Documents of text",
    version="1",
    category="pretrain/text",
    licence="unknown",
    homepage="",
    files=_READ.patterns(),
    read=_READ,
    parse=parse,
    download="Any folder of such files.",
)
