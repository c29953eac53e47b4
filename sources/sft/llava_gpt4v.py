r"""LLaVA-NeXT's data (LLaVA 1.6), the public part of it: talk about pictures, and of text alone.

Either `data/train-*.parquet`, with the bytes of the images, or the raw form:
`llava_next_raw_format_processed.json` (one array of 845 MB) with the image archives unpacked beside
it. A row:

    {"id": "000000033471", "data_source": "...", "image": {"bytes": ..., "path": "..."},
     "conversations": [{"from": "human", "value": "<image>\nWhat ...?"},
                       {"from": "gpt", "value": "..."}]}

Quirks: some 40,000 rows have no image: they are talk of text, unless they have a place for one,
which makes them skips (`no_image`); some rows are Chinese. The 15,000 requests of real users that
the paper's name for the set (LLaVA1.6-GPT4V) means were never released.
"""

from sources.readers import JsonArray, Parquet
from sources.readers.files import ByExtension
from sources.shapes import chat
from sources.source import Source

SOURCE = Source(
    title="LLaVA-NeXT: talk about pictures",
    version="1",
    category="sft/multimodal",
    licence="Apache-2.0",
    homepage="https://huggingface.co/datasets/lmms-lab/LLaVA-NeXT-Data",
    files=("**/data/train-*.parquet", "**/llava_next_raw_format_processed.json"),
    read=ByExtension(readers={".parquet": Parquet(), ".json": JsonArray()}),
    parse=chat(turns="conversations", image="image"),
    languages=("en", "zh"),
    citation="Liu et al., LLaVA-NeXT: Improved reasoning, OCR, and world knowledge, 2024",
    download="The Parquet files, or the raw JSON with its images unpacked beside it.",
)
