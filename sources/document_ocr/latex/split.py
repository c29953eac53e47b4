"""Which page holds each atom: SyncTeX where it knows, else the page's own text within its window.

The flow runs forward: of the pages that SyncTeX gives, a longest rising part is kept, and a word
without one is looked for in the text of the pages between its neighbours. Floats have one page,
footnotes begin on that of their mark.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from sources.document_ocr.latex import tokens
from sources.document_ocr.latex.align import align, rising
from sources.document_ocr.latex.blocks import Atom, Block, Cell, Document
from sources.document_ocr.latex.citations import part_citations
from sources.document_ocr.latex.tokens import Token

Pair = tuple[str, str]


@dataclass(slots=True, kw_only=True)
class PageParts:
    """What a page holds.

    Attributes:
        flow: blocks of the flow, the first perhaps continued.
        floats: (number of blocks of the flow on this page before it in the source, its blocks).
        notes: footnotes by number.
        certainty: of the break before and the break behind: how far SyncTeX and the page's text
            agree on the words near it; 1 where there is no break.
    """

    flow: list[Block] = field(default_factory=list)
    floats: list[tuple[int, list[Block]]] = field(default_factory=list)
    notes: dict[int, list[Block]] = field(default_factory=dict)
    certainty: tuple[float, float] = (1.0, 1.0)


# Words on either side of a break that say how certain it is.
_NEAR_BREAK = 12
# Words on either side of a break whose record may be off by one.
_AT_BREAK = 3


def split(document: Document, pages: Sequence[Sequence[Token]]) -> list[PageParts]:
    """Returns the parts of each page.

    Args:
        document: the paper.
        pages: the tokens of each page of the PDF.
    """
    parts = [PageParts() for _ in pages]
    flow = [atom for block in document.main for atom in block.all_atoms()]
    _cling(flow)
    spread: dict[int, list[int]] = {}
    seen = _assign(flow, pages, 0, len(pages) - 1, spread)
    _begin_with_what_is_known(document.main, flow, seen)
    _keep_rows_whole(document.main)
    _keep_headings_whole(document.main)
    part_citations(document.main, spread)
    starts = _deal(document.main, parts)
    _set_certainty(flow, seen, parts)
    where = _note_pages(flow)
    for before, blocks in document.floats:
        page = _float_page(blocks, pages, starts, before)
        held = sum(1 for start in starts[:before] if start == page)
        parts[page].floats.append((held, blocks))
        where |= {number: page for number in _notes_in(blocks)}
    listed = _pairs(_flat([block for block in document.main if block.kind == "bib"]))
    for number, blocks in enumerate(document.notes):
        if number in where and not _moved(blocks, pages, number, where[number], parts, listed):
            _deal_note(number, blocks, pages, where[number], parts)
    return parts


# The share of a footnote's pairs of words that says that a page has it; that it does not, by which
# a footnote that runs over is told; that it may by chance.
_THERE, _NOT_THERE, _CHANCE = 0.7, 0.1, 0.4


def _moved(
    blocks: list[Block],
    pages: Sequence[Sequence[Token]],
    number: int,
    start: int,
    parts: list[PageParts],
    listed: set[Pair],
) -> bool:
    """Whether a class sets a footnote elsewhere than on the page of its mark, where it then is put.

    On the next page it is a footnote still; farther off it is one of the references, if those do
    not have it already.
    """
    ours = _pairs(_flat(blocks))
    shares = [_shared(ours, page) for page in pages[start:]]
    if not shares or shares[0] > _CHANCE:
        return False
    if len(ours & listed) >= _THERE * len(ours):
        return True
    found = next((step for step, share in enumerate(shares) if share >= _THERE), 0)
    if found == 1 and shares[0] > _NOT_THERE:
        return False
    if found == 1:
        parts[start + 1].notes[number] = blocks
    elif found:
        parts[start + found].flow += [replace(block, kind="bib") for block in blocks]
    return found > 0


def _shared(pairs: set[Pair], page: Sequence[Token]) -> float:
    """The share of pairs of words that a page has; of no pairs, all."""
    found = _pairs([token.text for token in page])
    return len(pairs & found) / len(pairs) if pairs else 1.0


def _flat(blocks: list[Block]) -> list[str]:
    return [t.text for block in blocks for t in tokens.of_atoms(block.all_atoms())]


def _pairs(words: list[str]) -> set[Pair]:
    return set(zip(words, words[1:], strict=False))


def _cling(flow: list[Atom]) -> None:
    """What clings together shares the first page that any of it has."""
    for first, last in tokens.clusters(flow):
        known = next((atom.page for atom in flow[first:last] if atom.hinted), None)
        for atom in flow[first:last]:
            atom.page, atom.hinted = known, known is not None


def _assign(
    flow: list[Atom],
    pages: Sequence[Sequence[Token]],
    low: int,
    high: int,
    spread: dict[int, list[int]] | None = None,
) -> list[int | None]:
    """Gives each atom its page; returns the pages that the text alone gives.

    `spread` receives the pages of all tokens of each citation, as far as they are known.
    """
    seen = _seen(flow, [token for page in pages[low : high + 1] for token in page], spread)
    _trust_text_at_breaks(flow, seen)
    hinted = [index for index, atom in enumerate(flow) if atom.hinted and _within(atom, low, high)]
    kept = {hinted[i] for i in rising([flow[i].page or 0 for i in hinted], strict=False)}
    for index, atom in enumerate(flow):
        if index not in kept:
            atom.page, atom.hinted = None, False
    _fill_gaps(flow, seen, low, high)
    return seen


def _seen(
    flow: list[Atom], theirs: list[Token], spread: dict[int, list[int]] | None
) -> list[int | None]:
    """The page of each atom by the pages' text alone."""
    ours = tokens.of_atoms(flow)
    seen: list[int | None] = [None] * len(flow)
    partners = align([token.text for token in ours], [token.text for token in theirs])
    for token, partner in zip(ours, partners, strict=True):
        page = theirs[partner].page if partner >= 0 else None
        if page is not None and seen[token.place] is None:
            seen[token.place] = page
        if spread is not None and flow[token.place].kind == "cite":
            known = spread.setdefault(token.place, [])
            known.append(page if page is not None else known[-1] if known else -1)
    return seen


def _trust_text_at_breaks(flow: list[Atom], seen: list[int | None]) -> None:
    """The record of a word is that of the blank behind it, which may be on the page before."""
    hinted = [index for index, atom in enumerate(flow) if atom.hinted]
    for one, other in zip(hinted, hinted[1:], strict=False):
        before, after = flow[one].page, flow[other].page
        if before == after:
            continue
        for index in range(max(0, one - _AT_BREAK), min(len(flow), other + _AT_BREAK)):
            if flow[index].hinted and seen[index] in (before, after):
                flow[index].page = seen[index]


def _within(atom: Atom, low: int, high: int) -> bool:
    return atom.page is not None and low <= atom.page <= high


def _fill_gaps(flow: list[Atom], seen: list[int | None], low: int, high: int) -> None:
    """Pages for atoms without one: by the text within the window, else as the atom before."""
    following = [high] * (len(flow) + 1)
    for index in range(len(flow) - 1, -1, -1):
        page = flow[index].page
        following[index] = following[index + 1] if page is None else page
    floor = low
    for index, atom in enumerate(flow):
        if atom.page is None:
            found = seen[index]
            atom.page = found if found is not None and floor <= found <= following[index] else floor
        floor = max(floor, atom.page)
        atom.page = floor
    _pull_forward(flow, seen)


def _pull_forward(flow: list[Atom], seen: list[int | None]) -> None:
    """Words seen nowhere that end a page in the middle of a cluster go with what they cling to."""
    for first, last in tokens.clusters(flow):
        pages = [flow[i].page for i in range(first, last) if flow[i].hinted or seen[i] is not None]
        if pages:
            for atom in flow[first:last]:
                atom.page = pages[0]


def _begin_with_what_is_known(
    blocks: list[Block], flow: list[Atom], seen: list[int | None]
) -> None:
    """First words of a block that nobody saw are on the page of the first that somebody did."""
    position = 0
    for block in blocks:
        stop = position + len(block.all_atoms())
        known = (i for i in range(position, stop) if flow[i].hinted or seen[i] is not None)
        first = next(known, position)
        for atom in flow[position:first]:
            atom.page = flow[first].page
        position = stop


def _keep_rows_whole(blocks: list[Block]) -> None:
    """A row of a table that runs over pages is on the page of most of its atoms."""
    for block in blocks:
        for row in block.rows:
            votes = Counter(atom.page for cell in row for atom in cell.atoms)
            if votes:
                page = min(votes.items(), key=lambda item: (-item[1], item[0] or 0))[0]
                for cell in row:
                    for atom in cell.atoms:
                        atom.page = page


def _keep_headings_whole(blocks: list[Block]) -> None:
    """A heading is on the page of its last words: TeX ends no page within one."""
    for block in blocks:
        if block.kind == "heading":
            for atom in block.atoms:
                atom.page = block.atoms[-1].page


def _deal(blocks: list[Block], parts: list[PageParts]) -> list[int]:
    """Cuts the blocks at the pages; returns the page on which each begins."""
    starts = []
    page = 0
    for block in blocks:
        first = True
        for here, piece in cut(block, page):
            if first:
                starts.append(here)
            parts[here].flow.append(replace(piece, continued=not first))
            first = False
            page = here
    return starts


def cut(block: Block, page: int) -> list[tuple[int, Block]]:
    """Returns the pieces of a block by page; `page` is where it stands if none of it is known."""
    if block.rows:
        return _cut_rows(block, page)
    pieces: list[tuple[int, list[Atom]]] = []
    for atom in block.atoms:
        here = page if atom.page is None else atom.page
        if not pieces or pieces[-1][0] != here:
            pieces.append((here, []))
        pieces[-1][1].append(atom)
    return [(here, replace(block, atoms=atoms)) for here, atoms in pieces]


def _cut_rows(block: Block, page: int) -> list[tuple[int, Block]]:
    pieces: list[tuple[int, list[list[Cell]]]] = []
    for row in block.rows:
        known = [atom.page for cell in row for atom in cell.atoms if atom.page is not None]
        page = known[0] if known else page
        if not pieces or pieces[-1][0] != page:
            pieces.append((page, []))
        pieces[-1][1].append(row)
    return [(here, replace(block, rows=rows)) for here, rows in pieces]


def _set_certainty(flow: list[Atom], seen: list[int | None], parts: list[PageParts]) -> None:
    """How far both witnesses agree on the words before and behind each break."""
    where = [i for i in range(1, len(flow)) if flow[i].page != flow[i - 1].page]
    certain: dict[int, float] = {}
    for index in where:
        near = range(max(0, index - _NEAR_BREAK), min(len(flow), index + _NEAR_BREAK))
        words = [
            i
            for i in near
            if flow[i].kind in ("word", "line") and any(map(str.isalnum, flow[i].text))
        ]
        agreed = sum(1 for i in words if seen[i] == flow[i].page)
        certain[flow[index].page or 0] = round(agreed / len(words), 4) if words else 0.5
    for number, part in enumerate(parts):
        part.certainty = (certain.get(number, 1.0), certain.get(number + 1, 1.0))


def _note_pages(flow: list[Atom]) -> dict[int, int]:
    return {int(atom.target): atom.page or 0 for atom in flow if atom.kind == "note"}


def _notes_in(blocks: list[Block]) -> list[int]:
    return [
        int(atom.target) for block in blocks for atom in block.all_atoms() if atom.kind == "note"
    ]


def _float_page(
    blocks: list[Block], pages: Sequence[Sequence[Token]], starts: list[int], before: int
) -> int:
    """The page of a float: SyncTeX's, else the one whose text shares most pairs of words."""
    atoms = [atom for block in blocks for atom in block.all_atoms()]
    votes = Counter(atom.page for atom in atoms if atom.page is not None and atom.page < len(pages))
    if votes:
        return min(votes.items(), key=lambda item: (-item[1], item[0]))[0]
    near = starts[min(before, len(starts) - 1)] if starts else 0
    ours = _flat(blocks)
    pairs = _pairs(ours) or {(word, "") for word in ours}
    best, most = near, 0
    for number in sorted(range(len(pages)), key=lambda number: abs(number - near)):
        shared = len(pairs & _pairs([token.text for token in pages[number]]))
        if shared > most:
            best, most = number, shared
    return best


def _deal_note(
    number: int,
    blocks: list[Block],
    pages: Sequence[Sequence[Token]],
    start: int,
    parts: list[PageParts],
) -> None:
    """A footnote on the page of its mark, and what runs over on the next."""
    atoms = [atom for block in blocks for atom in block.all_atoms()]
    hints = [atom.page for atom in atoms if atom.hinted and atom.page is not None]
    start = min(max(start, min(hints, default=start)), len(pages) - 1)
    _cling(atoms)
    _assign(atoms, pages, start, min(start + 1, len(pages) - 1))
    page = start
    for block in blocks:
        for index, (here, piece) in enumerate(cut(block, page)):
            held = parts[here].notes.setdefault(number, [])
            held.append(replace(piece, continued=piece.continued or index > 0 or here > start))
            page = here
