"""What a class prints on the first page of its own accord: a date, notices, notes of authors.

No source says it in words that could be followed, but it stands on the page: lines above the body
and small lines at the foot that no text has taken come in as the page has them.
"""

import re

from sources.document_ocr.latex.blocks import Atom, Block
from sources.document_ocr.latex.pdf import Word
from sources.document_ocr.latex.printed import Sheet

# What is set over or before the body and is found by itself (see `leads`).
_OWN = re.compile(r"^(?:abstract|summary|contents|(?:\d+|[ivx]+)\.?)\W*$", re.I)
_MOST_LINES = 40


def above(sheet: Sheet, body: int) -> list[tuple[int, Block]]:
    """Returns the unclaimed lines above the body as paragraphs with their places.

    Args:
        sheet: the first page, its text settled.
        body: the token that begins the abstract or the first heading or paragraph.
    """
    found: list[tuple[int, Block]] = []
    before = -2
    for place, line in _unclaimed(sheet):
        number = line[0].line
        if place >= body or _OWN.match(" ".join(word.text for word in line)):
            continue
        if found and number == before + 1:
            found[-1][1].atoms += [Atom(text="", kind="break"), *_atoms(line)]
        else:
            found.append((place, Block(kind="author", atoms=_atoms(line))))
        before = number
    return found


def below(sheet: Sheet, body: int) -> list[Block]:
    """Returns the unclaimed small lines below the body as footnotes; each begins with its mark."""
    claimed = [sheet.word(token) for token in sheet.taken if token >= body]
    if not claimed:
        return []
    size = sorted(word.size for word in claimed)[len(claimed) // 2]
    notes: list[Block] = []
    before = -2
    for _, line in _unclaimed(sheet):
        column = [word.box[3] for word in claimed if _over(word, line[0])]
        small = line[-1].size < size - 0.7
        if not small or line[0].box[1] < max(column, default=0.0) - 1:
            continue
        found = _MARK.match(" ".join(word.text + word.math for word in line))
        if found:
            notes.append(Block(kind="note", lead=f"[^{found[1]}]:"))
        if found or (notes and line[0].line == before + 1):
            text = found[2] if found else " ".join(word.text + word.math for word in line)
            notes[-1].atoms += [Atom(text=word) for word in text.split()]
            before = line[0].line
    return notes


# A footnote's mark, which may cling to its first word: `1eScience`.
_MARK = re.compile(
    r"^(\d{1,2}(?=[A-Za-z]|\s)|[a-h](?=[A-Z]|\s)|[*#\u2217\u2020\u2021\u00a7\u00b6\u2016\u2225\u22c6]{1,2})\s*(\w.*)$"
)


def _over(word: Word, other: Word) -> bool:
    """Whether a word stands in the column of another."""
    return word.box[0] < other.box[2] + 60 and other.box[0] < word.box[2] + 60


def _unclaimed(sheet: Sheet) -> list[tuple[int, list[Word]]]:
    """Lines none of whose words a text has, with the index of their first token."""
    lines: dict[int, list[Word]] = {}
    first: dict[int, int] = {}
    held: set[int] = set()
    for word in sheet.page.words:
        lines.setdefault(word.line, []).append(word)
        if word.drawn:
            held.add(word.line)
    for index, token in enumerate(sheet.tokens):
        number = sheet.page.words[token.place].line
        first.setdefault(number, index)
        if index in sheet.taken or index in sheet.weak:
            held.add(number)
    found = [(first[number], lines[number]) for number in sorted(first) if number not in held]
    return found[:_MOST_LINES]


def _atoms(line: list[Word]) -> list[Atom]:
    return [
        Atom(text=word.text + word.math, space=not word.raised, style="s" if word.raised else "")
        for word in line
    ]
