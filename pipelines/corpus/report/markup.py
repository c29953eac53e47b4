"""HTML from content that is not trusted: the only place where it is escaped."""

import html
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pipelines.corpus import terminal


@dataclass(frozen=True, slots=True)
class Html:
    """Markup that is safe to put into the page; everything else is escaped."""

    text: str


Content = Html | str | int

_NUMBER = re.compile(r"-?[\d,.]+(?:e[-+]\d+)?%?")
# Longer words may be broken anywhere.
_LONG = 40


def escape(content: Content) -> str:
    """Returns markup as it is, and anything else as harmless text.

    >>> escape("<b>"), escape(1200), escape(Html("<b>"))
    ('&lt;b&gt;', '1,200', '<b>')
    """
    if isinstance(content, Html):
        return content.text
    if isinstance(content, int):
        return f"{content:,}"
    # Lone surrogates have no place in UTF-8.
    words = terminal.harmless(content).encode("utf-8", "replace").decode()
    return html.escape(words)


def tag(name: str, *contents: Content, **attributes: str | int) -> Html:
    """Returns an element; `_` at the end of an attribute's name is dropped.

    >>> tag("td", "a & b", class_="n").text
    '<td class="n">a &amp; b</td>'
    """
    told = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{html.escape(terminal.harmless(value))}"'
        for key, value in attributes.items()
    )
    return Html(f"<{name}{told}>{''.join(map(escape, contents))}</{name}>")


def join(parts: Iterable[Html]) -> Html:
    """Returns pieces of markup as one."""
    return Html("\n".join(part.text for part in parts))


def table(head: Sequence[str], rows: Iterable[Sequence[Content]]) -> Html:
    """Returns a table; numbers and shares stand to the right, long words may be broken."""
    body = [list(row) for row in rows]
    kinds = [_kind([row[place] for row in body]) for place in range(len(head))]
    top = tag("tr", *(tag("th", name, **kind) for name, kind in zip(head, kinds, strict=True)))
    lines = (
        tag("tr", *(tag("td", cell, **kind) for cell, kind in zip(row, kinds, strict=True)))
        for row in body
    )
    return tag("table", top, *lines)


def _kind(cells: Sequence[Content]) -> dict[str, str]:
    """The class of a column."""
    if all(isinstance(cell, int) or _is_number(cell) for cell in cells):
        return {"class_": "n"}
    long = any(isinstance(cell, str) and len(cell) > _LONG for cell in cells)
    return {"class_": "long"} if long else {}


def _is_number(cell: Content) -> bool:
    return isinstance(cell, str) and _NUMBER.fullmatch(cell) is not None
