"""Text for a terminal: tables, sizes, and content of strangers made harmless."""

import json
import re
from collections.abc import Sequence
from typing import Any

# Control characters but tab and line feed: a terminal would obey them.
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def harmless(text: object) -> str:
    r"""Returns a text with control characters and overrides of direction written as escapes.

    >>> print(harmless("a\x1b[31mb"))
    a\x1b[31mb
    """
    return _CONTROL.sub(lambda match: ascii(match.group())[1:-1], str(text))


def one_line(text: object) -> str:
    r"""Returns a text harmless and on one line.

    >>> one_line("two\nlines")
    'two lines'
    """
    return " ".join(harmless(text).split())


def show(text: object) -> None:
    """Prints lines of which any part may come from strangers."""
    # Lone surrogates cannot be encoded; a pipe in another encoding than UTF-8 holds less still.
    print(harmless(text).encode("utf-8", "backslashreplace").decode())


def show_json(value: Any) -> None:
    """Prints a value as readable JSON, escaped so that every terminal and pipe can take it."""
    print(json.dumps(value, indent=1))


def size(number: int) -> str:
    """Returns a number of bytes for people.

    >>> size(999), size(1_500_000)
    ('999 B', '1.5 MB')
    """
    value, unit = float(number), "B"
    for unit in ("B", "kB", "MB", "GB", "TB"):
        if value < 1000 or unit == "TB":
            break
        value /= 1000
    return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Returns a table: the first column to the left, numbers to the right.

    >>> print(table(["name", "count"], [["a", 5], ["b", 1200]]))
    name  count
    a         5
    b     1,200
    """
    cells = [[_cell(value) for value in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(head, *cells, strict=True)]
    right = [
        bool(rows) and all(isinstance(row[column], int) or row[column] == "" for row in rows)
        for column in range(len(head))
    ]
    lines = []
    for line in [list(head), *cells]:
        words = [
            word.rjust(width) if is_right else word.ljust(width)
            for word, width, is_right in zip(line, widths, right, strict=True)
        ]
        lines.append("  ".join(words).rstrip())
    return "\n".join(lines)


def _cell(value: object) -> str:
    if isinstance(value, int):
        return f"{value:,}"
    text = str(value)
    return " " * (len(text) - len(text.lstrip(" "))) + one_line(text)
