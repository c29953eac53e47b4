r"""RedPajama, an open copy of LLaMA's training text in seven parts, and RedPajama-V2 of 84 crawls.

Files of the lists at the homepage, in any folders: JSON Lines, plain or compressed.

A row: `{"text": "...", "meta": {"url": "https://...", "timestamp": "...", "source": "c4",
"language": "en"}, "red_pajama_subset": "c4"}`; refined copies have only `text`; V2 writes
`raw_content`, `url` and `language` at the top.

Quirks: `meta` is a dict in some files and its JSON text in others, or missing; in the GitHub part
`meta.language` is a list of programming languages, which is no language of this text; licences are
by part, and only those of three parts are simple; slashes may be escaped (`\/`), and white space
counts, as parts hold code.
"""

from collections.abc import Iterator
from dataclasses import replace

from sources import shapes
from sources.readers import JsonLines
from sources.sample import Sample, Skip
from sources.shapes.fields import find, language_code
from sources.source import Row, Source

_KINDS = ("jsonl", "jsonl.gz", "jsonl.zst", "json.gz")
_LICENCES = {"c4": "ODC-By-1.0", "wikipedia": "CC-BY-SA-3.0", "stackexchange": "CC-BY-SA-4.0"}
_TEXT = shapes.text(text=["text", "raw_content"])


def parse(row: Row) -> Iterator[Sample | Skip]:
    """Yields the document of a row."""
    language = find(row, "meta.language") or find(row, "language")
    part = find(row, "red_pajama_subset") or find(row, "meta.source")
    origin = find(row, "meta.url") or find(row, "url")
    for made in _TEXT(row):
        if isinstance(made, Sample):
            made = replace(
                made,
                language=language_code(language) if isinstance(language, str) else "",
                licence=_LICENCES.get(str(part).lower(), ""),
                origin=origin if isinstance(origin, str) else "",
            )
        yield made


SOURCE = Source(
    title="RedPajama",
    version="1",
    category="pretrain/text",
    licence="unknown",
    homepage="https://huggingface.co/datasets/togethercomputer/RedPajama-Data-1T",
    files=tuple(f"**/*.{kind}" for kind in _KINDS),
    read=JsonLines(),
    parse=parse,
    languages=("en", "de", "fr", "es", "it"),
    citation="Weber et al., RedPajama: an Open Dataset for Training LLMs, NeurIPS 2024",
    download="The files of `urls.txt`; each part has the licence of its origin.",
)
