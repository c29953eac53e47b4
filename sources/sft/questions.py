"""Questions with answers, about an image or none, as people have them at hand.

JSON Lines, JSON, CSV, TSV, Parquet and tars, compressed or not, with a column of questions and one
of answers; where there is something to choose from, with a column of options (a list or its text)
or one for each option, of which some may be empty.

A row, here with the options `choices: [A, B, C, D]` and `context: hint`: `{"index": 672,
"question": "How many trucks are in this photo?", "hint": "", "A": "six", "B": "five", "C":
"seven", "D": "eight", "answer": "A", "image": "/9j/4AAQSkZJRgABAQ..."}`

Quirks: the answer to a choice may be a letter, a number from 0 or the option itself; several right
ones make the row a skip; some tables save room by the number of another row in place of an image,
which makes it a skip too; rows without an image are kept, those whose image is empty are not if the
question has no options. Most such sets are for evaluation: train on none that you measure with.
"""

from collections.abc import Iterator, Sequence

from sources.readers import by_extension
from sources.sample import Sample, Skip
from sources.shapes import multiple_choice, question_answer
from sources.shapes.fields import About, find, has
from sources.source import Row, Source

_ABOUT: About = {"language": "language", "licence": "license", "origin": "url"}


def parse(
    row: Row,
    *,
    question: str = "question",
    answer: str = "answer",
    choices: str | Sequence[str] = "",
    image: str = "image",
    context: str = "",
) -> Iterator[Sample | Skip]:
    """Makes a question and its answer.

    Args:
        row: the raw row.
        question: the column of the question, or of a list of them.
        answer: the column of the answer, or of a list of them.
        choices: the column of a list of options, or the columns of one each.
        image: the column of the image or images, or a pattern of its path, if there is one.
        context: the column of what stands before a question with options.
    """
    shown = image if "{" in image or has(row, image) else ""
    if str(find(row, shown) if shown else "").isdecimal():
        yield Skip(reason="image_of_another_row", detail=str(find(row, shown)))
    elif choices:
        shape = multiple_choice(
            question=question,
            choices=choices,
            answer=answer,
            image=shown,
            context=context,
            **_ABOUT,
        )
        yield from shape(row)
    else:
        yield from question_answer(question=question, answer=answer, image=shown, **_ABOUT)(row)


_READ = by_extension()

SOURCE = Source(
    title="Questions with answers",
    version="1",
    category="sft/multimodal",
    licence="unknown",
    homepage="",
    files=_READ.patterns(),
    read=_READ,
    parse=parse,
    download="Any folder of such files.",
)
