"""LAION-GPTV: 12,356 pictures of the web with descriptions by GPT-4V.

`data/train-*.parquet` holds links, no images; fetched to tars as img2dataset writes them (`.jpg`
with `.json`, whose fields are the columns) they are read from there. A row:

    {"link": "https://example.org/a.png", "caption": "...", "message_id": "...",
     "timestamp": "...", "image": null}

Quirks: the column `image` is always null, and of the type null; links come again, and hundreds are
dead. There is no question: a prompt of the pool for descriptions asks.
"""

from collections.abc import Iterator

from sources.prompts import ask, language_of
from sources.readers import Parquet, TarSamples
from sources.readers.files import ByExtension
from sources.sample import Sample, Segment, Skip
from sources.shapes.fields import columns, find, image, sample, text_of
from sources.source import Row, Source

_PICTURES = ("jpg", "png", "webp")


def parse(row: Row) -> Iterator[Sample | Skip]:
    """Makes a request for a description, and its answer."""
    value = columns(row)
    held = [value[kind] for kind in _PICTURES if kind in value] or [find(row, "link")]
    names = ("caption", "json.caption", "txt")
    caption = next((said for name in names if (said := text_of(find(row, name), name).strip())), "")
    picture = image(held[0], "link", "user")
    if not picture or not caption:
        yield Skip(reason="no_text" if picture else "no_image")
        return
    asked = ask("pretrain/caption/detailed", row, language_of(caption))
    told = Segment(text=caption, role="assistant")
    link = "link" if find(row, "link") else "json.url"
    yield sample(row, [picture, asked, told], {"origin": link})


SOURCE = Source(
    title="LAION-GPTV: descriptions of the web's pictures by GPT-4V",
    version="1",
    category="sft/multimodal",
    licence="CC0-1.0",
    homepage="https://huggingface.co/datasets/laion/gpt4v-dataset",
    files=("**/data/train-*.parquet", "**/*.tar"),
    read=ByExtension(readers={".parquet": Parquet(), ".tar": TarSamples()}),
    parse=parse,
    languages=("en",),
    citation="LAION, GPT-4V Dataset, 2023",
    download="data/*.parquet; then `shardwright fetch` the pictures.",
)
