"""Screen2Words: Android screens (RICO), each with five summaries of what it is for.

`screen_summaries.csv` and `split/train_screens.txt` from the repository, and RICO's `combined`
beside them. A row:

    screenId,summary
    3,page shows a list of workouts, with times

Quirks: summaries are not quoted, so all behind the first comma is one; those that are quoted after
all lose their quotes. Five rows show the same screen.
"""

from collections.abc import Iterator
from dataclasses import replace

from sources.readers import Fields, Joined, Lines, Part
from sources.sample import Sample, Skip
from sources.shapes import pair
from sources.source import Row, Source

_PAIR = pair(image="combined/{screenId}.jpg", text="summary")


def parse(row: Row) -> Iterator[Sample | Skip]:
    """Makes a pair of a screen and a summary."""
    if row.value["screenId"] == "screenId" or not row.value["train"]:
        heading = row.value["screenId"] == "screenId"
        yield Skip(reason="heading" if heading else "other_split")
        return
    summary = row.value["summary"].strip()
    if len(summary) > 1 and summary[0] == summary[-1] == '"':
        summary = summary[1:-1].replace('""', '"')
    yield from _PAIR(replace(row, value={**row.value, "summary": summary}))


SOURCE = Source(
    title="Screen2Words: summaries of screens",
    version="1",
    category="pretrain/table_chart",
    licence="unknown",
    homepage="https://github.com/google-research-datasets/screen2words",
    files=("**/screen_summaries.csv",),
    read=Joined(
        read=Fields(columns=("screenId", "summary")),
        parts={
            "train": Part(
                read=Lines(), theirs="", ours="screenId", beside="split/train_screens.txt"
            ),
        },
    ),
    parse=parse,
    languages=("en",),
    citation="Wang et al., Screen2Words: Automatic Mobile UI Summarization with Multimodal "
    "Learning, 2021",
    download="The repository, with RICO's combined beside screen_summaries.csv.",
)
