"""Dolma: documents of the web, books, code, papers and encyclopedias, and cc_net's, its like.

`cc_en_head-0091.json.gz` and its like from the homepage's list of files, in any folders.

A row: `{"id": "http://a.example/", "text": "...", "source": "common-crawl", "added":
"2023-04-07T...", "created": "2020-06-05T...", "metadata": {"url": "http://a.example/", "language":
"en", "bucket": "head", "perplexity": 337.9, "line_ids": [4, 14], ...}}`

Quirks: `id` is an address in one source and a number or hash in others, and is not unique over
them, so a row is known by its place; `created` is the crawl's date, `added` the dataset's; what
`metadata` holds differs by source, and it may be missing or null; link farms are left in.
"""

from sources import shapes
from sources.readers import JsonLines
from sources.source import Source

_KINDS = ("jsonl.gz", "json.gz", "jsonl.zst", "json.zst", "jsonl")

SOURCE = Source(
    title="Dolma",
    version="1",
    category="pretrain/text",
    licence="ODC-By-1.0",
    homepage="https://huggingface.co/datasets/allenai/dolma",
    files=tuple(f"**/*.{kind}" for kind in _KINDS),
    read=JsonLines(),
    parse=shapes.text(text="text", origin="metadata.url", language="metadata.language"),
    languages=("en",),
    citation="Soldaini et al., Dolma: an Open Corpus of Three Trillion Tokens, ACL 2024",
    download="The files that the homepage's `urls/` list; their folders do not matter.",
)
