r"""LVIS-Instruct4V: talk of several turns about COCO's pictures, written by GPT-4V.

`lvis_instruct4v_220k.json` (one array of 359 MB, called `_222k` at first), with COCO's `train2017`
and `val2017` in `coco` beside it. A row:

    {"id": "0", "image": "coco/train2017/000000000009.jpg", "conversations": [
        {"from": "human", "value": "<image>\nWhich fruits ...?"}, {"from": "gpt", "value": "..."}]}

Quirks: several rows share an image; some are of `val2017`, on which others evaluate.
"""

from sources.readers import JsonArray
from sources.shapes import chat
from sources.source import Source

SOURCE = Source(
    title="LVIS-Instruct4V: talk about pictures of COCO",
    version="1",
    category="sft/multimodal",
    licence="unknown",
    homepage="https://huggingface.co/datasets/X2FD/LVIS-Instruct4V",
    files=("**/lvis_instruct4v_22?k.json",),
    read=JsonArray(),
    parse=chat(turns="conversations", image="image"),
    languages=("en",),
    citation="Wang et al., To See is to Believe: Prompting GPT-4V for Better Visual Instruction "
    "Tuning, 2023",
    download="lvis_instruct4v_220k.json, with COCO 2017 in coco beside it.",
)
