r"""ShareGPT4V: pictures with long descriptions by GPT-4V, as answers to requests.

`sharegpt4v_instruct_gpt4-vision_cap100k.json` (one array of 134 MB) lies in the folder that all
image paths start from, with `coco`, `sam`, `llava`, `wikiart`, `share_textvqa`, `web-celebrity` and
`web-landmark` beside it. Other files of the release (the 665k mix, the 1.2M captions) have the same
rows; a recipe may name them. A row:

    {"id": "000000000009", "image": "coco/train2017/000000000009.jpg", "conversations": [
        {"from": "human", "value": "What do you see happening in this image?\n<image>"},
        {"from": "gpt", "value": "..."}]}

Quirks: the place of the image is before or behind the question, and stays there; the mixes have
rows without an image among the others, which are talk of text alone; ids come again; pictures of SA
and the web are often missing, and their rows are rejected.
"""

from sources.readers import JsonArray
from sources.shapes import chat
from sources.source import Source

SOURCE = Source(
    title="ShareGPT4V: descriptions by GPT-4V",
    version="1",
    category="sft/multimodal",
    licence="CC-BY-NC-4.0",
    homepage="https://huggingface.co/datasets/Lin-Chen/ShareGPT4V",
    files=("**/sharegpt4v_instruct_gpt4-vision_cap100k.json",),
    read=JsonArray(),
    parse=chat(turns="conversations", image="image"),
    languages=("en",),
    citation="Chen et al., ShareGPT4V: Improving Large Multi-Modal Models with Better Captions, "
    "2023",
    download="The JSON file in a folder with the image folders that its rows name.",
)
