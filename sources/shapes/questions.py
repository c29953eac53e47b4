"""The shapes of questions: with an answer, with several, with options to choose from."""

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Unpack

from sources.sample import Sample, Segment, Skip
from sources.shapes.chat import conversation
from sources.shapes.fields import (
    About,
    find,
    images,
    list_of,
    sample,
    take,
    text_of,
    wrong,
)
from sources.source import Parse, Row

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def question_answer(
    *,
    question: str = "",
    answer: str = "",
    pairs: str = "",
    image: str = "",
    system: str = "",
    apart: bool = False,
    **about: Unpack[About],
) -> Parse:
    """Returns a parse for questions with answers, about an image or none.

    Lists of questions and answers become the turns of one conversation. One question with a list of
    answers has the first of them.

    Args:
        question: the column of the question or questions.
        answer: the column of the answer or answers.
        pairs: in place of both, the column of a list of (question, answer).
        image: the column of the image or images.
        system: the column of the system's words.
        apart: whether each question is a sample of its own.
        about: columns of provenance.
    """
    if bool(pairs) == bool(question and answer):
        raise ValueError("name the columns question and answer, or the column pairs")

    def parse(row: Row) -> Iterator[Sample | Skip]:
        pictures = images(row, image, "user")
        if image and not pictures:
            yield Skip(reason="no_image", detail=f"column {image}")
            return
        asked = list(_pairs(row, pairs) if pairs else _parallel(row, question, answer))
        said = text_of(find(row, system), system) if system else ""
        head = [("system", [Segment(text=said, role="system")])] if said.strip() else []
        turns: list[list[tuple[str, list[Segment]]]] = []
        for number, (one, two) in enumerate(asked):
            if fault := _lacking(one, two):
                yield Skip(reason=fault, part=f"question {number}" if len(asked) > 1 else "")
                continue
            shown = [] if turns and not apart else pictures
            ask = ("user", [*shown, Segment(text=one, role="user")])
            turns.append([ask, ("assistant", [Segment(text=two, role="assistant")])])
        joined = turns if apart else [[turn for both in turns for turn in both]]
        for nth, group in enumerate(filter(None, joined)):
            yield from conversation(row, [*head, *group], about, nth=nth)

    return parse


def multiple_choice(
    *,
    question: str,
    choices: str | Sequence[str],
    answer: str,
    image: str = "",
    context: str = "",
    **about: Unpack[About],
) -> Parse:
    """Returns a parse for questions with options, which are put as lettered lines.

    Args:
        question: the column of the question.
        choices: the column of the options (a list, its text, or `{"text": [...], "label": [...]}`),
            or the columns of one option each, of which some may be empty.
        answer: the column of the right one: its number from 0, letter, label or text.
        image: the column of the image or images; rows without an image are kept.
        context: the column of what stands before the question.
        about: columns of provenance.
    """

    def parse(row: Row) -> Iterator[Sample | Skip]:
        labels, options = _options(row, choices)
        asked = text_of(take(row, question), question)
        if not asked.strip() or len(options) < 2 or not all(map(str.strip, options)):
            yield Skip(reason="no_question" if not asked.strip() else "no_choices")
            return
        told = _single(take(row, answer), options)
        if isinstance(told, Skip):
            yield told
            return
        right = _right(told, answer, labels, options)
        if right is None:
            yield Skip(reason="no_answer")
            return
        before = text_of(find(row, context), context) if context else ""
        lines = [before, asked, *map(lettered, range(len(options)), options)]
        segments = [
            *images(row, image, "user"),
            Segment(text="\n".join(line for line in lines if line.strip()), role="user"),
            Segment(text=lettered(right, options[right]), role="assistant"),
        ]
        yield sample(row, segments, about, choices=tuple(options), answer=right)

    return parse


def lettered(number: int, option: str) -> str:
    """Returns an option as a line.

    >>> lettered(1, "a cat")
    'B. a cat'
    """
    return f"{LETTERS[number]}. {option}"


def _pairs(row: Row, name: str) -> Iterator[tuple[str, str]]:
    """Questions and answers of a list of pairs."""
    for item in list_of(take(row, name), name):
        if not isinstance(item, list | tuple) or len(item) != 2:
            wrong(name, item, "pairs of question and answer")
        yield text_of(item[0], name), text_of(item[1], name)


def _parallel(row: Row, question: str, answer: str) -> list[tuple[str, str]]:
    """Questions and answers of two columns: texts, or lists of one length."""
    asked, told = take(row, question), take(row, answer)
    if not isinstance(asked, list | tuple):
        if isinstance(told, list | tuple):
            told = next((item for item in told if text_of(item, answer).strip()), None)
        return [(text_of(asked, question), text_of(told, answer))]
    answers = list_of(told, answer)
    if len(asked) != len(answers):
        wrong(answer, answers, f"as many answers as questions, {len(asked)}")
    return [
        (text_of(one, question), text_of(two, answer))
        for one, two in zip(asked, answers, strict=True)
    ]


def _lacking(question: str, answer: str) -> str:
    """Which of the two is empty."""
    if not question.strip():
        return "no_question"
    return "" if answer.strip() else "no_answer"


def _options(row: Row, choices: str | Sequence[str]) -> tuple[list[str], list[str]]:
    """Labels and texts of the options."""
    if not isinstance(choices, str):
        # A question with fewer options leaves the last columns empty.
        filled = [(name, text_of(find(row, name), name)) for name in choices]
        named = [(name, option) for name, option in filled if option.strip()]
        return [name for name, _ in named], [option for _, option in named]
    value = take(row, choices)
    labels: list[str] = []
    if isinstance(value, Mapping):
        labels = [text_of(item, choices) for item in list_of(value.get("label"), choices)]
        value = value.get("text", value.get("choices"))
    if isinstance(value, str):
        value = _literal(value, choices)
    options = [text_of(item, choices) for item in list_of(value, choices)]
    if len(options) > len(LETTERS):
        wrong(choices, value, f"at most {len(LETTERS)} options")
    return labels or list(LETTERS[: len(options)]), _unlettered(options)


def _unlettered(options: list[str]) -> list[str]:
    """Options without the letters that all of them may begin with already, as `(A)` does."""
    cut = [
        re.sub(rf"^\s*(\({letter}\)|{letter}[.):])\s*", "", option)
        for letter, option in zip(LETTERS, options, strict=False)
    ]
    every = all(short != option for short, option in zip(cut, options, strict=True))
    return cut if every else options


def _single(value: Any, options: list[str]) -> Any:
    """The one answer, or the skip of a question that has several right ones."""
    answers = list(value) if isinstance(value, list | tuple) else [value]
    if len(answers) == 1 and isinstance(answers[0], str) and answers[0] not in options:
        letter = f"[{LETTERS[: len(options)]}]"
        if re.fullmatch(rf"{letter}([\s,;]*{letter})+", answers[0]):
            answers = re.findall(letter, answers[0])
    if len(answers) > 1:
        return Skip(reason="several_answers", detail=str(value)[:60])
    return answers[0] if answers else None


def _literal(text: str, name: str) -> Any:
    """The list that a text writes out, as JSON or as Python does."""
    try:
        return ast.literal_eval(text) if text.strip() else []
    except (ValueError, SyntaxError, MemoryError, RecursionError) as error:
        raise ValueError(f"field {name!r}: got {text[:60]!r}, expected a list") from error


def _right(value: Any, name: str, labels: list[str], options: list[str]) -> int | None:
    """The number of the right option; None where the row keeps it for itself."""
    if isinstance(value, int) and not isinstance(value, bool):
        if value < 0:
            return None
        if value >= len(options):
            wrong(name, value, f"a number below {len(options)}")
        return value
    told = text_of(value, name).strip()
    if told in ("", "?", "-1"):
        return None
    bare = told.strip("().")
    letters = list(LETTERS[: len(options)])
    for known, sought in ((labels, told), (labels, bare), (letters, bare), (options, told)):
        if sought in known:
            return known.index(sought)
    if told.isdecimal() and int(told) < len(options):
        return int(told)
    wrong(name, value, f"a letter, number or text of the {len(options)} options")
