"""LAION: addresses of pictures with the alternative texts that pages give them.

Parquet files as released (`part-00000-5b54c5d5-...-c000.snappy.parquet`), or the tars that
`shardwright fetch` or img2dataset make of them. Of the Parquet rows only those can be built whose
pictures were fetched; tars hold them.

A row: `{"URL": "https://a.example/boat.jpg", "TEXT": "Boat at sea", "WIDTH": 800, "HEIGHT": 600,
"LICENSE": "?", "NSFW": "UNLIKELY", "similarity": 0.33, "LANGUAGE": "en"}`; releases differ in what
follows `TEXT`. In a tar: `000000012.jpg`, `.txt`, `.json` with `url` and `caption`.

Quirks: texts hold HTML: tags, sometimes cut off, and entities, which are resolved here; line breaks
and runs of spaces; `?` as licence says nothing; a column `__index_level_0__` has gaps and is no
number of a row; `NSFW` is a guess and adult pages are left in, so filter; `URL` may not be http.
"""

import html
import re
from collections.abc import Iterator
from dataclasses import replace

from sources import shapes
from sources.caption._members import with_members
from sources.readers import by_extension
from sources.sample import Sample, Segment, Skip
from sources.shapes.fields import find, language_code, text_of
from sources.source import Row, Source

# Tags within a line part no words.
_INLINE = re.compile(r"</?(a|b|i|em|strong|span|u|font|sup|sub)\b[^<>]*>", re.IGNORECASE)
_TAG = re.compile(r"</?[A-Za-z][^<>]*>")


def parse(row: Row, *, refuse_nsfw: tuple[str, ...] = ("NSFW",)) -> Iterator[Sample | Skip]:
    """Yields the picture with its text.

    Args:
        row: the raw row.
        refuse_nsfw: values of `NSFW` whose rows are skipped; `UNSURE` is another.
    """
    fetched = isinstance(row.value, dict) and "__key__" in row.value
    row = with_members(row, "image")
    if find(row, "NSFW") in refuse_nsfw:
        yield Skip(reason="nsfw")
        return
    image, text, url = ("image", "text", "url") if fetched else ("URL", "TEXT", "URL")
    language = text_of(find(row, "LANGUAGE"), "LANGUAGE")
    licence = text_of(find(row, "LICENSE"), "LICENSE")
    for made in shapes.pair(image=image, text=text, origin=url)(row):
        if isinstance(made, Skip):
            yield made
            continue
        said = plain(made.texts[0])
        if not said:
            yield Skip(reason="no_text", part="only markup")
            continue
        yield replace(
            made,
            segments=(made.segments[0], Segment(text=said)),
            language=language_code(language),
            licence="" if licence == "?" else licence,
        )


def plain(text: str) -> str:
    """Returns a text without tags, entities and runs of white space.

    >>> plain("<a href='x'>Tom &amp; Jerry</a>  I <3 &lt;i&gt;it")
    'Tom & Jerry I <3 it'
    """
    return " ".join(_TAG.sub(" ", _INLINE.sub("", html.unescape(text))).split())


SOURCE = Source(
    title="LAION",
    version="1",
    category="pretrain/caption",
    licence="unknown",
    homepage="https://laion.ai/projects/",
    files=("**/*.parquet", "**/*.tar"),
    read=by_extension(),
    parse=parse,
    languages=("en",),
    citation="Schuhmann et al., LAION-5B, NeurIPS 2022, arXiv 2210.08402",
    download="Parquet files of addresses; then fetch them, and build from the tars.",
)
