r"""A bibliography that the source has as data (biblatex): found by its data, said by the page.

`items` makes crude references of the fields of a .bbl, so that split and align find them; `printed`
puts in their place what the page shows there, cut at its labels or its hanging lines.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from sources.document_ocr.latex import tokens
from sources.document_ocr.latex.align import align
from sources.document_ocr.latex.blocks import Atom, Block
from sources.document_ocr.latex.pdf import Word
from sources.document_ocr.latex.printed import Sheet
from sources.document_ocr.latex.scan import arguments

_ENTRY = re.compile(r"\\entry\{([^{}]*)\}(.*?)\\endentry", re.S)
_FIELDS = (
    "title subtitle booktitle journaltitle journalsubtitle volume number pages year eprint note "
    "howpublished edition version"
).split()
_FIELD = re.compile(rf"\\(?:field|list)\{{({'|'.join(_FIELDS)}|publisher|institution)\}}")
_NAME = re.compile(r"\b(?:family|given)=\s*(?=\{)")
_LABEL = re.compile(r"^\[[\w+-]{1,12}\]$")
_OVER = re.compile(r"^(?:references|bibliography|literature|works cited)$", re.I)


def is_data(text: str) -> bool:
    """Whether a .bbl is biblatex's, which no page shows as it is."""
    return "\\entry{" in text and "\\bibitem" not in text


def items(text: str) -> Iterator[str]:
    r"""Yields an item for each entry of biblatex's data: its names, titles and numbers.

    >>> list(items(r"\entry{k}{book}{} \field{title}{On \emph{it}} \endentry"))
    ['\\bibitem{biblatex k} On \\emph{it}']
    """
    for entry in _ENTRY.finditer(text):
        words = [_group(entry[2], found.end()) for found in _NAME.finditer(entry[2])]
        words += [
            _bare(_group(entry[2], found.end(), last=True)) for found in _FIELD.finditer(entry[2])
        ]
        yield f"\\bibitem{{biblatex {entry[1]}}} {' '.join(words)}"


def _group(text: str, start: int, *, last: bool = False) -> str:
    """The first, or last, group in braces at a place."""
    found = arguments(text, start)
    begin, stop = found[-1 if last else 0] if found else (start, start)
    return text[begin + 1 : stop - 1]


def _bare(text: str) -> str:
    """A field without the braces around the whole of it."""
    text = text.strip("% \n")
    while text.startswith("{") and arguments(text, 0)[:1] == [(0, len(text))]:
        text = text[1:-1].strip("% \n")
    return text


@dataclass(frozen=True, slots=True)
class _Line:
    words: list[Word]
    place: int


def printed(flow: list[tuple[int, Block]], sheet: Sheet) -> list[tuple[int, Block]]:
    """Returns the flow with the page's own words in the place of biblatex's data."""
    data = [block for _, block in flow if block.label.startswith("biblatex ")]
    first = min((p for p, block in flow if block in data and p >= 0), default=-1)
    kept = [(place, block) for place, block in flow if block not in data]
    if first < 0:
        return kept
    at = next(i for i, (_, block) in enumerate(flow) if block in data)
    lines = list(_region(data, first, sheet))
    blocks = list(_cut(lines))
    if blocks:
        blocks[0][1].above = _heading(lines[0], sheet)
    return [*kept[:at], *blocks, *kept[at:]]


def _region(data: list[Block], first: int, sheet: Sheet) -> Iterator[_Line]:
    """The lines from the first that shows an entry on, until one that something else has."""
    atoms = [atom for block in data for atom in block.all_atoms()]
    theirs = [token.text for token in sheet.tokens[first:]]
    partners = align([token.text for token in tokens.of_atoms(atoms)], theirs)
    own = {first + partner for partner in partners if partner >= 0}
    start = sheet.word(first)
    held: dict[int, list[int]] = {}
    for index, token in enumerate(sheet.tokens):
        held.setdefault(sheet.page.words[token.place].line, []).append(index)
    words: dict[int, list[Word]] = {}
    for word in sheet.page.words:
        words.setdefault(word.line, []).append(word)
    for number, line in words.items():
        indexes = held.get(number, [])
        beside = sheet.level(line[0], first) and line[0].box[0] < start.box[0]
        if (number < start.line and not beside) or not indexes:
            continue
        if any(index in sheet.taken and index not in own for index in indexes) and not beside:
            return
        yield _Line(line, indexes[0])


def _cut(lines: list[_Line]) -> Iterator[tuple[int, Block]]:
    """The references in lines: each begins with a label, or left of the lines that follow it."""
    labelled = any(_LABEL.match(line.words[0].text) for line in lines)
    block: Block | None = None
    place = -1
    words: list[Word] = []
    for line in lines:
        begins = bool(_LABEL.match(line.words[0].text)) if labelled else _hangs(line, lines)
        if begins or block is None:
            if block is not None:
                yield place, _filled(block, words)
            lead = line.words[0].text if begins and labelled else ""
            block, place, words = Block(kind="bib", lead=lead), line.place, []
            block.continued = not begins
            words += line.words[1:] if lead else line.words
        else:
            words += line.words
    if block is not None:
        yield place, _filled(block, words)


def _hangs(line: _Line, lines: list[_Line]) -> bool:
    """Whether a line begins at the left edge of its column."""
    left = line.words[0].box[0]
    column = [other.words[0].box[0] for other in lines if abs(other.words[0].box[0] - left) < 60]
    return left < min(column) + 3


def _filled(block: Block, words: list[Word]) -> Block:
    block.atoms = [Atom(text=text) for text, _, _ in tokens.joined(words)]
    return block


def _heading(line: _Line, sheet: Sheet) -> str:
    """The heading over a bibliography, if it stands right above its first line."""
    above = [word for word in sheet.page.words if word.line == line.words[0].line - 1]
    text = " ".join(word.text for word in above)
    return text if _OVER.match(text) else ""
