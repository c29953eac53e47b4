"""Talk as text to continue: the same samples without roles, as joint pretraining has them."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import wraps
from typing import Any

from sources.sample import Sample, Segment, Skip
from sources.source import Parse, Row


def bare(parse: Parse, *, answer: str = "", pictured: bool = False) -> Parse:
    """Returns a parse whose samples have no roles; neighbouring texts become lines of one.

    What the system says falls away.

    Args:
        parse: the parse of the same rows as talk, whose options stay.
        answer: what is put before each answer, such as `Answer: `.
        pictured: whether talk without a picture is skipped.
    """

    @wraps(parse)
    def bared(row: Row, **options: Any) -> Iterator[Sample | Skip]:
        for made in parse(row, **options):
            if isinstance(made, Skip):
                yield made
            elif pictured and not made.images:
                yield Skip(reason="no_image")
            else:
                yield replace(made, segments=_bare(made.segments, answer))

    return bared


def _bare(segments: Sequence[Segment], answer: str) -> tuple[Segment, ...]:
    """Segments without roles."""
    found: list[Segment] = []
    for segment in segments:
        if segment.role == "system":
            continue
        if segment.text is None:
            found.append(replace(segment, role=None))
            continue
        text = segment.text.strip()
        if segment.role == "assistant":
            text = f"{answer}{text}"
        if found and found[-1].text is not None:
            text = f"{found.pop().text}\n{text}"
        found.append(Segment(text=text))
    return tuple(found)
