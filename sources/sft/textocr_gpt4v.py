"""textOCR-GPT4V: descriptions by GPT-4V of TextOCR's pictures, with what is written on them.

`train.jsonl`, and TextOCR's `train_images` (of `train_val_images.zip`) beside it. A row:

    {"filename": "a4ea732cd3d5948a.jpg", "caption": "DESCRIPTION: ... TEXT: ...",
     "caption_image": "...", "caption_text": "...", "caption_condensed": "..."}

Quirks: `caption` is the raw answer with its headings, from which the others were cut; they are
empty where it has none. The condensed text is taken, or else the raw one without its headings.
There is no question: a prompt of the pool for descriptions asks.
"""

import re
from collections.abc import Iterator

from sources.prompts import ask, language_of
from sources.readers import JsonLines
from sources.sample import Sample, Segment, Skip
from sources.shapes.fields import find, take, text_of
from sources.source import Row, Source

_HEADING = re.compile(r"^\W*(DESCRIPTION|TEXT)\W*$|^\W*(DESCRIPTION|TEXT):\s*", re.MULTILINE)


def parse(row: Row) -> Iterator[Sample | Skip]:
    """Makes a request for a description, and its answer."""
    condensed = text_of(find(row, "caption_condensed"), "caption_condensed").strip()
    whole = _HEADING.sub("", text_of(find(row, "caption"), "caption")).strip()
    answer = condensed or whole
    if not answer:
        yield Skip(reason="no_answer")
        return
    name = text_of(take(row, "filename"), "filename").rsplit("/", 1)[-1]
    segments = (
        Segment(path=f"train_images/{name}", role="user"),
        ask("pretrain/caption/detailed", row, language_of(answer)),
        Segment(text=answer, role="assistant"),
    )
    yield Sample(segments=segments)


SOURCE = Source(
    title="textOCR-GPT4V: descriptions of pictures with text",
    version="1",
    category="sft/multimodal",
    licence="CC-BY-NC-4.0",
    homepage="https://huggingface.co/datasets/jimmycarter/textocr-gpt4v",
    files=("**/train.jsonl",),
    read=JsonLines(),
    parse=parse,
    languages=("en",),
    citation="Carter, TextOCR-GPT4V, 2024",
    download="train.jsonl with TextOCR's train_images beside it.",
)
