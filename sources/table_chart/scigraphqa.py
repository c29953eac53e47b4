r"""SciGraphQA-295K: figures of papers with their captions and made-up talk about them.

`data/train-*.parquet` and `img.zip`, unpacked to `img` beside `data`. A row:

    {"image_file": "1801.01974v2-Figure10-1.png", "id": "1801.01974v2-Figure10-1", "caption": "...",
     "conversations": [{"from": "human", "value": "<image>\nWhat does ...?"},
                       {"from": "gpt", "value": "..."}, ...], "q_a_pairs": [["...", "..."], ...]}

Quirks: a language model that saw the text alone wrote the talk, so it may tell what the picture
does not show, and where it was cut apart wrongly an answer stands as a question (it begins with
`*`): such rows give their caption only. The validation set is another repository.
"""

from collections.abc import Iterator

from sources.readers import Parquet
from sources.sample import Sample, Skip
from sources.shapes import bare, chat, pair
from sources.shapes.fields import find, list_of
from sources.source import Row, Source

_IMAGE = "../img/{image_file}"
_CAPTION = pair(image=_IMAGE, text="caption")
_TALK = bare(chat(turns="conversations", image=_IMAGE))


def parse(row: Row, *, dialogues: bool = True) -> Iterator[Sample | Skip]:
    """Makes a sample of the caption and one of the talk.

    Args:
        row: the raw row.
        dialogues: whether the talk is taken.
    """
    yield from _CAPTION(row)
    turns = list_of(find(row, "conversations"), "conversations") if dialogues else []
    asked = [turn["value"] for turn in turns if turn["from"] == "human"]
    if any(text.lstrip().startswith("*") for text in asked):
        yield Skip(reason="answer_as_question", part="conversations")
    elif turns:
        yield from _TALK(row)


SOURCE = Source(
    title="SciGraphQA: figures of papers with captions and talk",
    version="1",
    category="pretrain/table_chart",
    licence="MIT",
    homepage="https://huggingface.co/datasets/alexshengzhili/SciGraphQA-295K-train",
    files=("**/data/train-*.parquet",),
    read=Parquet(columns=("image_file", "caption", "conversations")),
    parse=parse,
    languages=("en",),
    citation="Li and Tajbakhsh, SciGraphQA: A Large-Scale Synthetic Multi-Turn Question-Answering "
    "Dataset for Scientific Graphs, 2023",
    download="data/*.parquet, and img.zip unpacked to img beside data.",
)
