r"""LVIS-Instruct4V: talk of several turns about COCO's pictures, written by GPT-4V.

`lvis_instruct4v_220k.json` (one array of 359 MB), with COCO's `train2017` and `val2017` in `coco`
beside it. A row:

    {"id": "0", "image": "coco/train2017/000000000009.jpg", "conversations": [
        {"from": "human", "value": "<image>\nWhich fruits ...?"}, {"from": "gpt", "value": "..."}]}

Quirks: several rows share an image; pictures of `val2017` are evaluation data of others, so their
rows are skipped unless the option `splits` says otherwise.
"""

from collections.abc import Iterator

from sources.readers import JsonArray
from sources.sample import Sample, Skip
from sources.shapes import chat
from sources.shapes.fields import find, text_of
from sources.source import Row, Source

_TALK = chat(turns="conversations", image="image")


def parse(row: Row, *, splits: tuple[str, ...] = ("train2017",)) -> Iterator[Sample | Skip]:
    """Makes a conversation about a picture.

    Args:
        row: the raw row.
        splits: the folders of COCO to take.
    """
    split = text_of(find(row, "image"), "image").split("/")[1:2]
    if split and split[0] not in splits:
        yield Skip(reason="other_split", detail=split[0])
        return
    yield from _TALK(row)


SOURCE = Source(
    title="LVIS-Instruct4V: talk about pictures of COCO",
    version="1",
    category="sft/multimodal",
    licence="unknown",
    homepage="https://huggingface.co/datasets/X2FD/LVIS-Instruct4V",
    files=("**/lvis_instruct4v_220k.json",),
    read=JsonArray(),
    parse=parse,
    languages=("en",),
    citation="Wang et al., To See is to Believe: Prompting GPT-4V for Better Visual Instruction "
    "Tuning, 2023",
    download="lvis_instruct4v_220k.json, with COCO 2017 in coco beside it.",
)
