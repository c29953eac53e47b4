"""What a page shows besides its text: running heads, page numbers, line numbers."""

import re
from collections import Counter
from dataclasses import replace

from sources.document_ocr.latex.pdf import Page, Word

# In parts of the page's height: where heads and feet are looked for.
_EDGE = 0.12
_DIGITS = re.compile(r"\d+|\b[ivxlc]+\b")


def without_furniture(pages: list[Page]) -> list[Page]:
    """Returns the pages without heads, feet, page numbers and line numbers."""
    lines = [_edge_lines(page) for page in pages]
    seen = Counter(key for page in lines for key in {key for key, _ in page})
    needed = max(2, round(0.3 * len(pages)))
    result = []
    for page, edges in zip(pages, lines, strict=True):
        gone = {line for key, line in edges if seen[key] >= needed} | _line_numbers(page)
        alone = {line for key, line in edges if key[1].strip("-. ") == "#"}
        gone |= {line for line in alone if not _beside_text(line, gone | alone, page)}
        result.append(
            replace(page, words=tuple(word for word in page.words if word.line not in gone))
        )
    return result


def _beside_text(line: int, gone: set[int], page: Page) -> bool:
    """Whether text stands right of a number, which then is that of a heading or an item."""
    number = next(word for word in page.words if word.line == line)
    return any(
        word.line not in gone
        and number.box[2] < word.box[0] < number.box[2] + 40
        and word.box[1] < number.box[3]
        and number.box[1] < word.box[3]
        for word in page.words
    )


Key = tuple[str, str]


def _edge_lines(page: Page) -> list[tuple[Key, int]]:
    """The lines near the upper and lower edge, as (edge, text without numbers)."""
    lines: dict[int, list[Word]] = {}
    for word in page.words:
        lines.setdefault(word.line, []).append(word)
    found = []
    highest = min((word.box[1] for word in page.words), default=0.0)
    lowest = max((word.box[3] for word in page.words), default=0.0)
    for number, words in lines.items():
        top, bottom = min(word.box[1] for word in words), max(word.box[3] for word in words)
        edge = "top" if bottom < _EDGE * page.height or top == highest else ""
        edge = "foot" if top > (1 - _EDGE) * page.height or bottom == lowest else edge
        if edge:
            text = " ".join(word.text + word.math for word in words)
            found.append(((edge, _DIGITS.sub("#", text)), number))
    return found


def _line_numbers(page: Page) -> set[int]:
    """Lines that are a lone number left or right of all text, if there are many."""
    prose = [word for word in page.words if len(word.text) > 3 and not word.text.isdigit()]
    if not prose:
        return set()
    left = sorted(word.box[0] for word in prose)[len(prose) // 50]
    counts = Counter(word.line for word in page.words)
    alone = {
        word.line
        for word in page.words
        if counts[word.line] == 1 and word.text.isdigit() and word.box[2] < left
    }
    return alone if len(alone) >= 5 else set()
