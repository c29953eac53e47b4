"""Common Crawl's WET files: the text of each page of a crawl, without its markup.

`CC-MAIN-20240517233122-20240518023122-00000.warc.wet.gz` and its like, from the list `wet.paths.gz`
of a crawl.

A row: a WARC record, here without its markup's line ends:

    WARC-Type: conversion
    WARC-Target-URI: https://an.wikipedia.org/wiki/Escopete
    WARC-Identified-Content-Language: spa,eng
    Content-Length: 4456

    Escopete - Biquipedia ... (menus, article and footer, a line each)

Quirks: `warcinfo` records are no pages; some tools write the address in angle brackets; languages
have three letters, the likeliest first, and only a page with just one is said to be in it; menus
are part of the text; old crawls have bytes that are no UTF-8, whose rows are refused.
"""

from collections.abc import Iterator

from sources.readers import Warc
from sources.sample import Sample, Segment, Skip
from sources.shapes.fields import text_of
from sources.source import Row, Source

# From ISO 639-3 to the shorter codes that the other sources write; further ones are left to
# detection.
_SHORT = dict(
    zip(
        "eng zho deu fra spa rus jpn ita por nld pol tur kor vie ara ces".split(),
        "en zh de fr es ru ja it pt nl pl tr ko vi ar cs".split(),
        strict=True,
    )
)


def parse(row: Row, *, min_chars: int = 0) -> Iterator[Sample | Skip]:
    """Yields the text of a page.

    Args:
        row: a WARC record.
        min_chars: shorter texts are skipped.
    """
    headers = row.value["headers"]
    text = text_of(row.value["content"], "content").replace("\r\n", "\n").strip()
    if not text or len(text) < min_chars:
        yield Skip(reason="too_short" if text else "no_text", detail=f"{len(text)} characters")
        return
    yield Sample(
        segments=(Segment(text=text),),
        language=_SHORT.get(headers.get("warc-identified-content-language", ""), ""),
        origin=headers.get("warc-target-uri", "").strip("<>"),
    )


SOURCE = Source(
    title="Common Crawl, WET",
    version="1",
    category="pretrain/text",
    licence="https://commoncrawl.org/terms-of-use",
    homepage="https://commoncrawl.org/get-started",
    files=("**/*.wet.gz", "**/*.wet"),
    read=Warc(types=("conversion",)),
    parse=parse,
    languages=("en", "zh"),
    citation="Common Crawl, https://commoncrawl.org",
    download="Files of a crawl's `wet.paths.gz`; pages keep the licence of their owners.",
)
