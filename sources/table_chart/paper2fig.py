"""Paper2Fig100k: diagrams of methods and architectures from papers, with their captions.

The archive of the Zenodo record unpacks to `paper2fig_train.json`, `paper2fig_test.json` (arrays)
and `figures/ID.png`. A row:

    {"figure_id": "1001.1968v1-Figure1-1", "captions": ["Figure 1. ...", "As Figure 1 shows, ..."],
     "captions_norm": [...], "ocr_result": [...], "aspect": 1.5}

Quirks: the first of `captions` is the caption, the others are paragraphs that speak of the figure
and are not taken; `ocr_result` is what a machine read, with places that are text, and is not taken
either. Only the training rows are read.
"""

from sources.readers import JsonArray
from sources.shapes import pair
from sources.source import Source

SOURCE = Source(
    title="Paper2Fig100k: diagrams of papers with captions",
    version="1",
    category="pretrain/table_chart",
    licence="unknown",
    homepage="https://zenodo.org/records/7299423",
    files=("**/paper2fig_train.json",),
    read=JsonArray(),
    parse=pair(image="figures/{figure_id}.png", text="captions.0"),
    languages=("en",),
    citation="Rodriguez et al., OCR-VQGAN: Taming Text-within-Image Generation, 2023",
    download="The archive of the record, unpacked.",
)
