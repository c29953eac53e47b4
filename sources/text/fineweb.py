"""FineWeb: pages of many crawls in English, filtered and deduplicated dump by dump.

`data/CC-MAIN-2024-10/000_00000.parquet` and its like from the homepage, or of the smaller
`sample/`, as they are. FineWeb-Edu and FineWeb-2 (many languages) have the same columns.

A row: `{"text": "...", "id": "<urn:uuid:...>", "dump": "CC-MAIN-2024-10", "url": "https://...",
"date": "2024-02-21T01:02:03Z", "file_path": "s3://...", "language": "en", "language_score": 0.95,
"token_count": 312}`

Quirks: a page may come again in another dump; FineWeb-2 writes the language with its script
(`cmn`, `Hani` apart); row groups are large, so only the columns that are used are read.
"""

from sources import shapes
from sources.readers import Parquet
from sources.source import Source

SOURCE = Source(
    title="FineWeb",
    version="1",
    category="pretrain/text",
    licence="ODC-By-1.0",
    homepage="https://huggingface.co/datasets/HuggingFaceFW/fineweb",
    files=("**/*.parquet",),
    read=Parquet(columns=("text", "url", "language")),
    parse=shapes.text(text="text", origin="url", language="language"),
    languages=("en",),
    citation="Penedo et al., The FineWeb Datasets, arXiv 2406.17557, 2024",
    download="Folders of `data/` or `sample/`; Common Crawl's terms of use apply too.",
)
