"""IconQA: questions about abstract drawings, for children: choose a text, a picture, or fill in.

`iconqa_data.zip` unpacks to `problems.json` (one object, a question a key), `pid_splits.json` and
`iconqa/{train,val,test}/{choose_img,choose_txt,fill_in_blank}/PID/` with `image.png` and, for
`choose_img`, `choice_0.png` and on. A row:

    "35": {"question": "...", "choices": ["choice_0.png", "choice_1.png"], "answer": 1,
           "ques_type": "choose_img", "grade": "prek", "label": "S2"}

Quirks: the answer is a number of an option, or a text where there are none to choose; options may
be file names: then each is an image behind its letter. Which split a question is of, `pid_splits`
alone tells, among lists of smaller splits. Its text names the licence CC BY-NC-SA, its badge
another.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from sources.readers import Joined, JsonRecords, Part
from sources.sample import Sample, Segment, Skip
from sources.shapes.fields import take, text_of
from sources.shapes.questions import LETTERS, lettered
from sources.source import Row, Source


def parse(row: Row, *, splits: tuple[str, ...] = ("train",)) -> Iterator[Sample | Skip]:
    """Makes a question about a drawing with its answer.

    Args:
        row: the raw row.
        splits: which splits to take.
    """
    task, pid = take(row, "ques_type"), take(row, "key")
    lists = {each["key"] for each in row.value["lists"]}
    split = next((split for split in ("train", "val", "test") if f"{task}_{split}" in lists), "")
    if split not in splits:
        yield Skip(reason="other_split", detail=split)
        return
    asked, told, options = _talk(row.value, task, f"iconqa/{split}/{task}/{pid}")
    question = text_of(take(row, "question"), "question")
    drawing = Segment(path=f"iconqa/{split}/{task}/{pid}/image.png", role="user")
    if asked:  # the first of what follows is text
        question = f"{question}\n{asked.pop(0).text}"
    segments = [drawing, Segment(text=question, role="user"), *asked]
    answer = take(row, "answer") if options else None
    segments.append(Segment(text=told, role="assistant"))
    yield Sample(segments=tuple(segments), choices=options, answer=answer)


def _talk(
    value: Mapping[str, Any], task: str, folder: str
) -> tuple[list[Segment], str, tuple[str, ...]]:
    """What follows the question, the answer, and the options."""
    if task == "fill_in_blank":
        return [], str(value["answer"]), ()
    number, names = value["answer"], value["choices"]
    if not isinstance(number, int) or not 0 <= number < len(names):
        raise ValueError(
            f"answer is {number!r}; expected the number of one of {len(names)} options"
        )
    if task == "choose_txt":
        lines = "\n".join(map(lettered, range(len(names)), names))
        return [Segment(text=lines, role="user")], lettered(number, names[number]), tuple(names)
    shown = []
    for letter, name in zip(LETTERS, names, strict=False):
        shown.append(Segment(text=f"{letter}.", role="user"))
        shown.append(Segment(path=f"{folder}/{name}", role="user"))
    return shown, LETTERS[number], tuple(LETTERS[: len(names)])


SOURCE = Source(
    title="IconQA: questions about drawings",
    version="1",
    category="sft/multimodal",
    licence="CC-BY-NC-SA-4.0",
    homepage="https://iconqa.github.io",
    files=("**/problems.json",),
    read=Joined(
        read=JsonRecords(),
        parts={
            "lists": Part(
                read=JsonRecords(),
                theirs="value",
                ours="key",
                beside="pid_splits.json",
                fields=("key",),
            ),
        },
    ),
    parse=parse,
    languages=("en",),
    citation="Lu et al., IconQA: A New Benchmark for Abstract Diagram Understanding and Visual "
    "Language Reasoning, 2021",
    download="iconqa_data.zip, unpacked.",
)
