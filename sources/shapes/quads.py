"""Label files of the ICDAR kind: a line a piece of text, four corners first."""

from typing import Any


def quads(text: str) -> list[dict[str, Any]]:
    r"""Returns corners, tag and text of each line `x1,y1,x2,y2,x3,y3,x4,y4,tag,text`.

    Everything behind the ninth comma is text: nothing is escaped.

    Raises:
        ValueError: a line that is not so.

    >>> quads("0,0,9,0,9,5,0,5,Latin,a, b\n")
    [{'points': [0.0, 0.0, 9.0, 0.0, 9.0, 5.0, 0.0, 5.0], 'tag': 'Latin', 'text': 'a, b'}]
    """
    return [_quad(line) for line in text.split("\n") if line.strip()]


def _quad(line: str) -> dict[str, Any]:
    fields = line.rstrip("\r").split(",", 9)
    try:
        points = [float(field) for field in fields[:8]]
    except ValueError:
        points = []
    if len(fields) < 10 or len(points) < 8:
        raise ValueError(
            f"a line of labels is {line[:80]!r}; expected eight numbers, a tag and a text"
        )
    return {"points": points, "tag": fields[8].strip(), "text": fields[9]}
