"""MMLU: questions with four options from 57 subjects.

`data.tar` with `data/test/<subject>_test.csv`, such files unpacked, or tables. A row of the
original has no names: `question,A,B,C,D,letter`.

Quirks: copies have a heading, `question,A,B,C,D,answer` or `question,choice0,...,answer`, and then
a number as answer; tables have `question, subject, choices`. Fields go over several lines. Files of
`auxiliary_train` are not the test.
"""

import csv
import io
import re
from collections.abc import Iterator

from pipelines.leakage.benchmark import Benchmark, Item, words_of
from sources.readers import ByExtension, Csv, JsonLines, Parquet, Tar
from sources.source import Row

_COLUMNS = ("question", "A", "B", "C", "D", "answer")
_TRAIN = re.compile(r"auxiliary_train")


def items(row: Row) -> Iterator[Item]:
    """The question of a line, or all of a file inside the tar."""
    if isinstance(row.value, bytes):
        yield from _inside(row)
        return
    value = row.value
    if value["question"] == "question":
        return
    if "choices" in value:
        options = words_of(value["choices"])
    else:
        options = words_of(*(value[name] for name in ("A", "B", "C", "D")))
    yield Item(id=row.identity, question=value["question"], texts=options)


def _inside(row: Row) -> Iterator[Item]:
    name = row.place.removeprefix("member ")
    if not name.endswith(".csv") or _TRAIN.search(name):
        return
    lines = csv.reader(io.StringIO(row.value.decode("utf-8")))
    for number, fields in enumerate(lines):
        value = dict(zip(_COLUMNS, fields, strict=True))
        yield from items(Row(value=value, file=f"{row.file}/{name}", place=f"line {number}"))


BENCHMARK = Benchmark(
    title="MMLU: questions with four options",
    homepage="https://github.com/hendrycks/test",
    files=("**/data.tar", "**/test/*.csv", "**/val/*.csv", "**/dev/*.csv", "**/test*.parquet"),
    read=ByExtension(
        readers={
            ".csv": Csv(columns=_COLUMNS),
            ".tar": Tar(),
            ".jsonl": JsonLines(),
            ".parquet": Parquet(),
        }
    ),
    items=items,
)
