"""A paper's files to its pages: the rooms in their order."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from sources.document_ocr.latex import (
    bibliography,
    formula,
    front,
    leads,
    numbers,
    printed,
    score,
    tokens,
    write,
)
from sources.document_ocr.latex.align import align
from sources.document_ocr.latex.blocks import Block, Document
from sources.document_ocr.latex.furniture import without_furniture
from sources.document_ocr.latex.pdf import Page
from sources.document_ocr.latex.split import PageParts, split


@dataclass(frozen=True, slots=True, kw_only=True)
class PageText:
    """A page's text with what is known of its quality.

    Attributes:
        text: in markdown.
        measures: name -> value, see `score`; `break_before` and `break_after` say how certain the
            cuts are.
        blocks: what the text was written from.
        page: what it was measured against.
    """

    text: str
    measures: dict[str, float]
    blocks: tuple[Block, ...]
    page: Page


def page_texts(
    document: Document, known: numbers.Numbers, pages: Sequence[Page], *, tables: str
) -> Iterator[PageText]:
    """Yields the text of each page.

    Args:
        document: the paper as streams, its atoms with pages where they are known.
        known: the numbers of labels and citations.
        pages: of the PDF.
        tables: html or latex.
    """
    plain = without_furniture(list(pages))
    found = [tokens.of_page(page, number) for number, page in enumerate(plain)]
    _resolve(document, numbers.as_printed(known, [token.text for page in found for token in page]))
    for part, page, words in zip(split(document, found), plain, found, strict=True):
        yield _page_text(part, printed.Sheet(page=page, tokens=words), known, tables)


def _resolve(document: Document, known: numbers.Numbers) -> None:
    streams = [document.main, *(blocks for _, blocks in document.floats), *document.notes]
    for block in (block for stream in streams for block in stream):
        for atom in block.all_atoms():
            if atom.kind == "cite":
                atom.text = numbers.cited(atom.target, known)
            elif atom.kind == "ref":
                atom.text = numbers.referred(atom.target, known)
            elif atom.kind in ("math", "display"):
                atom.text = formula.resolved(atom.text, known.labels)


def _page_text(
    part: PageParts, sheet: printed.Sheet, known: numbers.Numbers, tables: str
) -> PageText:
    flow_places = printed.settle(part.flow, sheet)
    ordered = [(held, _as_printed(blocks, sheet)) for held, blocks in part.floats]
    floats = [(held, blocks, printed.settle(blocks, sheet)) for held, blocks in ordered]
    notes = [
        (number, blocks, printed.settle(blocks, sheet)) for number, blocks in part.notes.items()
    ]
    notes = [entry for entry in notes if any(block.atoms or block.rows for block in entry[1])]
    groups = [(part.flow, flow_places), *(entry[1:] for entry in (*floats, *notes))]
    for blocks, places in groups:
        for block, place in zip(blocks, places, strict=True):
            leads.lead(block, place, sheet)
    leads.number_displays(part.flow, flow_places, sheet)
    flow, extra = _with_front(part.flow, flow_places, sheet)
    flow = bibliography.printed(flow, sheet)
    body = _with_floats([block for _, block in flow], [place for place, _ in flow], floats)
    marks = {
        str(number): _note_mark(blocks, places, sheet, number) for number, blocks, places in notes
    }
    feet = [*_feet(notes, marks), *extra]
    everything = [*body, *feet]
    text = write.markdown(everything, tables=tables, notes=marks)
    before, after = part.certainty
    measured = score.measures(everything, sheet.page)
    return PageText(
        text=text,
        measures={**measured, "break_before": before, "break_after": after},
        blocks=tuple(everything),
        page=sheet.page,
    )


def _as_printed(blocks: list[Block], sheet: printed.Sheet) -> list[Block]:
    """A float's blocks with the captions above or below, as more of its words are on the page."""
    captions = [block for block in blocks if block.kind == "caption"]
    others = [block for block in blocks if block.kind != "caption"]
    if not captions or not others:
        return blocks
    theirs = [token.text for token in sheet.tokens]

    def shared(order: list[Block]) -> int:
        atoms = [atom for block in order for atom in block.all_atoms()]
        partners = align([token.text for token in tokens.of_atoms(atoms)], theirs)
        return sum(partner >= 0 for partner in partners)

    return max(blocks, captions + others, others + captions, key=shared)


def _with_front(
    flow: list[Block], places: list[int], sheet: printed.Sheet
) -> tuple[list[tuple[int, Block]], list[Block]]:
    """The flow of a first page with what the class prints above and below its body."""
    placed = list(zip(places, flow, strict=True))
    starts = [p for p, block in placed if p >= 0 and block.kind in ("abstract", "heading", "para")]
    if not any(block.kind == "title" for block in flow) or not starts:
        return placed, []
    for place, block in front.above(sheet, starts[0]):
        at = next((i for i, (other, _) in enumerate(placed) if other > place), len(placed))
        placed.insert(at, (place, block))
    return placed, front.below(sheet, starts[0])


def _with_floats(
    flow: list[Block], places: list[int], floats: list[tuple[int, list[Block], list[int]]]
) -> list[Block]:
    """The flow with each float before the first block that stands behind it on the page."""
    body = list(zip(places, flow, strict=True))
    for held, blocks, spots in sorted(floats, key=lambda entry: _spot(entry[1], entry[2])):
        spot = _spot(blocks, spots)
        index = next((i for i, (place, _) in enumerate(body) if place > spot >= 0), len(body))
        if spot < 0:
            index = min(held, len(body))
        ordered = _by_place(blocks, spots)
        body[index:index] = [(spot, block) for block in ordered]
    return [block for _, block in body]


def _first(places: list[int]) -> int:
    return min((place for place in places if place >= 0), default=-1)


def _spot(blocks: list[Block], places: list[int]) -> int:
    """Where a float is: its caption's place, else that of its first word."""
    both = zip(blocks, places, strict=True)
    captions = [place for block, place in both if block.kind == "caption"]
    found = _first(captions)
    return found if found >= 0 else _first(places)


def _by_place(blocks: list[Block], places: list[int]) -> list[Block]:
    """The blocks of a float as they stand on the page: a caption may be above or below."""
    if -1 in places:
        return blocks
    return [blocks[i] for i in sorted(range(len(blocks)), key=lambda i: places[i])]


# The marks of footnotes that are no letter or number; they may cling to a note's first word.
_SIGN = re.compile(r"^[*#\u2217\u2020\u2021\u00a7\u00b6\u2016\u2225\u22c6]{1,3}")


def _note_mark(blocks: list[Block], places: list[int], sheet: printed.Sheet, number: int) -> str:
    """The mark that the page sets before a footnote, else its number in the paper."""
    place = _first(places)
    if place >= 0:
        at = sheet.tokens[place].place
        word = sheet.page.words[at]
        if found := _SIGN.match(word.math or word.text):
            return found[0]
        for before in reversed(sheet.page.words[max(0, at - 2) : at]):
            text = before.text.strip("()[].") or before.math
            small = before.size < sheet.page.words[at].size
            listed = before.text.startswith("[") and before.text.endswith("]")
            marks = 0 < len(text) <= 3 and (text.isalnum() or _SIGN.match(text))
            if marks and (before.raised or small or listed):
                return text
    return str(number + 1)


def _feet(notes: list[tuple[int, list[Block], list[int]]], marks: dict[str, str]) -> list[Block]:
    feet = []
    for number, blocks, _ in notes:
        for index, block in enumerate(blocks):
            lead = f"[^{marks[str(number)]}]:" if index == 0 and not block.continued else ""
            feet.append(replace(block, lead=lead))
    return feet
