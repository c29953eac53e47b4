"""Wikipedia's own dumps in any language: articles with their pictures and captions in place.

`enwiki-20240501-pages-articles-multistream.xml.bz2`, `zhwiki-...`, or their parts
(`...-multistream1.xml-p1p41242.bz2`), as they are. Pictures are addresses at Wikimedia Commons,
made from their names: fetch them first.

A page: `<page><title>Anarchism</title><ns>0</ns><id>12</id><revision>...<text>...
[[File:Bakunin.png| thumb|Collectivist anarchist [[Mikhail Bakunin]]]] ...</text></revision></page>`

Quirks: half the pages are redirects; only namespace 0 holds articles; the schema's namespace has a
version; some dumps are UTF-16; files are many bz2 streams in one; prefixes of pictures are
translated; Chinese pages give wordings in several scripts, `-{zh-hans:...;zh-hant:...}-`, of which
one is taken; templates and tables are left out; pictures that only one Wikipedia holds are not at
Commons. Names and addresses of editors are in the file and never in a sample.
"""

from collections.abc import Iterator
from typing import Literal
from urllib.parse import quote

from sources.interleaved._wikitext import segments
from sources.readers import XmlElements
from sources.sample import Sample, Segment, Skip
from sources.shapes.flow import document, joined
from sources.source import Row, Source


def parse(
    row: Row, *, images: bool = True, script: Literal["zh-hans", "zh-hant"] = "zh-hans"
) -> Iterator[Sample | Skip]:
    """Yields the article.

    Args:
        row: a page.
        images: whether pictures are wanted; without them articles are text of `pretrain/text`.
        script: which wording of Chinese to take where a page gives several.
    """
    page, language = row.value["element"], row.value["root"].get("lang", "")
    if page.findtext("ns", "0") != "0":
        yield Skip(reason="other_namespace", detail=page.findtext("ns", ""))
        return
    if page.find("redirect") is not None:
        yield Skip(reason="redirect")
        return
    title = page.findtext("title", "")
    found = [
        Segment(text=title),
        *segments(page.findtext("revision/text", ""), script, images=images),
    ]
    address = quote(title.replace(" ", "_"))
    about = {
        "language": language,
        "row": f"{language}wiki page {page.findtext('id', row.place)}",
        "origin": f"https://{language or 'www'}.wikipedia.org/wiki/{address}",
    }
    if images:
        yield from document(found, **about)
        return
    if len(found) < 2:
        yield Skip(reason="no_text")
        return
    yield Sample(segments=tuple(joined(found)), category="pretrain/text", **about)


SOURCE = Source(
    title="Wikipedia, by its dumps",
    version="1",
    category="pretrain/interleaved",
    licence="CC-BY-SA-4.0",
    homepage="https://dumps.wikimedia.org",
    files=("**/*pages-articles*.bz2", "**/*pages-articles*.xml"),
    read=XmlElements(tag="page"),
    parse=parse,
    languages=("en", "zh"),
    citation="Wikimedia Foundation, Wikimedia Downloads, https://dumps.wikimedia.org",
    download="`pages-articles-multistream`, enwiki and zhwiki; then `shardwright fetch` pictures.",
)
