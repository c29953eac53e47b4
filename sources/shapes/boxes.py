"""The shape of text in a picture: pieces of text with their places, and what they say in order."""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal, Unpack

from sources.sample import Box, Sample, Segment, Skip
from sources.shapes.fields import About, images, list_of, sample, take, text_of, wrong
from sources.source import Parse, Row

Form = Literal["polygon", "xyxy", "xywh"]


def boxes_with_text(
    *,
    image: str,
    boxes: str = "",
    text: str = "text",
    points: str = "points",
    form: Form = "polygon",
    legible: str = "",
    unreadable: str = "",
    illegible: Sequence[str] = ("*", ""),
    marks: str = "###",
    level: str = "word",
    sort: bool = True,
    **about: Unpack[About],
) -> Parse:
    """Returns a parse for an image with pieces of text: the image, then the text in reading order.

    The parse has the option `crops`: then each piece that can be read is a sample too, of its part
    of the image and its text.

    Args:
        image: the column of the image.
        boxes: the column of a list of dicts; without it `text` and `points` are parallel lists.
        text: the field of the transcription.
        points: the field of the place.
        form: how a place is written: corners (flat or as pairs), two corners, or corner and size.
        legible: the field that says whether the text can be read.
        unreadable: the field that says the contrary.
        illegible: transcriptions that say that it cannot.
        marks: what stands in a transcription for letters that cannot be read, as a pattern.
        level: what a box bounds, such as word or line.
        sort: whether to put the boxes in reading order, or keep them as they come.
        about: columns of provenance.
    """

    def read(item: Mapping[str, Any]) -> Box:
        said = text_of(item.get(text), text)
        readable = (
            said not in illegible
            and not re.search(marks, said)
            and (not legible or _truth(item, legible))
            and not (unreadable and _truth(item, unreadable))
        )
        place = polygon(item.get(points), points, form)
        return Box(text=said if readable else "", polygon=place, level=level, legible=readable)

    def parse(row: Row, *, crops: bool = False) -> Iterator[Sample | Skip]:
        """Makes a sample of an image and what is written on it.

        Args:
            row: the raw row.
            crops: whether each piece that can be read is a sample too.
        """
        found = [read(item) for item in _items(row, boxes, text, points)]
        lines = reading_order(found) if sort else [[box] for box in found]
        yield from page(row, images(row, image), lines, about, crops=crops)

    return parse


def page(
    row: Row,
    pictures: Sequence[Segment],
    lines: Sequence[Sequence[Box]],
    about: About,
    *,
    crops: bool = False,
) -> Iterator[Sample | Skip]:
    """Yields the sample of an image and the lines of text on it.

    Args:
        row: the raw row.
        pictures: its image; none or several are skipped.
        lines: the boxes of each line, in reading order.
        about: columns of provenance.
        crops: whether each piece that can be read is a sample too.
    """
    if len(pictures) != 1:
        yield Skip(reason="image_count" if pictures else "no_image")
        return
    words = transcription(lines)
    boxes = tuple(box for line in lines for box in line)
    if not words:
        yield Skip(reason="no_legible_text", detail=f"{len(boxes)} boxes")
        return
    yield sample(row, [*pictures, Segment(text=words)], about, boxes=boxes)
    readable = [box for box in boxes if box.text.strip()] if crops else []
    for nth, box in enumerate(readable, start=1):
        part = cropped(pictures[0], box)
        if part:
            yield sample(row, [part, Segment(text=box.text.strip())], about, nth=nth)
        else:
            yield Skip(reason="crop_without_area", part=f"box {nth}")


def cropped(picture: Segment, box: Box) -> Segment | None:
    """Returns the part of an image that a box covers; None for one without area, or beside it."""
    (left, right), (top, bottom) = _span(box, 0), _span(box, 1)
    if right - max(left, 0) < 1 or bottom - max(top, 0) < 1:
        return None
    return replace(picture, crop=(left, top, right, bottom))


def polygon(value: Any, name: str, form: Form = "polygon") -> tuple[float, ...]:
    """Returns the corners of a place as x0, y0, x1, y1, ...

    >>> polygon([10, 20, 30, 5], "bbox", "xywh")
    (10.0, 20.0, 40.0, 20.0, 40.0, 25.0, 10.0, 25.0)
    >>> polygon([[0, 0], [4, 0], [4, 1]], "points")
    (0.0, 0.0, 4.0, 0.0, 4.0, 1.0)
    """
    flat: list[Any] = []
    for item in list_of(value, name):
        flat += item if isinstance(item, list | tuple) else [item]
    if not all(isinstance(item, int | float) and not isinstance(item, bool) for item in flat):
        wrong(name, value, "numbers")
    numbers = [float(item) for item in flat]
    if form == "polygon":
        if len(numbers) < 6 or len(numbers) % 2:
            wrong(name, value, "at least three corners, x and y of each")
        return tuple(numbers)
    if len(numbers) != 4:
        wrong(name, value, f"four numbers ({form})")
    x0, y0, x1, y1 = numbers
    if form == "xywh":
        x1, y1 = x0 + x1, y0 + y1
    return (x0, y0, x1, y0, x1, y1, x0, y1)


def reading_order(boxes: Sequence[Box]) -> list[list[Box]]:
    """Returns boxes as lines from top to bottom, in each from left to right.

    A box joins the line whose height holds its middle.
    """
    lines: list[list[Box]] = []
    for box in sorted(boxes, key=_corner):
        top, bottom = _span(box, 1)
        middle = (top + bottom) / 2
        for line in reversed(lines):
            above, below = _span(line[0], 1)
            if above <= middle <= below:
                line.append(box)
                break
        else:
            lines.append([box])
    return [sorted(line, key=lambda box: (_span(box, 0), _corner(box))) for line in lines]


def transcription(lines: Sequence[Sequence[Box]]) -> str:
    """Returns what boxes say, a line a row; Chinese and Japanese is not spaced, unless far apart.

    >>> one, two = (Box(text=text, polygon=(0, 0, 9, 0, 9, 9)) for text in "ab")
    >>> transcription([[one, two]])
    'a b'
    """
    rows = (_joined([box for box in line if box.text.strip()]) for line in lines)
    return "\n".join(row for row in rows if row)


def _joined(boxes: Sequence[Box]) -> str:
    """Words of one line."""
    whole = ""
    for before, box in zip([None, *boxes], boxes, strict=False):
        word = box.text.strip()
        if before is None:
            whole = word
            continue
        close = _is_wide(whole[-1]) and _is_wide(word[0]) and not _far(before, box)
        whole += word if close else f" {word}"
    return whole


def _far(one: Box, two: Box) -> bool:
    """Whether there is room for half a letter between a box and the next of its line."""
    top, bottom = _span(two, 1)
    return _span(two, 0)[0] - _span(one, 0)[1] > (bottom - top) / 2


def _is_wide(character: str) -> bool:
    """Whether a character is of a script without spaces between words: wide, but not Hangul."""
    return unicodedata.east_asian_width(character) in "WF" and not "\uac00" <= character <= "\ud7a3"


def _items(row: Row, boxes: str, text: str, points: str) -> list[Mapping[str, Any]]:
    """The boxes, each with its text and place."""
    if not boxes:
        both = list_of(take(row, text), text), list_of(take(row, points), points)
        if len(both[0]) != len(both[1]):
            wrong(points, both[1], f"as many places as texts, {len(both[0])}")
        return [{text: said, points: place} for said, place in zip(*both, strict=True)]
    items = list_of(take(row, boxes), boxes)
    for item in items:
        if not isinstance(item, Mapping):
            wrong(boxes, item, f"dicts with {text!r} and {points!r}")
    return items


def _truth(item: Mapping[str, Any], name: str) -> bool:
    """A flag, as JSON or as text writes it."""
    value = item.get(name)
    if isinstance(value, str) and value.lower() in ("legible", "true", "1", "yes"):
        return True
    if isinstance(value, str) and value.lower() in ("illegible", "false", "0", "no", ""):
        return False
    if value is None or isinstance(value, bool | int):
        return bool(value)
    wrong(name, value, "true or false")


def _span(box: Box, axis: int) -> tuple[float, float]:
    """Least and greatest x (axis 0) or y (axis 1)."""
    numbers = box.polygon[axis::2]
    return min(numbers), max(numbers)


def _corner(box: Box) -> tuple[float, float, str]:
    """Sorts from top to bottom, then from left to right."""
    return _span(box, 1)[0], _span(box, 0)[0], box.text
