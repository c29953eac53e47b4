"""Texts and pictures in reading order, as few texts as there can be."""

from collections.abc import Iterator, Sequence
from typing import Any

from sources.sample import Sample, Segment, Skip


def joined(segments: Sequence[Segment]) -> list[Segment]:
    r"""Returns segments without empty texts, neighbouring texts made one, a blank line between.

    >>> joined([Segment(text=" a"), Segment(text=""), Segment(text="b\n")])[0].text
    'a\n\nb'
    """
    found: list[Segment] = []
    for segment in segments:
        if segment.text is None:
            found.append(segment)
            continue
        text = segment.text.strip()
        if not text:
            continue
        if found and found[-1].text is not None:
            text = f"{found.pop().text}\n\n{text}"
        found.append(Segment(text=text))
    return found


def document(
    segments: Sequence[Segment], *, part: str = "", **more: Any
) -> Iterator[Sample | Skip]:
    """Yields the sample of segments if there are both texts and pictures, else why there is none.

    Args:
        segments: in reading order.
        part: which part of the row they are.
        more: further fields of the sample.
    """
    found = joined(segments)
    kinds = {segment.is_image for segment in found}
    if kinds == {True, False}:
        yield Sample(segments=tuple(found), **more)
    else:
        reason = "no_image" if kinds == {False} else "no_text"
        yield Skip(reason=reason, part=part)
