"""WikiWeb2M: two million pages of the English Wikipedia with their sections and pictures.

`wikiweb2m-train.tfrecord.gz-00000-of-00005` and its like, as released. Pictures are addresses:
fetch them first.

A row: a `SequenceExample`; its context has `page_title`, `page_url`, `split`, ...; its lists have
an entry a section: `section_title`, `section_text`, `section_index`, `section_heading_level`, ...,
and, each with as many values as the section has pictures, `section_image_url`,
`section_image_clean_ref_desc`, `section_image_alt_text`, `section_image_mime_type`, ...

Quirks: names end in `.gz-00000-of-00005`, so nothing else knows them for gzip; numbers of pictures
differ by section; a value that is not there is an empty feature, not an empty text; sections come
in any order; pictures may be SVG or GIF; the server of the pictures wants an honest user agent.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from sources.readers import TfRecord
from sources.sample import Sample, Segment, Skip
from sources.shapes.flow import document
from sources.source import Row, Source


def parse(row: Row) -> Iterator[Sample | Skip]:
    """Yields the page: its title, and of each section the heading, the pictures and the text."""
    context, lists = row.value["context"], row.value["lists"]
    title = _text(context.get("page_title", []), 0)
    segments = [Segment(text=title)]
    count = len(lists.get("section_text", lists.get("section_title", [])))
    for nth in sorted(range(count), key=lambda nth: _number(lists, "section_index", nth, nth)):
        heading = _text(_values(lists, "section_title", nth), 0)
        level = max(1, _number(lists, "section_heading_level", nth, 2))
        if heading and heading != title:
            segments.append(Segment(text=f"{'#' * level} {heading}"))
        segments += _pictures(lists, nth)
        segments.append(Segment(text=_text(_values(lists, "section_text", nth), 0)))
    url = _text(context.get("page_url", []), 0)
    yield from document(segments, origin=url, language="en")


def _pictures(lists: Mapping[str, Any], nth: int) -> Iterator[Segment]:
    """The pictures of a section, each with its caption."""
    captions = _values(lists, "section_image_clean_ref_desc", nth)
    alternatives = _values(lists, "section_image_alt_text", nth)
    for number, url in enumerate(_values(lists, "section_image_url", nth)):
        if url:
            yield Segment(path=url.decode())
            yield Segment(text=_text(captions, number) or _text(alternatives, number))


def _values(lists: Mapping[str, Any], name: str, nth: int) -> list[Any]:
    """The values of a section; none where the list, the section or the feature is not there."""
    sections = lists.get(name, [])
    return list(sections[nth]) if nth < len(sections) else []


def _text(values: list[Any], nth: int) -> str:
    return values[nth].decode().strip() if nth < len(values) else ""


def _number(lists: Mapping[str, Any], name: str, nth: int, missing: int) -> int:
    found = _values(lists, name, nth)
    return int(found[0]) if found else missing


SOURCE = Source(
    title="Wikipedia, by WikiWeb2M",
    version="1",
    category="pretrain/interleaved",
    licence="CC-BY-SA-3.0",
    homepage="https://github.com/google-research-datasets/wit/blob/main/wikiweb2m.md",
    files=("**/wikiweb2m*.tfrecord*",),
    read=TfRecord(kind="sequence", gzip=True),
    parse=parse,
    languages=("en",),
    citation="Burns et al., WikiWeb2M, arXiv 2305.05432, 2023",
    download="The seven TFRecord files; then `shardwright fetch` the pictures.",
)
