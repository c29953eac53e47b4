"""The shapes with turns: conversations as ShareGPT, OpenAI and Alpaca write them."""

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any, Unpack

from sources.sample import Sample, Segment, Skip
from sources.shapes.fields import (
    About,
    find,
    image,
    images,
    list_of,
    sample,
    take,
    text_of,
    wrong,
)
from sources.source import Parse, Row

_ROLES = {
    "system": ("system", "developer"),
    "user": ("user", "human", "prompter"),
    "assistant": ("assistant", "gpt", "bot", "chatgpt", "model", "bing", "bard"),
    "tool": ("tool", "function", "function_call", "observation"),
}
_ROLE_OF = {name: role for role, names in _ROLES.items() for name in names}
# What a part of a content calls its image, if it holds it.
_HELD = {"bytes", "url", "path", "image_url", "image"}
# A turn: its role, and its content as texts and images.
_Turn = tuple[str, list[Segment]]


def chat(
    *,
    turns: str,
    image: str = "",
    system: str = "",
    placeholder: str = "<image>",
    **about: Unpack[About],
) -> Parse:
    """Returns a parse for conversations.

    A turn has `from` and `value`, or `role` and `content`; the content is a text or a list of parts
    (`{"type": "text", ...}`, `{"type": "image", ...}`). Each placeholder in a text is the place of
    the next image; images without placeholders come first in the first turn of the user. Without a
    column of images a placeholder is but text. Answers before the first question and questions
    without an answer at the end are skipped.

    Args:
        turns: the column of the turns.
        image: the column of the image or images.
        system: the column of the system's words, where they are no turn.
        placeholder: what marks the place of an image.
        about: columns of provenance.
    """

    def parse(row: Row) -> Iterator[Sample | Skip]:
        mark = placeholder if image else ""
        found = [_turn(turn, turns, mark) for turn in _listed(take(row, turns), turns)]
        first = text_of(find(row, system), system) if system else ""
        if first.strip():
            found.insert(0, ("system", [Segment(text=first, role="system")]))
        pictures = images(row, image, "user")
        # Images given as parts are in place already; a text beside them may say "<image>" freely.
        in_parts = any(segment.is_image for _, segments in found for segment in segments)
        if image and not (in_parts and not pictures):
            placed = place_images(found, pictures, placeholder)
            if isinstance(placed, Skip):
                yield placed
                return
            found = placed
        yield from conversation(row, found, about)

    return parse


def alpaca(
    *,
    instruction: str = "instruction",
    input: str = "input",
    output: str = "output",
    system: str = "system",
    history: str = "history",
    image: str = "",
    **about: Unpack[About],
) -> Parse:
    """Returns a parse for an instruction with its optional input and its answer.

    Args:
        instruction: the column of what to do.
        input: the column of what to do it with; a paragraph of its own behind the instruction.
        output: the column of the answer.
        system: the column of the system's words.
        history: the column of earlier turns, a list of pairs.
        image: the column of the image or images.
        about: columns of provenance.
    """

    def parse(row: Row) -> Iterator[Sample | Skip]:
        turns: list[_Turn] = []
        if (words := text_of(find(row, system), system)).strip():
            turns.append(_said("system", words))
        for question, answer in list_of(find(row, history), history):
            turns += [_said("user", question), _said("assistant", answer)]
        asked = [text_of(take(row, instruction), instruction), text_of(find(row, input), input)]
        turns.append(_said("user", "\n\n".join(part for part in asked if part.strip())))
        turns.append(_said("assistant", text_of(take(row, output), output)))
        yield from conversation(row, ahead(turns, images(row, image, "user")), about)

    return parse


def conversation(
    row: Row, turns: list[_Turn], about: About, *, nth: int = 0, **more: Any
) -> Iterator[Sample | Skip]:
    """Yields the sample of some turns, and skips for the turns that are no use."""
    roles = [role for role, _ in turns]
    if "tool" in roles:
        yield Skip(reason="tool_turns")
        return
    if "assistant" not in roles:
        yield Skip(reason="no_answer")
        return
    if "user" not in roles[: len(roles) - roles[::-1].index("assistant")]:
        yield Skip(reason="no_question")
        return
    start, stop = roles.index("user"), len(roles) - roles[::-1].index("assistant")
    for number, role in enumerate(roles):
        if (role == "assistant" and number < start) or number >= stop:
            reason = "answer_without_question" if number < start else "question_without_answer"
            yield Skip(reason=reason, part=f"turn {number}")
    kept = [turn for turn in turns[:start] if turn[0] == "system"] + turns[start:stop]
    if any(one[0] == two[0] == "assistant" for one, two in pairwise(kept)):
        yield Skip(reason="two_answers_in_a_row")
    elif any(_is_empty(segments) for _, segments in kept):
        yield Skip(reason="empty_turn")
    else:
        segments = [segment for _, content in kept for segment in content]
        yield sample(row, segments, about, nth=nth, **more)


def place_images(turns: list[_Turn], pictures: list[Segment], mark: str) -> list[_Turn] | Skip:
    """Puts images where the texts have their mark; without marks, ahead of the first question."""
    marks = _count(turns, mark)
    if not marks:
        return ahead(turns, pictures)
    # An answer may speak of the mark (as HTML, say) where the questions have one for each image.
    asked = _count([turn for turn in turns if turn[0] == "user"], mark)
    places = {"user"} if asked == len(pictures) > 0 else set(_ROLES)
    if len(pictures) not in (marks, asked) or not pictures:
        reason = "image_count" if pictures else "no_image"
        return Skip(reason=reason, detail=f"{marks} places, {len(pictures)} images")
    left = iter(pictures)
    return [
        (role, [part for segment in content for part in _split(segment, mark, left)])
        if role in places
        else (role, content)
        for role, content in turns
    ]


def ahead(turns: list[_Turn], pictures: list[Segment]) -> list[_Turn]:
    """Puts images first in the first turn of the user."""
    roles = [role for role, _ in turns]
    if not pictures or "user" not in roles:
        return turns
    number = roles.index("user")
    return [
        (role, [*pictures, *content] if index == number else content)
        for index, (role, content) in enumerate(turns)
    ]


def _count(turns: list[_Turn], mark: str) -> int:
    """How often the texts of some turns have a mark."""
    return sum(
        segment.text.count(mark) for _, content in turns for segment in content if segment.text
    )


def _split(segment: Segment, mark: str, pictures: Iterator[Segment]) -> Iterator[Segment]:
    """A text in parts, with the next images between them."""
    if segment.text is None or mark not in segment.text:
        yield segment
        return
    for number, part in enumerate(segment.text.split(mark)):
        if number:
            picture = next(pictures)
            yield Segment(image=picture.image, path=picture.path, role=segment.role)
        if part.strip():
            yield Segment(text=part.strip(), role=segment.role)


def _listed(value: Any, name: str) -> list[Any]:
    """The turns; a dict of parallel lists, as some tables keep them, is turned round."""
    if isinstance(value, Mapping):
        lists = [list_of(items, f"{name}.{key}") for key, items in value.items()]
        return [dict(zip(value, items, strict=True)) for items in zip(*lists, strict=True)]
    return list_of(value, name)


def _turn(value: Any, name: str, mark: str) -> _Turn:
    """Role and content of one raw turn."""
    if not isinstance(value, Mapping):
        wrong(name, value, "turns with `from` and `value`, or `role` and `content`")
    speaker = value.get("from", value.get("role"))
    role = _ROLE_OF.get(speaker.lower()) if isinstance(speaker, str) else None
    if role is None:
        wrong(f"{name}.from", speaker, f"one of {', '.join(_ROLE_OF)}")
    content = value.get("value", value.get("content"))
    if role == "tool" or not isinstance(content, list | tuple):
        return _said(role, "" if role == "tool" else text_of(content, f"{name}.value"))
    return role, [part for item in content for part in _part(item, name, role, mark)]


def _said(role: str, words: Any) -> _Turn:
    """A turn of one text."""
    said = text_of(words, role)
    return role, [Segment(text=said, role=None if role == "tool" else role)]


def _part(value: Any, name: str, role: str, mark: str) -> Iterator[Segment]:
    """One part of a content: a text, an image, or the place of one that a column holds."""
    if isinstance(value, str):
        yield Segment(text=value, role=role)
        return
    if not isinstance(value, Mapping):
        wrong(f"{name}.content", value, "parts with a `type`")
    if value.get("type") == "text" or value.get("text") is not None:
        yield Segment(text=text_of(value.get("text"), f"{name}.content"), role=role)
    elif value.keys() & _HELD and (found := image(value, f"{name}.content", role)):
        yield found
    elif mark:
        yield Segment(text=mark, role=role)
    else:
        wrong(f"{name}.content", value, "an image in the part, or a column of images")


def _is_empty(content: list[Segment]) -> bool:
    """Whether a turn says and shows nothing."""
    return not any(segment.is_image or (segment.text or "").strip() for segment in content)
