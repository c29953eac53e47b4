"""Chart-to-Text: charts of Statista and Pew with the paragraphs that explain them.

Two folders of the repository, `statista_dataset/dataset` and `pew_dataset/dataset`, each with
`captions/N.txt`, `titles/N.txt`, `imgs/N.png`, the table in `data/N.csv` (Statista), all of them
once more below `multiColumn`, and lists of rows, of which that of training is read. A line:

    dataset_split/train_index_mapping.csv:   File_No
                                             two_col-1.txt
                                             multi_col-1.txt

Quirks: numbers begin anew in `multiColumn`; Statista's captions are split into tokens (`2020 , the
company 's`) and put together again here; Pew's `data/N.txt` is OCR of the picture and no table, so
it is not used. A chart with a table gives a second sample: a prompt of a pool and the table as CSV.
"""

from collections.abc import Iterator, Mapping

from sources.prompts import ask, language_of
from sources.readers import Beside, Csv
from sources.sample import Sample, Segment, Skip
from sources.source import Row, Source
from sources.table_chart._tokens import written


def parse(row: Row, *, tables: bool = True) -> Iterator[Sample | Skip]:
    """Makes a sample of the caption, and one of the table.

    Args:
        row: the raw row.
        tables: whether a chart's table is a sample too.
    """
    folder, number = _place(row.value)
    picture = Segment(path=f"{folder}/imgs/{number}.png")
    caption = row.value["caption"] or ""
    if "statista_dataset" in row.file:
        caption = written(caption)
    if caption.strip():
        yield Sample(segments=(picture, Segment(text=caption.strip())), language="en")
    else:
        yield Skip(reason="no_text", part="caption")
    if tables and row.value["table"]:
        table = row.value["table"].replace("\r\n", "\n").strip()
        asked = ask("pretrain/table_chart/to_table", row, language_of(table), "csv").text
        yield Sample(segments=(picture, Segment(text=f"{asked}\n{table}")), language="en")


def names(value: Mapping[str, str]) -> dict[str, str]:
    """Returns where the texts of a row lie."""
    folder, number = _place(value)
    return {"caption": f"{folder}/captions/{number}.txt", "table": f"{folder}/data/{number}.csv"}


def _place(value: Mapping[str, str]) -> tuple[str, str]:
    """Folder, seen from the list of rows, and number of a chart."""
    kind, _, number = value["File_No"].removesuffix(".txt").rpartition("-")
    folders = {"two_col": "..", "multi_col": "../multiColumn"}
    if kind not in folders or not number.isdecimal():
        raise ValueError(
            f"File_No is {value['File_No']!r}; expected two_col-N.txt or multi_col-N.txt"
        )
    return folders[kind], number


SOURCE = Source(
    title="Chart-to-Text: charts of Statista and Pew",
    version="1",
    category="pretrain/table_chart",
    licence="unknown",  # the charts and texts are those of Statista and Pew Research
    homepage="https://github.com/vis-nlp/Chart-to-text",
    files=("**/dataset_split/train_index_mapping.csv",),
    read=Beside(read=Csv(), names=names),
    parse=parse,
    languages=("en",),
    citation="Kantharaj et al., Chart-to-Text: A Large-Scale Benchmark for Chart Summarization, "
    "2022",
    download="The repository, as it is.",
)
