"""ScreenQA: questions about screens of Android apps (RICO), with answers and where they stand.

The repository as it is, of which `answers_and_bboxes/train.json` (one array) is read, and RICO's
`combined` (screens, from `unique_uis.tar.gz`) beside that folder. A row:

    {"image_id": 31, "image_width": 1440, "image_height": 2560, "question": "...",
     "ground_truth": [{"full_answer": "...", "ui_elements": [
         {"text": "...", "bounds": [left, top, right, bottom], "vh_index": 7}]}, ...]}

A recipe may name files of `short_answers` and `complex_qa` instead, where `ground_truth` is a list
of texts.

Quirks: several answers are right: the most frequent is taken, the first of those. `<no answer>` is
no text: where half of the answers or more say it, the row is skipped. Some questions come twice.
Places are on a plane that the row tells, not in pixels of the image. `validation` and `test` are
for evaluation.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from sources.readers import JsonArray
from sources.sample import Box, Sample, Segment, Skip
from sources.shapes import bare
from sources.shapes.boxes import polygon
from sources.shapes.fields import list_of, take, text_of
from sources.source import Row, Source


def talk(row: Row) -> Iterator[Sample | Skip]:
    """Makes a question about a screen with its answer."""
    truths = [_truth(item) for item in list_of(take(row, "ground_truth"), "ground_truth")]
    given = [answer for answer, _ in truths if answer not in ("", "<no answer>")]
    question = text_of(take(row, "question"), "question").strip()
    if len(given) <= len(truths) / 2 or not question:
        yield Skip(reason="no_answer" if question else "no_question")
        return
    # Of equally frequent ones the first: a Counter keeps the order in which it met them.
    ((answer, _),) = Counter(given).most_common(1)
    elements = next(found for said, found in truths if said == answer)
    boxes = tuple(_box(element, row) for element in elements)
    segments = (
        Segment(path=f"../combined/{take(row, 'image_id')}.jpg", role="user"),
        Segment(text=question, role="user"),
        Segment(text=answer, role="assistant"),
    )
    yield Sample(segments=segments, boxes=boxes)


def _truth(item: Any) -> tuple[str, list[Mapping[str, Any]]]:
    """One right answer, and the elements of the screen that hold it."""
    if isinstance(item, Mapping):
        answer = text_of(item.get("full_answer"), "full_answer").strip()
        return answer, list_of(item.get("ui_elements"), "ui_elements")
    return text_of(item, "ground_truth").strip(), []


def _box(element: Mapping[str, Any], row: Row) -> Box:
    """The place of an element."""
    return Box(
        text=text_of(element.get("text"), "text"),
        polygon=polygon(element["bounds"], "bounds", "xyxy"),
        level="element",
        plane=(take(row, "image_width"), take(row, "image_height")),
    )


SOURCE = Source(
    title="ScreenQA: questions about screens of apps",
    version="1",
    category="pretrain/table_chart",
    licence="CC-BY-4.0",
    homepage="https://github.com/google-research-datasets/screen_qa",
    files=("**/answers_and_bboxes/train.json",),
    read=JsonArray(),
    parse=bare(talk),
    languages=("en",),
    citation="Hsiao et al., ScreenQA: Large-Scale Question-Answer Pairs Over Mobile App "
    "Screenshots, 2022",
    download="The repository, with RICO's combined beside answers_and_bboxes.",
)
