"""ScienceQA: school questions with options, half of them with a picture.

`problems.json` (one object, a question a key) from the repository, and its image archives, unpacked
to `images/train/PID/image.png` beside it. A record:

    "12": {"question": "Which ...?", "choices": ["a", "b"], "answer": 0, "hint": "...",
           "image": "image.png", "lecture": "...", "solution": "...", "split": "train", ...}

Quirks: `image` may be null; then options may still be pictures (`choice_0.png`), whose texts are no
use: such questions are skipped. Only `train` is taken. MMBench, MathVista and SEED-Bench hold
questions of this set. In pretraining only questions with a picture are taken, without roles; as
instructions (`sft/scienceqa`) those of text too.
"""

from collections.abc import Iterator
from dataclasses import replace

from sources.readers import JsonRecords, Located
from sources.sample import Sample, Segment, Skip
from sources.shapes import bare, multiple_choice
from sources.shapes.fields import take, text_of
from sources.source import Row, Source

_QUESTION = multiple_choice(
    question="question",
    choices="choices",
    answer="answer",
    image="images/{split}/{key}/{image}",
    context="hint",
)


def talk(
    row: Row, *, splits: tuple[str, ...] = ("train",), rationale: bool = False
) -> Iterator[Sample | Skip]:
    """Makes a question with its answer.

    Args:
        row: the raw row.
        splits: which splits to take.
        rationale: whether lecture and solution follow the answer.
    """
    split = take(row, "split")
    if split not in splits or take(row, "drawn"):
        yield Skip(reason="other_split" if split not in splits else "picture_choices")
        return
    for made in _QUESTION(row):
        if isinstance(made, Sample) and rationale:
            told = [text_of(take(row, name), name).strip() for name in ("lecture", "solution")]
            answer = "\n".join([made.texts[-1], *filter(None, told)])
            segments = (*made.segments[:-1], Segment(text=answer, role="assistant"))
            made = replace(made, segments=segments)
        yield made


SOURCE = Source(
    title="ScienceQA: school questions with options",
    version="1",
    category="pretrain/table_chart",
    licence="CC-BY-NC-SA-4.0",
    homepage="https://scienceqa.github.io",
    files=("**/problems.json",),
    read=Located(read=JsonRecords(), paths=("images/{split}/{key}/choice_0.png",), column="drawn"),
    parse=bare(talk, answer="Answer: ", pictured=True),
    languages=("en",),
    citation="Lu et al., Learn to Explain: Multimodal Reasoning via Thought Chains for Science "
    "Question Answering, 2022",
    download="problems.json with the archives of images unpacked to images beside it.",
)
