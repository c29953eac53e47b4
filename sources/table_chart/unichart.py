"""UniChart's pretraining data: charts with summaries, tables and questions.

`data/train-*.parquet` (no images) and the images of the sister set, `UniChart Images.zip`, unpacked
to `images` beside `data`. A row:

    {"imgname": "two_col_100.png", "query": "<summarize_chart> <s_answer>", "label": "..."}

Quirks: the query names the task by a tag, which is no text for a reader: a summary stands alone, a
table has a prompt of a pool, a question is what stands behind the tag. There are some eleven rows
an image. The charts are partly those of Chart2text and of ChartQA's training split.
"""

import re
from collections.abc import Iterator

from sources.prompts import ask, language_of
from sources.readers import Parquet
from sources.sample import Sample, Segment, Skip
from sources.shapes.fields import take, text_of
from sources.source import Row, Source

_QUERY = re.compile(r"\s*<(?P<task>\w+)>(?P<question>.*?)(<s_answer>)?\s*", re.DOTALL)


def parse(row: Row) -> Iterator[Sample | Skip]:
    """Makes a pair of a chart and what is said of it."""
    query = text_of(take(row, "query"), "query")
    label = text_of(take(row, "label"), "label").strip()
    match = _QUERY.fullmatch(query)
    if not match:
        raise ValueError(f"query is {query[:60]!r}; expected a tag such as <chartqa> first")
    if not label:
        yield Skip(reason="no_answer")
        return
    asked = _asked(match["task"], match["question"].strip(), label, row)
    words = Segment(text=f"{asked}\n{label}" if asked else label)
    yield Sample(segments=(Segment(path=f"../images/{take(row, 'imgname')}"), words))


def _asked(task: str, question: str, label: str, row: Row) -> str | None:
    """What stands before the label."""
    if task == "summarize_chart":
        return ""
    if task == "extract_data_table":
        return ask("pretrain/table_chart/to_table", row, language_of(label)).text
    if task in ("chartqa", "opencqa") and question:
        return question
    raise ValueError(f"the task <{task}> with question {question[:60]!r} is not known")


SOURCE = Source(
    title="UniChart: charts with summaries, tables and questions",
    version="1",
    category="pretrain/table_chart",
    licence="MIT",
    homepage="https://huggingface.co/datasets/ahmed-masry/unichart-pretrain-data",
    files=("**/data/train-*.parquet",),
    read=Parquet(columns=("imgname", "query", "label")),
    parse=parse,
    languages=("en",),
    citation="Masry et al., UniChart: A Universal Vision-language Pretrained Model for Chart "
    "Comprehension and Reasoning, 2023",
    download="data/*.parquet, and the zip of images unpacked to images beside data.",
)
