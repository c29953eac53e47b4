"""C4, the Colossal Clean Crawled Corpus: pages of one crawl, cleaned by simple rules.

`en/c4-train.00000-of-01024.json.gz` and its like from the homepage, as they are; the variants
`realnewslike` and `multilingual` have the same rows.

A row: `{"text": "Beginners BBQ class ...", "timestamp": "2019-04-25T12:57:54Z", "url":
"https://..."}`

Quirks: `.json.gz` is JSON Lines; the order of the fields varies; there is no id, so a row is known
by its place; the splits share pages, which deduplication finds; mC4 states no language but in the
file's name, so give `language` in the recipe.
"""

from sources import shapes
from sources.readers import JsonLines
from sources.source import Source

SOURCE = Source(
    title="C4",
    version="1",
    category="pretrain/text",
    licence="ODC-By-1.0",
    homepage="https://huggingface.co/datasets/allenai/c4",
    files=("**/*.json.gz", "**/*.json"),
    read=JsonLines(),
    parse=shapes.text(text="text", origin="url"),
    languages=("en",),
    citation="Raffel et al., Exploring the Limits of Transfer Learning, JMLR 21, 2020",
    download="The files of `en/`, about 305 GB; Common Crawl's terms of use apply too.",
)
