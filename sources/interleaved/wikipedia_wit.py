"""WIT: pictures of Wikipedia in 108 languages, each with its captions, its section and its page.

`wit_v1.train.all-00000-of-00010.tsv.gz` and its like as released, whose pictures are addresses:
fetch them first; or WIT-base, `part-00000-....json.gz`, which holds them (small).

A row, of 17 columns: `language page_url image_url page_title section_title
hierarchical_section_title caption_reference_description caption_attribution_description
caption_alt_text_description mime_type original_height original_width is_main_image
attribution_passes_lang_id page_changed_recently context_page_description
context_section_description`. WIT-base has a row a picture: `b64_bytes`, and in `wit_features` the
columns of all its pages, each a list.

A sample is the section's text, the picture, and its caption: the reference description (the words
under the picture), or else the alternative text, or else what the attribution says in the language
of the page. This row: `{"language": "fr", "page_title": "Man of Steel Award", ...}`

Quirks: fields hold quoted line ends; flags are the words `true` and `false`; any caption may be
missing; attributions hold several languages (`Deutsch: ... English: ...`) or only the name of a
file; Hebrew is `iw`; Chinese is `zh` and `zh-TW`; a picture comes again on other pages.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sources.interleaved._attribution import attribution
from sources.readers import ByExtension, Csv, JsonLines
from sources.sample import Sample, Segment, Skip
from sources.shapes.fields import image, language_code, list_of, text_of
from sources.shapes.flow import document
from sources.source import Row, Source

_FILE = re.compile(r"[^\s]+\.(jpe?g|png|gif|svg|tiff?|webp)", re.IGNORECASE)
_SAME = {"iw": "he", "in": "id"}


def parse(
    row: Row, *, languages: Sequence[str] = ("en", "zh"), context: bool = True
) -> Iterator[Sample | Skip]:
    """Yields the section, the picture and its caption.

    Args:
        row: a row of WIT, or a picture of WIT-base.
        languages: codes of the languages that are wanted; none given means all.
        context: whether the page's words stand before the picture.
    """
    pages = list(_pages(row.value))
    for nth, page in enumerate(pages):
        part = f"page {nth}" if len(pages) > 1 else ""
        code = language_code(text_of(page.get("language"), "language"))
        code = _SAME.get(code, code)
        picture = image(page.get("b64_bytes") or page.get("image_url"), "image_url")
        said = _caption(page, code)
        if languages and code not in languages:
            yield Skip(reason="other_language", detail=code, part=part)
        elif picture is None or not said:
            yield Skip(reason="no_text" if picture else "no_image", part=part)
        else:
            words = [Segment(text=text) for text in _context(page)] if context else []
            url = text_of(page.get("page_url"), "page_url")
            about: dict[str, Any] = {"language": code, "origin": url, "part": part}
            yield from document([*words, picture, Segment(text=said)], **about)


def _pages(value: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The row itself, or a row of each page that has a picture of WIT-base."""
    features = value.get("wit_features")
    if not isinstance(features, Mapping):
        yield value
        return
    count = len(list_of(features.get("language"), "wit_features.language"))
    for nth in range(count):
        yield {**value, **{name: items[nth] for name, items in features.items()}}


def _caption(page: Mapping[str, Any], code: str) -> str:
    """The best caption; empty if there is none."""
    names = ("reference_description", "alt_text_description", "attribution_description")
    given = [text_of(page.get(f"caption_{name}"), name).strip() for name in names]
    given[2] = attribution(given[2], code)
    return next((text for text in given if text and not _FILE.fullmatch(text)), "")


def _context(page: Mapping[str, Any]) -> Iterator[str]:
    """The title of the page, that of the section, and the section's words or else the page's."""
    title = text_of(page.get("page_title"), "page_title")
    section = text_of(page.get("section_title"), "section_title")
    yield title
    yield section if section != title else ""
    words = page.get("context_section_description") or page.get("context_page_description")
    yield text_of(words, "context_section_description")


SOURCE = Source(
    title="Wikipedia, by WIT",
    version="1",
    category="pretrain/interleaved",
    licence="CC-BY-SA-3.0",
    homepage="https://github.com/google-research-datasets/wit",
    files=("**/*.tsv.gz", "**/*.tsv", "**/part-*.json.gz"),
    read=ByExtension(readers={".tsv": Csv(delimiter="\t"), ".json": JsonLines()}),
    parse=parse,
    languages=("en", "zh"),
    citation="Srinivasan et al., WIT: Wikipedia-based Image Text Dataset, SIGIR 2021",
    download="The ten training files (25 GB); then `shardwright fetch` the pictures.",
)
